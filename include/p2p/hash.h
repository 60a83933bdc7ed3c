/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * SHA-256, which names things everywhere in libp2p.
 */
#ifndef P2P_HASH_H
#define P2P_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a SHA-256 digest. */
#define P2P_SHA256_BYTES 32

/**
 * The SHA-256 of some bytes.
 * @param p   borrows the bytes
 * @param len how many
 * @param out room for the digest
 */
P2P_API void p2p_sha256(const void *p, size_t len,
                        uint8_t out[P2P_SHA256_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
