/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node knows of its mesh, as JSON: members, what each runs, revisions,
 * conflicts. docs/reference/rest-mesh.md.
 */
#ifndef UM_APP_VIEWS_H
#define UM_APP_VIEWS_H

#include "mesh/app/json.h"
#include "mesh/node/node.h"
#include "mesh/trust/row.h"

/** A member of an object: the peer id of a key. */
void um_views_peer(struct um_json *j, const char *key,
                   const struct um_name *member);

/** The name of a member; "" if nobody knows one. */
void um_views_name(struct um_node *n, struct um_json *j, const char *key,
                   const struct um_name *member);

/** The names of roles. */
void um_views_roles(struct um_json *j, const char *key, unsigned roles);

/** A member of an object: a revision as people say it. Nothing for none. */
void um_views_revision(struct um_node *n, struct um_json *j, const char *key,
                       const struct um_name *id);

/** "mesh": which, the current revision, what this node is. */
void um_views_mesh(struct um_node *n, struct um_json *j);

/** "nodes": each member that runs the configuration, and what it runs. */
void um_views_nodes(struct um_node *n, struct um_json *j);

/**
 * In a word how a member is, and what it said of itself last.
 * @param row    borrows what is kept of it, until the next step
 * @param age_ms how long ago it was heard of
 * @return NULL: nothing was ever heard of it
 */
const char *um_views_state(struct um_node *n, const struct um_name *member,
                           struct um_row *row, uint64_t *age_ms);

/** What a member said of itself last; false: nothing. Borrows as
 * um_views_state(). */
bool um_views_row(struct um_node *n, const struct um_name *member,
                  struct um_row *row);

/** "members": each key with a role. */
void um_views_members(struct um_node *n, struct um_json *j);

/** "revisions": the highest so many. */
void um_views_revisions(struct um_node *n, struct um_json *j, size_t limit);

/** "conflicts": living revisions beside the current one. */
void um_views_conflicts(struct um_node *n, struct um_json *j);

/** "pending": who asks to be let in. */
void um_views_pending(struct um_node *n, struct um_json *j);

/** "invites": invitations, without what is secret. */
void um_views_invites(struct um_node *n, struct um_json *j);

/** The members of one revision, into the object that is open. */
void um_views_past(struct um_node *n, struct um_json *j,
                   const struct um_past *p);

#endif
