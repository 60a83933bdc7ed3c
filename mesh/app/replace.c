/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See replace.h. All of it is said at once, in an order in which each part may
 * be the last that was heard: roles, labels, and that the old key goes.
 *
 * A node that gets another key is a stranger to who has not heard of that. So
 * it takes the key when others had the time to hear: at once if there are none,
 * else when one was connected for longer than a round takes.
 */
#include "mesh/app/replace.h"

#include <stdlib.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/falls.h"
#include "mesh/app/members.h"
#include "mesh/app/segment.h"
#include "mesh/app/views.h"
#include "mesh/app/wait.h"
#include "mesh/app/which.h"
#include "mesh/app/word.h"
#include "mesh/node/links.h"
#include "mesh/node/owner.h"

enum { MEMBER = 2 };

/* How often it is looked whether the next key is to be taken. */
#define LOOK_MS 200U

/* How long others are given to hear of it. */
#define HEAR_MS (UM_LINKS_ROUND_MS + 1000U)

/* A replacement that is being put together. */
struct replace {
    struct um_daemon *d;
    struct um_http_req *req;
    struct um_node *node;
    struct um_arena arena;
    struct um_name old;
    struct um_name by;
    struct um_statement list[UM_WORD_STATEMENTS_MAX];
    size_t n;
};

static void fini(struct replace *r)
{
    um_arena_fini(&r->arena);
    free(r);
}

static struct replace *begin(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct replace *r = n != NULL ? calloc(1, sizeof *r) : NULL;

    if (n != NULL && r == NULL) {
        um_answer_error(req, 500, "Out of memory.", NULL);
    }
    if (r != NULL) {
        r->d = d;
        r->req = req;
        r->node = n;
        um_arena_init(&r->arena);
    }
    return r;
}

/* ---- what is said */

/* The roles of the old key, those that the new one has not. false: it was
 * answered why it cannot have them. */
static bool add_grant(struct replace *r)
{
    struct um_roster *roster = &um_node_model(r->node)->roster;
    unsigned roles = um_roster_roles(roster, &r->old);
    struct um_name by;

    um_word_speaker(r->node, r->req, &by);
    if ((roles & UM_ROOT) != 0 ||
        ((roles & UM_OWNER) != 0 &&
         (um_roster_roles(roster, &by) & UM_ROOT) == 0)) {
        um_answer_error(r->req, 403, "It is an owner.",
                        "A root replaces owners, the recovery key roots.");
        return false;
    }
    if ((roles & ~um_roster_roles(roster, &r->by)) == 0) {
        return true;
    }
    return um_members_grant(r->node, r->req, &r->by, roles, &r->list[r->n++]);
}

/* Whether a statement is the label of the old key that counts. */
static bool is_label(struct um_roster *roster, const struct um_statement *s,
                     const struct um_name *key)
{
    return s->what == UM_SET && um_name_eq(&s->key, key) &&
           um_roster_value(roster, key, s->name) == s;
}

/* Adds a label of the new key. Two places are for the VOID and the REVOKE. */
static bool add_label(struct replace *r, struct um_str name,
                      struct um_str value)
{
    if (r->n + 2 >= UM_WORD_STATEMENTS_MAX) {
        um_answer_error(r->req, 409, "It has too many labels.",
                        "Take some away first.");
        return false;
    }
    um_owner_set(um_node_model(r->node), &r->by, name, value, &r->list[r->n++]);
    return true;
}

/* What the old one is called, if the new one is not. */
static bool add_name(struct replace *r)
{
    struct um_node_facts old, by;

    if (um_roster_value(&um_node_model(r->node)->roster, &r->old,
                        UM_STR("name")) != NULL) {
        return true; /* that is one of the labels */
    }
    if (um_node_facts(r->node, &r->old, &r->arena, &old) != 0 ||
        um_node_facts(r->node, &r->by, &r->arena, &by) != 0) {
        um_answer_error(r->req, 500, "Out of memory.", NULL);
        return false;
    }
    return old.name.len == 0 || um_str_eq(old.name, by.name) ||
           add_label(r, UM_STR("name"), old.name);
}

