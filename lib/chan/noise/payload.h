/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What libp2p puts into the second and third message of a handshake: the
 * identity key, its signature over the static key, and extensions, of which
 * the list of muxers is ours. Specs: libp2p noise, "The libp2p Handshake
 * Payload"; inlined muxer negotiation.
 */
#ifndef P2P_CHAN_NOISE_PAYLOAD_H
#define P2P_CHAN_NOISE_PAYLOAD_H

#include "base/slice.h"
#include "crypto/crypto.h"
#include "ident/proofs.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"

/* A list of muxers in the order of preference; borrowed. */
struct p2p__noise_muxers {
    const char *const *names;
    size_t count;
};

/* A payload that was read: parts of the message. */
struct p2p__noise_payload {
    struct p2p__slice key; /* PublicKey protobuf */
    struct p2p__slice sig;
    struct p2p__slice extensions; /* a message; p == NULL: none */
};

/* What the two lists of muxers came to. */
struct p2p__noise_choice {
    int muxer;      /* index in our list; -1: not agreed on */
    bool announced; /* the peer sent a list */
};

/*
 * Encodes the fields that prove an identity: `key` and its signature over the
 * static key `pub`, into `cap` bytes at buf. Returns the length in bytes.
 * Errors: P2P_ETOOBIG, P2P_ECRYPTO, P2P_ENOMEM.
 */
int p2p__noise_payload_sign(const struct p2p_key *key,
                            const uint8_t pub[P2P__KEY_BYTES], uint8_t *buf,
                            size_t cap);

/*
 * Encodes the extension that announces muxers (no bytes, if there are none)
 * into `cap` bytes at buf; with buf NULL only counts.
 * Returns the length in bytes. Errors: P2P_ETOOBIG.
 */
int p2p__noise_payload_muxers(const struct p2p__noise_muxers *muxers,
                              uint8_t *buf, size_t cap);

/*
 * Reads a payload. Unknown fields are passed over, among them the early data
 * of older peers (field 3); each of ours may come once.
 * Errors: P2P_EPROTO (malformed, no key, no signature, one twice).
 */
int p2p__noise_payload_read(struct p2p__slice msg,
                            struct p2p__noise_payload *out);

/*
 * Checks that the key of the payload signed the static key `pub` of whoever
 * sent it, and tells whose peer id that is; proofs may be NULL.
 * Errors: P2P_EAUTH, P2P_EPROTO (not a key), P2P_ENOTSUP (its type or size),
 * P2P_ENOMEM.
 */
int p2p__noise_payload_verify(const struct p2p__noise_payload *payload,
                              const uint8_t pub[P2P__KEY_BYTES],
                              struct p2p__proofs *proofs,
                              struct p2p_peer_id *peer);

/*
 * Picks the first of the dialer's muxers that the listener has too.
 * Errors: P2P_EPROTO (malformed), P2P_ENOPROTO (two lists without a muxer in
 * common).
 */
int p2p__noise_payload_choose(const struct p2p__noise_payload *payload,
                              const struct p2p__noise_muxers *ours,
                              bool we_dialed, struct p2p__noise_choice *out);

#endif
