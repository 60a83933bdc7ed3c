/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The keys of a node, which the applier holds: it signs for the node what a
 * node signs, and what a writer or an owner signs only under its own guards. A
 * node that was taken over can ask for a signature; it cannot take a key away,
 * sign what its key may not, or sign for another day. No I/O.
 *
 * What may be signed is told apart by how it begins, as who verifies it tells
 * it apart: the Noise handshake's prefix, pubsub's, an envelope's domain.
 */
#ifndef UM_APPLIER_KEYRING_H
#define UM_APPLIER_KEYRING_H

#include "mesh/base/log.h"
#include "mesh/trust/roster.h"
#include "p2p/key.h"

/** How far the clock of what is signed may be from the applier's, in ms. */
#define UM_KEYRING_SKEW_MS 600000U

/** The longest thing that is signed: a message of the bus. */
#define UM__CAP_KEYRING_BYTES (1U << 20)

/** Which key. */
enum um_keyring_key {
    UM_KEYRING_NODE = 1,  /**< this node's: its identity, its rows, what it
                               writes */
    UM_KEYRING_OWNER = 2, /**< an owner's, if it is here */
    UM_KEYRING_NEXT = 3,  /**< that is to be the node's; signs nothing yet */
    UM_KEYRING_OLD = 4    /**< that was the node's; opens what was sealed for
                               it */
};

/** What the applier is just now. */
struct um_keyring_place {
    struct um_roster *roster; /**< of the mesh that it is bound to; NULL: it is
                                   of none, or its node does not run */
    struct um_name mesh;      /**< then */
    bool fresh;       /**< nothing was ever given to Unit for a mesh: one
                           may be begun */
    uint64_t wall_ms; /**< since 1970 */
};

/** The keys; all zero is none. Borrows them. */
struct um_keyring {
    const struct p2p_key *node;
    const struct p2p_key *owner; /**< NULL: it is not here; so the others */
    const struct p2p_key *next;
    const struct p2p_key *old;
    const struct um_log *log;
    struct um_name begun; /**< private: a mesh whose genesis was signed */
};

/** The one that is meant; NULL: it is not here. */
const struct p2p_key *um_keyring_get(const struct um_keyring *k,
                                     enum um_keyring_key which);

/** What is to be signed, and by which key; borrows. */
struct um_keyring_text {
    enum um_keyring_key which;
    struct um_str bytes;
};

/**
 * Signs what p2p_key_sign() would be asked to sign.
 * @param sig room for P2P_SIGNATURE_MAX bytes
 * @return 0; P2P_EACCES: not that, not now, the log says why; P2P_ENOTFOUND: no
 *         such key; P2P_ETOOBIG; or as p2p_key_sign()
 */
int um_keyring_sign(struct um_keyring *k, const struct um_keyring_text *t,
                    const struct um_keyring_place *p, uint8_t *sig,
                    size_t *sig_len);

/**
 * Opens a slot of a sealed object for the node.
 * @param which NODE or OLD
 * @param out room for UM_SEALED_SEED_BYTES
 * @return 0; P2P_EACCES: it is no slot; or as p2p_seal_open()
 */
int um_keyring_open(struct um_keyring *k, enum um_keyring_key which,
                    struct um_str sealed, uint8_t *out);

#endif
