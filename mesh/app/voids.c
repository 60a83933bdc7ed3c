/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See voids.h. A VOID cannot be taken back, so what falls with it is worked out
 * first; of r1 it has no effect, and is not said. */
#include "mesh/app/voids.h"

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/falls.h"
#include "mesh/app/which.h"
#include "mesh/app/word.h"
#include "mesh/node/owner.h"

/* Whether all of them can be void; else it was answered which cannot. */
static bool can_be(struct um_node *n, struct um_http_req *req,
                   struct um_namelist ids)
{
    const struct um_statement *g = um_roster_genesis(&um_node_model(n)->roster);

    if (ids.n == 0) {
        um_answer_error(req, 400, "Invalid request.",
                        "\"revisions\" names one at least.");
    } else if (g != NULL && um_namelist_has(ids, &g->first)) {
        um_answer_error(req, 409, "The first revision cannot be void.",
                        "Something has to be left to stand on.");
        return false;
    }
    return ids.n > 0;
}

static void say(struct um_daemon *d, struct um_http_req *req,
                struct um_statement *s)
{
    struct um_node *n = d->mesh.node;
    struct um_json j;

    if (um_http_query(req, "dry-run") != NULL) {
        um_falls_show(n, req, s, NULL);
    } else if (um_word_may(n, req) && um_falls_may(n, req, s)) {
        um_word_answer(&j, "They are void, and what was made of them stays.",
                       NULL);
        um_word_give(d, req, s, &j);
    }
}

static const struct um_body_member voids_body[] = {{"revisions", UM_VAL_ARRAY},
                                                   {"message", UM_VAL_STRING},
                                                   {NULL, 0}};

void um_voids_make(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_namelist ids;
    struct um_statement s;
    struct um_val body;

    if (n != NULL && um_body_read(req, &a, voids_body, &body) &&
        um_which_revisions(n, req, &a,
                           um_val_member(&body, UM_STR("revisions")), &ids) &&
        can_be(n, req, ids)) {
        um_owner_void(um_node_model(n), ids, &s);
        s.message = um_body_text(&body, "message");
        say(d, req, &s);
    }
    um_arena_fini(&a);
}
