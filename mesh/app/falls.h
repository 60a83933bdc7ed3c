/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What a revocation would bring down: for `?dry-run`, and for the guards
 * of the real one. */
#ifndef UM_APP_FALLS_H
#define UM_APP_FALLS_H

#include "mesh/node/node.h"
#include "mesh/node/whatif.h"
#include "mesh/rest/http.h"

/** Revisions of a list that are shown; of the others, how many. */
#define UM_FALLS_SHOWN 1000U

/** Answers a dry run: "falls", revisions that would be void; "ends", others
 * that would end with a word of the key; "built_upon", revisions that stay and
 * have one that falls below them; "aborted", see um_falls_aborted(); "current"
 * then.
 * @param warning one of "warnings"; NULL: there is none */
void um_falls_show(struct um_node *n, struct um_http_req *req,
                   const struct um_statement *s, const char *warning);

/**
 * Revisions that the key aborted: they would be open again without its word
 * (rule 12), so they are to be made void first. But for those of which a
 * machine made others, which would be void, too: their deadline ends them.
 * @param a   where the list is made
 * @param out ascending
 * @return 0, P2P_ENOMEM
 */
int um_falls_aborted(struct um_node *n, struct um_http_req *req,
                     const struct um_statement *s, struct um_arena *a,
                     struct um_namelist *out);

/** Whether it may be said: it takes what it says, and somebody is left who can
 * write; else the request is answered why not. */
bool um_falls_may(struct um_node *n, struct um_http_req *req,
                  const struct um_statement *s);

/** The same, when another key takes its place: then nobody is missing. */
bool um_falls_may_go(struct um_node *n, struct um_http_req *req,
                     const struct um_statement *s);

#endif
