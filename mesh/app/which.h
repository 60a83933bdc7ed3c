/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Which one is meant: revisions, members and those who wait, as people name
 * them. A name that more than one has is refused, and those who have it are
 * shown. All of them answer the request, and return false, if nobody is meant.
 */
#ifndef UM_APP_WHICH_H
#define UM_APP_WHICH_H

#include "mesh/doc/value.h"
#include "mesh/node/node.h"
#include "mesh/rest/http.h"

/** `r42`, `r42.9f3c`, eight digits of an id and more, or `current`. */
bool um_which_revision(struct um_node *n, struct um_http_req *req,
                       struct um_str text, const struct um_past **out);

/** A peer id, or a name, of a key that has a role. */
bool um_which_member(struct um_node *n, struct um_http_req *req,
                     struct um_str text, struct um_name *out);

/** The same, or a peer id of whomever. */
bool um_which_key(struct um_node *n, struct um_http_req *req,
                  struct um_str text, struct um_name *out);

/** A list of revisions: ascending, in `a`. @param v NULL is none */
bool um_which_revisions(struct um_node *n, struct um_http_req *req,
                        struct um_arena *a, const struct um_val *v,
                        struct um_namelist *out);

/** The key that a text is the peer id of; false: it is no peer id, and nothing
 * was answered. */
bool um_which_id(struct um_str text, struct um_name *out);

/** A peer id, or a name, of a key that waits to be let in. */
bool um_which_pending(struct um_node *n, struct um_http_req *req,
                      struct um_str text, struct um_name *out);

#endif
