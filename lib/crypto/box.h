/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sealed boxes to Ed25519 keys, which become X25519 keys for it. */
#ifndef P2P_CRYPTO_BOX_H
#define P2P_CRYPTO_BOX_H

#include "crypto/sign.h"
#include "p2p/seal.h"

/*
 * Seals `msg`, borrowed, into msg.len + P2P_SEAL_BYTES bytes at out, which does
 * not overlap with it. The ephemeral key is made of entropy, receiver and
 * message; NULL: the system's random numbers.
 * Errors: P2P_EFORMAT (not a point of the curve), P2P_ECRYPTO.
 */
int p2p__box_seal(const uint8_t pub[P2P__ED25519_PUBLIC],
                  const uint8_t *entropy, struct p2p__slice msg, uint8_t *out);

/* Opens a box of at least P2P_SEAL_BYTES, borrowed. On failure out is zeroed.
 * Errors: P2P_EAUTH, P2P_ECRYPTO. */
int p2p__box_open(const uint8_t priv[P2P__ED25519_PRIVATE],
                  struct p2p__slice sealed, uint8_t *out);

#endif
