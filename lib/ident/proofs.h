/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signatures that were right, of a host's peers. Who connects again shows what
 * he showed before: the signature of his static key, as long as he runs, and
 * that of his addresses, as long as they are the same. It is verified once.
 */
#ifndef P2P_IDENT_PROOFS_H
#define P2P_IDENT_PROOFS_H

#include "base/slice.h"
#include "p2p/hash.h"

/* So many are remembered; one takes the place of another, by its hash. */
#define P2P__PROOFS 256U

/* All zero: none. All members are private. */
struct p2p__proofs {
    uint8_t right[P2P__PROOFS][P2P_SHA256_BYTES];
};

/* Who signed what, all borrowed. */
struct p2p__proof {
    struct p2p__slice pubkey; /* PublicKey protobuf */
    struct p2p__slice text;
    struct p2p__slice sig;
};

/* Verifies a signature, or remembers that it was right; proofs may be NULL.
 * Errors: those of p2p_pubkey_verify(). */
int p2p__proofs_verify(struct p2p__proofs *proofs,
                       const struct p2p__proof *proof);

#endif
