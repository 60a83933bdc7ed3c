/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What all signed items have in common: the envelope around a canonical
 * payload, the beginning of the payload, and the id. Nothing here asks a clock
 * or allocates memory for what a peer sent. docs/reference/formats.md,
 * "Signed items".
 */
#ifndef UM_TRUST_ITEM_H
#define UM_TRUST_ITEM_H

#include "mesh/trust/name.h"
#include "p2p/key.h"

/** The longest item with its envelope; a longer one is refused unread. */
#define UM__CAP_ITEM_BYTES 16384

/** The longest message for people in an item; longer ones are refused. */
#define UM__CAP_ITEM_MESSAGE_BYTES 1024

/** The longest span in an item: 366 days. Longer ones are refused, so that
 * sums of moments and spans cannot overflow. */
#define UM__CAP_ITEM_SPAN_MS 31622400000ULL

/** The version of items that this code reads and writes. */
#define UM_ITEM_VERSION 1

/** Kinds of items, with the numbers that stand in them. */
enum um_kind { UM_REVISION = 1, UM_FACT = 2, UM_STATEMENT = 3, UM_ROW = 4 };

/** Fields of every payload; the kind's own begin with 5. */
enum um_item_field {
    UM_ITEM_V = 1,
    UM_ITEM_KIND = 2,
    UM_ITEM_MESH = 3,
    UM_ITEM_BY = 4
};

/** An item of which the kind is known, and its content not yet. */
struct um_item {
    struct um_name id;   /**< SHA-256 of the payload */
    struct um_name mesh; /**< none in the genesis and in r1 */
    struct um_name by;   /**< the signer's Ed25519 key */
    struct um_pb m;      /**< the payload's fields; borrows */
};

/**
 * Opens an item that somebody sent: verifies that it is an envelope of this
 * kind in the one form there is, that the payload is canonical, and that who
 * signed it is who it names.
 * @param in   borrows the envelope, and `out` after it
 * @param kind what it must be
 * @param out  set on success
 * @return 0, P2P_ETOOBIG, P2P_EFORMAT (or another kind), P2P_EAUTH
 *         (signature, or another domain), P2P_EPEER (signed by another than it
 *         names), P2P_ENOTSUP (a version of later: keep it aside; out is set,
 *         but what its content means is not known), P2P_ENOMEM
 */
int um_item_open(struct um_str in, enum um_kind kind, struct um_item *out);

/**
 * The same without the signature, for what was verified before it was stored.
 * @return 0, P2P_ETOOBIG, P2P_EFORMAT, P2P_ENOTSUP
 */
int um_item_read(struct um_str payload, enum um_kind kind, struct um_item *out);

/** The payload of an envelope that was verified before; empty if it is none.
 * Borrows `in`. */
struct um_str um_item_payload(struct um_str in, enum um_kind kind);

/** Begins a payload. */
void um_item_begin(struct um_buf *out, enum um_kind kind,
                   const struct um_name *mesh, const struct um_name *by);

/** A kind of items with the reading of its content. */
struct um_item_shape {
    enum um_kind kind;
    int (*check)(struct um_item *it); /**< 0, or it would be refused */
};

/**
 * Signs a payload, if it would be taken, and appends the envelope to out.
 * @param payload takes
 * @param id      set to the item's id
 * @return 0, P2P_EINVAL (would be refused), P2P_ETOOBIG, P2P_ECRYPTO,
 *         P2P_ENOMEM
 */
int um_item_sign(const struct um_item_shape *shape, struct um_buf *payload,
                 const struct p2p_key *key, struct um_buf *out,
                 struct um_name *id);

/** The member's name of a key. Errors: P2P_EINVAL (not Ed25519). */
int um_item_signer(const struct p2p_key *key, struct um_name *out);

/** Room for the PublicKey protobuf of a member. */
#define UM_ITEM_PUBKEY_BYTES 36

/** The PublicKey protobuf of a member. */
void um_item_pubkey(const struct um_name *member,
                    uint8_t out[UM_ITEM_PUBKEY_BYTES]);

#endif
