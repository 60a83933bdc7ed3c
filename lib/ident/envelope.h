/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signed envelopes: a payload, what it is, who signed it, and for which
 * purpose: a signature for one domain says nothing in another.
 * Spec: libp2p RFC 0002.
 */
#ifndef P2P_IDENT_ENVELOPE_H
#define P2P_IDENT_ENVELOPE_H

#include "ident/proofs.h"
#include "base/slice.h"
#include "p2p/envelope.h"

/* The longest envelope that is read or written, in bytes. */
#define P2P__CAP_ENVELOPE_BYTES 65536U

/* The longest domain and type: they are constants of ours, in bytes. */
#define P2P__ENVELOPE_NAME_MAX ((size_t)P2P_ENVELOPE_NAME_MAX)

/* What an envelope is for: a constant of who seals and opens it. */
struct p2p__envelope_kind {
    const char *domain;
    const uint8_t *type;
    size_t type_len;
};

/* What was in an envelope; the slices are parts of the one it was read from,
 * and can be kept like it. */
struct p2p__envelope {
    struct p2p__slice pubkey; /* the signer's PublicKey protobuf */
    struct p2p__slice payload;
    struct p2p__slice signature;
    struct p2p_peer_id signer;
};

/*
 * Opens an envelope, borrowed: reads it, compares the type, verifies.
 * Errors: P2P_EFORMAT, P2P_EAUTH (the signature does not verify for this
 * domain), P2P_ENOTSUP (type of payload, or of key), P2P_ETOOBIG, P2P_ENOMEM.
 */
int p2p__envelope_open(struct p2p__slice in,
                       const struct p2p__envelope_kind *kind,
                       struct p2p__envelope *out);

/* The same, where it may have been opened before; proofs may be NULL. */
int p2p__envelope_open_again(struct p2p__slice in,
                             const struct p2p__envelope_kind *kind,
                             struct p2p__proofs *proofs,
                             struct p2p__envelope *out);

/*
 * Signs a payload, borrowed, and writes the envelope into `cap` bytes at buf.
 * Returns its length. Errors: P2P_ETOOBIG, P2P_ECRYPTO, P2P_ENOMEM.
 */
int p2p__envelope_seal(const struct p2p_key *key,
                       const struct p2p__envelope_kind *kind,
                       struct p2p__slice payload, uint8_t *buf, size_t cap);

#endif
