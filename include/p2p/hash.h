/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * SHA-256, which names things everywhere in libp2p, and what is made of it.
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

/**
 * HMAC-SHA-256 (RFC 2104): who knows the key vouches for the message.
 * @param key     borrows the key
 * @param key_len its length in bytes
 * @param msg     borrows the message
 * @param msg_len its length in bytes
 * @param out     room for the code; compare with p2p_hmac_equal()
 */
P2P_API void p2p_hmac_sha256(const void *key, size_t key_len, const void *msg,
                             size_t msg_len, uint8_t out[P2P_SHA256_BYTES]);

/**
 * Compares secrets in a time that does not depend on what they are.
 * @param a   borrows
 * @param b   borrows
 * @param len bytes of each
 * @return 1 when they are equal, else 0
 */
P2P_API int p2p_hmac_equal(const void *a, const void *b, size_t len);

#ifdef __cplusplus
}
#endif

#endif