static bool add_labels(struct replace *r)
{
    struct um_roster *roster = &um_node_model(r->node)->roster;
    bool stands, fine = true;

    for (size_t i = 0; i < um_roster_count(roster) && fine; i++) {
        const struct um_statement *s = um_roster_at(roster, i, &stands);

        if (is_label(roster, s, &r->old)) {
            fine = add_label(r, s->name, s->value);
        }
    }
    return fine;
}

/* What the old key has aborted stays ended. */
static bool add_void(struct replace *r, const struct um_statement *revoke)
{
    struct um_namelist aborted;

    if (um_falls_aborted(r->node, r->req, revoke, &r->arena, &aborted) != 0) {
        um_answer_error(r->req, 500, "Out of memory.", NULL);
        return false;
    }
    if (aborted.n > 0) {
        um_owner_void(um_node_model(r->node), aborted, &r->list[r->n++]);
    }
    return true;
}

/* The old key goes; what it wrote stays. */
static bool add_revoke(struct replace *r, const struct um_val *body)
{
    struct um_statement s;

    if (um_owner_revoke(um_node_model(r->node), &r->arena, &r->old, 0, &s) !=
        0) {
        um_answer_error(r->req, 409,
                        "No revocation can be made: this key said more than "
                        "one can keep.",
                        NULL);
        return false;
    }
    s.message = um_body_text(body, "message");
    if (!add_void(r, &s)) {
        return false;
    }
    r->list[r->n++] = s;
    return true;
}

static void give(struct replace *r, const char *success)
{
    struct um_json j;

    um_word_answer(&j, success, &r->by);
    um_word_give_all(r->d, r->req, r->list, r->n, &j);
}

/* ---- another machine */

/* Who takes the place: somebody who waits at the door, or a member, or a peer
 * id. */
static bool find_new(struct replace *r, const struct um_val *body)
{
    struct um_str text = um_body_text(body, "by");

    if (!um_which_id(text, &r->by) &&
        !um_which_pending(r->node, r->req, text, &r->by)) {
        return false;
    }
    if (um_name_eq(&r->old, &r->by)) {
        um_answer_error(r->req, 400, "That is the same key.", NULL);
        return false;
    }
    return true;
}

static void replace(struct replace *r, const struct um_val *body)
{
    const struct um_statement *revoke;

    if (!add_grant(r) || !add_labels(r) || !add_name(r) ||
        !add_revoke(r, body)) {
        return;
    }
    revoke = &r->list[r->n - 1];
    if (um_http_query(r->req, "dry-run") != NULL) {
        um_falls_show(r->node, r->req, revoke, NULL);
    } else if (um_falls_may_go(r->node, r->req, revoke)) {
        if (!um_word_unsigned(r->req)) {
            (void)um_welcome_settle(um_node_welcome(r->node), &r->by);
        }
        give(r, "It is in its place now; what the old one wrote stays.");
    }
}

static const struct um_body_member replace_body[] = {{"by", UM_VAL_STRING},
                                                     {"message", UM_VAL_STRING},
                                                     {NULL, 0}};

void um_replace_member(struct um_daemon *d, struct um_http_req *req)
{
    struct replace *r = begin(d, req);
    struct um_str text;
    struct um_val body;

    if (r == NULL) {
        return;
    }
    if (um_body_read(req, &r->arena, replace_body, &body) &&
        um_segment_get(req, &r->arena, MEMBER, &text) &&
        um_which_member(r->node, req, text, &r->old) && find_new(r, &body) &&
        (um_http_query(req, "dry-run") != NULL || um_word_may(r->node, req))) {
        replace(r, &body);
    }
    fini(r);
}

/* ---- this machine */

/* Whether the next key runs the configuration, as far as is known here. */
static bool is_member(struct um_daemon *d, const struct um_name *key)
{
    struct um_roster *r = &um_node_model(d->mesh.node)->roster;

    return (um_roster_roles(r, key) & UM_NODE) != 0;
}

/* Members beside this machine's two keys. */
static size_t others(struct um_daemon *d, const struct um_name *next)
{
    struct um_model *m = um_node_model(d->mesh.node);
    size_t n = um_roster_members(&m->roster);

    n -= is_member(d, next);
    return n - is_member(d, &m->cfg.me);
}

