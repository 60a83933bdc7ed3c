/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pending.h. The grant and the end of the waiting are one batch. */
#include "mesh/app/pending.h"

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/members.h"
#include "mesh/app/segment.h"
#include "mesh/app/which.h"
#include "mesh/app/word.h"
#include "mesh/node/owner.h"

/* Who is meant; false: it was answered that nobody is. */
static bool find(struct um_node *n, struct um_http_req *req, struct um_arena *a,
                 struct um_name *out)
{
    struct um_str text;

    return um_segment_get(req, a, 2, &text) &&
           um_which_pending(n, req, text, out);
}

/* The same; who asked elsewhere is meant by his peer id. */
static bool asks(struct um_node *n, struct um_http_req *req, struct um_arena *a,
                 struct um_name *out)
{
    struct um_str text;

    return um_segment_get(req, a, 2, &text) &&
           (um_which_id(text, out) || um_which_pending(n, req, text, out));
}

/* Whether a key has roles already; it was answered then. */
static bool has(struct um_daemon *d, struct um_node *n, struct um_http_req *req,
                const struct um_name *key, unsigned roles)
{
    struct um_json j;

    if ((roles & ~um_roster_roles(&um_node_model(n)->roster, key)) != 0) {
        return false;
    }
    (void)um_welcome_settle(um_node_welcome(n), key);
    um_word_answer(&j, "It has this role.", key);
    um_word_after(d, req, &j);
    return true;
}

static const struct um_body_member approve_body[] = {{"role", UM_VAL_STRING},
                                                     {NULL, 0}};

void um_pending_approve(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;
    struct um_name key;
    struct um_statement s;
    struct um_json j;
    unsigned roles;

    if (n != NULL && um_body_read(req, &a, approve_body, &body) &&
        asks(n, req, &a, &key) &&
        um_members_roles(req, &body, UM_NODE, &roles) && um_word_may(n, req) &&
        !has(d, n, req, &key, roles) &&
        um_members_grant(n, req, &key, roles, &s)) {
        um_word_answer(&j, "It is let in, and hears of it by itself.", &key);
        um_word_give(d, req, &s, &j);
        if (!um_word_unsigned(req)) {
            (void)um_welcome_settle(um_node_welcome(n), &key);
        }
    }
    um_arena_fini(&a);
}

void um_pending_reject(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_name key;
    struct um_json j;

    if (n != NULL && um_body_none(req) && find(n, req, &a, &key)) {
        if (um_welcome_settle(um_node_welcome(n), &key) != 0) {
            um_answer_error(req, 500, "It cannot be kept.", NULL);
        } else {
            um_word_answer(&j, "It is not let in.", &key);
            um_word_after(d, req, &j);
        }
    }
    um_arena_fini(&a);
}
