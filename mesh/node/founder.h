/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A mesh comes to be: its first document, r1, the genesis, and the roles of the
 * node that begins it; or the statements with which a node was let in. All of
 * it is in the store, or nothing.
 */
#ifndef UM_NODE_FOUNDER_H
#define UM_NODE_FOUNDER_H

#include "mesh/doc/bundles.h"
#include "mesh/store/store.h"
#include "mesh/trust/statement.h"
#include "p2p/key.h"

/** A certificate or a script that stands beside the first configuration; all
 * borrowed. */
struct um_founder_part {
    enum um_bundle_kind kind;
    struct um_str name;
    struct um_str bytes; /**< a bundle with its key, or a source */
};

/** What a new mesh is to be; all borrowed. */
struct um_founder_plan {
    const struct p2p_key *key;      /**< of the node that begins it */
    const struct p2p_key *owner;    /**< its first owner */
    const struct p2p_key *recovery; /**< to be kept on paper */
    struct um_str name;             /**< of the mesh; may be empty */
    struct um_str document;         /**< the first: {"base":…}, compact */
    const struct um_founder_part *parts; /**< these come with a second one,
                                              since what is sealed says for
                                              which mesh; none: NULL */
    size_t parts_n;
    struct um_str config; /**< what Unit ran; p NULL: no Unit */
    uint64_t wall_ms;
};

/**
 * Begins a mesh.
 * @param s    an open, empty store
 * @param mesh set to its id
 * @return 0, P2P_EEXIST (the store has a mesh), P2P_EINVAL (a name that cannot
 *         be), P2P_ECRYPTO, P2P_ENOMEM, the store's
 */
int um_founder_begin(struct um_store *s, const struct um_founder_plan *plan,
                     struct um_name *mesh);

/** Whether a statement is the one that let the first node in: by the key that
 * began the mesh, in the same breath. Nobody else can say so, and each member
 * has it. */
bool um_founder_let_in(const struct um_statement *genesis,
                       const struct um_statement *s);

/** How a node was let in; all borrowed. */
struct um_founder_place {
    struct um_name mesh;
    struct um_str statements; /**< for um_pb_list_next(), as the joiner core
                                   checked them, in this order */
    struct um_str config;     /**< what Unit ran, to be kept; p NULL: no Unit */
    uint64_t wall_ms;
};

/** Keeps the place of a node that was let in. Errors as above, P2P_EFORMAT. */
int um_founder_join(struct um_store *s, const struct um_founder_place *place);

#endif