/* Whether others had the time to hear of it. */
static bool was_heard(struct um_daemon *d, const struct um_name *next)
{
    uint64_t now = d->loop.alarms.now_ms(d->loop.alarms.user);

    if (others(d, next) == 0 || d->mesh.taking || !d->mesh.said) {
        return true;
    }
    if (um_bus_connected(d->bus) == 0) {
        d->mesh.heard_ms = 0;
    } else if (d->mesh.heard_ms == 0) {
        d->mesh.heard_ms = now;
    }
    return d->mesh.heard_ms != 0 && now - d->mesh.heard_ms >= HEAR_MS;
}

/* The key that is to be this node's; NULL: none. */
static struct p2p_key *next_key(const struct um_daemon *d)
{
    return um_keys_get(um_partner_keys(d->partner), UM_KEYRING_NEXT);
}

static void on_look(void *arg)
{
    struct um_daemon *d = arg;
    struct um_name next;

    d->mesh.look = NULL;
    if (next_key(d) == NULL || d->mesh.node == NULL ||
        um_item_signer(next_key(d), &next) != 0) {
        return;
    }
    if (d->mesh.asking == NULL && /* who asks uses this key */
        ((is_member(d, &next) && was_heard(d, &next)) || d->mesh.taking)) {
        d->mesh.taking = d->mesh.said = false;
        d->mesh.heard_ms = 0;
        um_mesh_succeed(d);
    } else {
        um_replace_watch(d);
    }
}

void um_replace_watch(struct um_daemon *d)
{
    const struct um_alarms *a = &d->loop.alarms;

    if (d->mesh.look == NULL && next_key(d) != NULL) {
        d->mesh.look = a->set(a->user, LOOK_MS, on_look, d);
    }
}

void um_replace_rest(struct um_daemon *d)
{
    d->loop.alarms.clear(d->loop.alarms.user, d->mesh.look);
    d->mesh.look = NULL;
}

/* An owner elsewhere has to say it. */
static void wait_for_an_owner(struct replace *r)
{
    struct um_json j;

    um_json_init(&j);
    um_views_peer(&j, "next", &r->by);
    um_views_peer(&j, "member", &r->old);
    um_json_text(&j, "text",
                 "An owner has to put this node's next key in the place of its "
                 "key; the node takes it by itself then.");
    um_answer_json(r->req, 202, &j);
}

static void rotate(struct replace *r, const struct um_val *body)
{
    struct um_roster *roster = &um_node_model(r->node)->roster;
    unsigned roles = um_roster_roles(roster, &r->old);

    um_replace_watch(r->d);
    if (um_body_true(body, "take")) {
        r->d->mesh.taking = true;
        wait_for_an_owner(r);
    } else if (!um_node_owns(r->node) || (roles & UM_OWNER) != 0) {
        wait_for_an_owner(r);
    } else if (add_grant(r) && add_labels(r) && add_revoke(r, body) &&
               um_falls_may_go(r->node, r->req, &r->list[r->n - 1])) {
        r->d->mesh.said = true;
        give(r,
             "This node takes its next key in a few seconds; what it wrote "
             "stays.");
    }
}

static const struct um_body_member own_body[] = {{"take", UM_VAL_BOOL},
                                                 {"message", UM_VAL_STRING},
                                                 {NULL, 0}};

void um_replace_own(struct um_daemon *d, struct um_http_req *req)
{
    struct replace *r = begin(d, req);
    struct um_val body;

    if (r == NULL) {
        return;
    }
    r->old = um_node_model(r->node)->cfg.me;
    if (!um_body_read(req, &r->arena, own_body, &body)) {
        fini(r);
        return;
    }
    if (um_roster_roles(&um_node_model(r->node)->roster, &r->old) == 0 &&
        !um_body_true(&body, "take")) {
        um_answer_error(req, 409, "This node is no member.", NULL);
    } else if (um_keys_make(um_partner_keys(d->partner), UM_KEYRING_NEXT) !=
                   0 ||
               um_item_signer(next_key(d), &r->by) != 0) {
        um_answer_error(req, 500, "No key can be made.", "The log says why.");
    } else {
        rotate(r, &body);
    }
    fini(r);
}
