/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Secrets for one peer: bytes that only the owner of an Ed25519 key can read.
 * Nothing says who sealed them; sign around it if that matters. The form is
 * libsodium's sealed box to the X25519 form of the key, so that
 * crypto_box_seal_open() opens it too.
 */
#ifndef P2P_SEAL_H
#define P2P_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/key.h"

#ifdef __cplusplus
extern "C" {
#endif

/** By how much sealing makes a message longer, in bytes. */
#define P2P_SEAL_BYTES 48

/** Bytes of entropy for p2p_seal_to(). */
#define P2P_SEAL_ENTROPY_BYTES 32

/**
 * Seals a message to a key. Allocates no memory.
 * @param pub     borrows the receiver's PublicKey protobuf, Ed25519
 * @param pub_len its length in bytes
 * @param entropy borrows 32 secret random bytes, or NULL: the system's. The
 *                same message to the same key with the same entropy gives the
 *                same bytes; entropy that repeats by accident gives nothing
 *                else away.
 * @param msg     borrows the message; may not overlap with out
 * @param len     its length in bytes
 * @param out     room for len + P2P_SEAL_BYTES bytes
 * @return 0, P2P_EFORMAT (not a key), P2P_ENOTSUP (not Ed25519), P2P_ECRYPTO
 */
P2P_API int p2p_seal_to(const void *pub, size_t pub_len, const uint8_t *entropy,
                        const void *msg, size_t len, uint8_t *out);

/**
 * Opens what was sealed to a key. Allocates no memory.
 * @param key    borrows the receiver's key
 * @param sealed borrows the sealed bytes; may not overlap with out
 * @param len    their length in bytes
 * @param out    room for len - P2P_SEAL_BYTES bytes; all zero on failure
 * @return 0, P2P_EAUTH (not for this key, or changed), P2P_EFORMAT (too
 *         short), P2P_ENOTSUP (not an Ed25519 key), P2P_ECRYPTO
 */
P2P_API int p2p_seal_open(const struct p2p_key *key, const void *sealed,
                          size_t len, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
