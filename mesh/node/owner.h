/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What an owner says about members and settings, as statements to be signed
 * with his key: um_statement_seal(), then um_node_state().
 */
#ifndef UM_NODE_OWNER_H
#define UM_NODE_OWNER_H

#include "mesh/base/arena.h"
#include "mesh/model/model.h"

/** Roles for a key. */
void um_owner_grant(const struct um_model *m, const struct um_name *key,
                    unsigned roles, struct um_statement *out);

/**
 * Takes roles from a key for ever. What it wrote so far stays: the heads of the
 * view are kept, and what it said in the roster stands.
 * @param a     where the lists are made
 * @param roles none: all
 * @return 0, P2P_ENOMEM, P2P_ETOOBIG (it said more than fits)
 */
int um_owner_revoke(struct um_model *m, struct um_arena *a,
                    const struct um_name *key, unsigned roles,
                    struct um_statement *out);

/**
 * Sets a label or a setting: over what was set before.
 * @param key   whose label; NULL: a setting of the mesh
 * @param name  borrowed as long as out
 * @param value the same; empty: unsets it
 */
void um_owner_set(struct um_model *m, const struct um_name *key,
                  struct um_str name, struct um_str value,
                  struct um_statement *out);

/** Makes revisions void; borrows the list as long as out. */
void um_owner_void(const struct um_model *m, struct um_namelist ids,
                   struct um_statement *out);

/** Whether a key may say such things now. */
bool um_owner_may(struct um_model *m, const struct um_name *key);

/** Whether members stay that nobody could speak for any more if these keys, of
 * which one is this node's, went: no other one is an owner's. The recovery key
 * is not counted; where a key is that is no node's, nobody can know. */
bool um_owner_is_last(struct um_model *m, const struct um_name *me,
                      const struct um_name *owner);

#endif
