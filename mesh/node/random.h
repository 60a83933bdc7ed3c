/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Random bytes of the kernel, for keys, codes and salts. */
#ifndef UM_NODE_RANDOM_H
#define UM_NODE_RANDOM_H

#include <stddef.h>

/** Fills n bytes, at most 256, with secret random ones. Errors: P2P_ECRYPTO. */
int um_random_fill(void *out, size_t n);

#endif
