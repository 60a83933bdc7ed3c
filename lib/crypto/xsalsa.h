/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The stream cipher XSalsa20, one direction of a stream: bytes in any pieces,
 * in place. It hides bytes and proves nothing about them.
 */
#ifndef P2P_CRYPTO_XSALSA_H
#define P2P_CRYPTO_XSALSA_H

#include "base/types.h"

#define P2P__XSALSA_KEY   32U
#define P2P__XSALSA_NONCE 24U

/* All members are private. A secret: wipe it when it is no longer used. */
struct p2p__xsalsa {
    uint8_t key[32];  /* derived from the key and most of the nonce */
    uint8_t nonce[8]; /* the rest of it */
    uint64_t at;      /* bytes that went through */
};

/* Begins a stream. Both are borrowed for the call. */
void p2p__xsalsa_init(struct p2p__xsalsa *x, const uint8_t key[P2P__XSALSA_KEY],
                      const uint8_t nonce[P2P__XSALSA_NONCE]);

/* Encrypts or decrypts the next `len` bytes of the stream, in place. */
void p2p__xsalsa_xor(struct p2p__xsalsa *x, uint8_t *p, size_t len);

#endif
