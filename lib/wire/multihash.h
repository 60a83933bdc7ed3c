/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A hash that says which it is: code, length, digest. A peer id is one, and
 * the hash of a certificate in a multiaddr. Spec: multiformats/multihash.
 */
#ifndef P2P_WIRE_MULTIHASH_H
#define P2P_WIRE_MULTIHASH_H

#include "base/slice.h"

#define P2P__MULTIHASH_IDENTITY 0x00U
#define P2P__MULTIHASH_SHA256   0x12U

/* The longest digest that is taken (SHA-512). */
#define P2P__MULTIHASH_DIGEST_MAX 64U

/* The longest public key that a peer id carries instead of its hash. */
#define P2P__MULTIHASH_INLINE_MAX 42U

struct p2p__multihash {
    uint64_t code;
    struct p2p__slice digest; /* a part of the bytes that were read */
};

/*
 * Reads bytes that are one multihash and nothing else, borrowed.
 * Errors: P2P_EFORMAT (among others: no digest, or one that is too long).
 */
int p2p__multihash_read(const uint8_t *p, size_t len,
                        struct p2p__multihash *mh);

/*
 * Checks that bytes are one multihash of the kind that names a peer: a whole
 * SHA-256, or an identity of 1 to 42 bytes. Errors: P2P_EFORMAT.
 */
int p2p__multihash_check_peer(const uint8_t *p, size_t len);

#endif
