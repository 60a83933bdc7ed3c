/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Keeps the secrets of a mesh out of what this node's Unit shows, before people
 * see that or it is kept; and keeps what has to be whole so that this node
 * alone reads it again.
 */
#ifndef UM_NODE_HIDE_H
#define UM_NODE_HIDE_H

#include "mesh/node/node.h"
#include "mesh/trust/seal.h"

/** The last revisions whose secrets are hidden in a configuration: somebody may
 * have put back by hand what ran before. So many, and of so many bytes. */
#define UM_HIDE_REVISIONS 16U
#define UM_HIDE_BYTES     (1U << 20)

/**
 * Appends a configuration of Unit with secrets hidden in it, those of what this
 * node runs, of what it is to run, and of the last revisions; as it is if there
 * are none. What is no JSON is hidden in as in words.
 * @return 0 or P2P_ENOMEM: nothing is to be shown then
 */
int um_hide_config(struct um_node *n, struct um_str text, struct um_buf *out);

/** The same of what else Unit shows, in which a configuration's names stand,
 * and numbers that are none of its. Secrets of what runs and is to run. */
int um_hide_status(struct um_node *n, struct um_str text, struct um_buf *out);

/** An Ed25519 key as the libp2p PublicKey protobuf. */
#define UM_LOCK_KEY_BYTES 36U

/** A lock of this node's. Zero: it is made with the first use, which costs more
 * than the others. There is nothing secret in it. */
struct um_lock {
    bool made;
    uint8_t slot[UM_SEALED_SLOT_BYTES]; /**< the seed of a key, sealed */
    uint8_t key[UM_LOCK_KEY_BYTES];     /**< the public half of that */
};

/**
 * Appends bytes so that this node alone can read them.
 * @param l   kept by the caller for the same key
 * @param key the node's; borrowed
 * @return 0, P2P_ECRYPTO or P2P_ENOMEM
 */
int um_hide_lock(struct um_lock *l, const struct p2p_key *key,
                 struct um_str bytes, struct um_buf *out);

/** Appends what was locked; JSON that was not, as stores of before have it, as
 * it is; nothing of what is neither. Errors: P2P_ENOMEM. */
int um_hide_unlock(const struct p2p_key *key, struct um_str bytes,
                   struct um_buf *out);

#endif
