/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* This machine's interfaces by getifaddrs. */
#ifndef P2P_UV_IFACES_H
#define P2P_UV_IFACES_H

#include "port/ifaces.h"

/* Fills the table. */
void p2p__uv_ifaces_init(struct p2p__ifaces *i);

#endif
