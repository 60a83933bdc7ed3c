/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Random bytes of the kernel and the wall clock. */
#ifndef P2P_UV_ENV_H
#define P2P_UV_ENV_H

#include "port/env.h"

/* Fills the table; `log` stays NULL. */
void p2p__uv_env_init(struct p2p__env *env);

#endif
