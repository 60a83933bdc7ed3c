/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See members.h. Each is one statement of an owner. A revocation is worked out
 * before it is said: what it does not take, and what would fall. */
#include "mesh/app/members.h"

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/falls.h"
#include "mesh/app/segment.h"
#include "mesh/app/views.h"
#include "mesh/app/which.h"
#include "mesh/app/word.h"
#include "mesh/node/owner.h"

/* Which segment of the path is what. */
enum { MEMBER = 2, LABEL = 4 };

/* A request about a member. */
struct about {
    struct um_daemon *d;
    struct um_http_req *req;
    struct um_node *node;
    struct um_arena arena;
    struct um_val body;
    struct um_str text; /* who is meant */
    struct um_name key;
};

/* Reads it; false: it was answered what is wrong. */
static bool begin(struct about *a, struct um_daemon *d, struct um_http_req *req)
{
    *a = (struct about){.d = d, .req = req, .arena = UM_ARENA_INIT};
    a->node = um_wait_any_node(d, req);
    return a->node != NULL && um_body_read(req, &a->arena, &a->body) &&
           um_segment_get(req, &a->arena, MEMBER, &a->text) &&
           um_which_member(a->node, req, a->text, &a->key);
}

bool um_members_roles(struct um_http_req *req, const struct um_val *body,
                      unsigned otherwise, unsigned *out)
{
    struct um_str role = um_body_text(body, "role");
    bool writer = um_str_eq(role, UM_STR("writer"));

    *out = writer ? UM_NODE | UM_WRITER : UM_NODE;
    if (um_val_member(body, UM_STR("role")) == NULL && otherwise != 0) {
        *out = otherwise;
        return true;
    }
    if (!writer && !um_str_eq(role, UM_STR("node"))) {
        um_answer_error(req, 400, "There is no such role.",
                        "\"role\" is \"writer\" or \"node\".");
        return false;
    }
    return true;
}

/* Says it, with success or a dry run. */
static void say(struct about *a, struct um_statement *s, const char *success)
{
    struct um_json j;

    um_word_answer(&j, success, &a->key);
    um_word_give(a->d, a->req, s, &j);
}

bool um_members_grant(struct um_node *n, struct um_http_req *req,
                      const struct um_name *key, unsigned roles,
                      struct um_statement *out)
{
    struct um_model *m = um_node_model(n);
    unsigned has = um_roster_roles(&m->roster, key);
    struct um_whatif w;
    bool gives;

    um_owner_grant(m, key, roles & ~has, out);
    (void)um_item_signer(um_node_owner(n), &out->by);
    if (um_whatif_init(&w, m, out) != 0) {
        um_answer_error(req, 500, "It cannot be worked out.", NULL);
        return false;
    }
    gives = (um_roster_roles(&w.roster, key) & roles) == roles;
    um_whatif_fini(&w);
    if (!gives) {
        um_answer_error(req, 409,
                        "The role was taken from this key, and does not come "
                        "back.",
                        "Let the node join with another key.");
    }
    return gives;
}

/* Gives the roles that are missing. */
static void grant(struct about *a, unsigned roles)
{
    struct um_statement s;

    if (um_members_grant(a->node, a->req, &a->key, roles, &s)) {
        say(a, &s, "The role is given.");
    }
}

/* The heads that the body keeps instead of all that live. false: it was
 * answered what is wrong. */
static bool read_keep(struct about *a, struct um_statement *s)
{
    const struct um_val *v = um_val_member(&a->body, UM_STR("keep"));
    struct um_name *list;

    if (v == NULL) {
        return true;
    }
    list = um_arena_zalloc(&a->arena, UM__CAP_NAMES, sizeof *list);
    if (list == NULL || v->kind != UM_VAL_ARRAY || v->count > UM__CAP_NAMES) {
        um_answer_error(a->req, 400, "Invalid request.",
                        "\"keep\" is a list of revisions.");
        return false;
    }
    for (size_t i = 0; i < v->count; i++) {
        const struct um_val *e = &v->items.p[i];
        const struct um_past *p;

        if (!um_which_revision(
                a->node, a->req,
                e->kind == UM_VAL_STRING ? e->text : um_str_n("", 0), &p)) {
            return false;
        }
        list[i] = p->rev.id;
    }
    s->keep = (struct um_namelist){list, um_namelist_sort(list, v->count)};
    return true;
}

/* Takes roles, or shows what would come of it. */
static void take_roles(struct about *a, unsigned roles, const char *success)
{
    struct um_model *m = um_node_model(a->node);
    struct um_statement s;
    int err = um_owner_revoke(m, &a->arena, &a->key, roles, &s);

    s.message = um_body_text(&a->body, "message");
    if (err != 0) {
        um_answer_error(a->req, err == P2P_ENOMEM ? 500 : 409,
                        "No revocation can be made: this key said more than "
                        "one can keep.",
                        NULL);
        return;
    }
    if (!read_keep(a, &s)) {
        return;
    }
    if (um_http_query(a->req, "dry-run") != NULL) {
        um_falls_show(a->node, a->req, &s);
    } else if (um_word_may(a->node, a->req) &&
               um_falls_may(a->node, a->req, &s)) {
        say(a, &s, success);
    }
}

static void role(struct about *a)
{
    unsigned has = um_roster_roles(&um_node_model(a->node)->roster, &a->key);
    bool dry = um_http_query(a->req, "dry-run") != NULL;
    unsigned roles;
    struct um_json j;

    if (!um_members_roles(a->req, &a->body, 0, &roles)) {
        return;
    }
    if (roles == UM_NODE && (has & UM_WRITER) != 0) {
        take_roles(a, UM_WRITER, "It writes no more; what it wrote stays.");
    } else if (!dry && !um_word_may(a->node, a->req)) {
        return;
    } else if (dry || (has & roles) == roles) {
        um_word_answer(&j,
                       dry ? "Nothing was changed: this was a dry run."
                           : "It has this role.",
                       &a->key);
        um_answer_json(a->req, 200, &j);
    } else {
        grant(a, roles);
    }
}

void um_members_role(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;

    if (begin(&a, d, req)) {
        role(&a);
    }
    um_arena_fini(&a.arena);
}

void um_members_remove(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;

    if (begin(&a, d, req)) {
        take_roles(&a, 0, "It is no member any more; what it wrote stays.");
    }
    um_arena_fini(&a.arena);
}

/* Sets a label; an empty value takes it off. */
static void label(struct about *a, struct um_str key, struct um_str value)
{
    struct um_statement s;

    um_owner_set(um_node_model(a->node), &a->key, key, value, &s);
    say(a, &s, value.len > 0 ? "The label is set." : "The label is gone.");
}

void um_members_label(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;
    struct um_str key;

    if (begin(&a, d, req) && um_segment_get(req, &a.arena, LABEL, &key) &&
        um_word_may(a.node, req)) {
        struct um_str value = um_body_text(&a.body, "value");

        if (value.len == 0) {
            um_answer_error(req, 400, "A label has a value.",
                            "\"value\" is a text; DELETE takes the label off.");
        } else if (um_str_has(key, '=')) {
            um_answer_error(req, 400, "A label's key has no equals sign.",
                            "Selectors are written label:KEY=VALUE.");
        } else {
            label(&a, key, value);
        }
    }
    um_arena_fini(&a.arena);
}

void um_members_unlabel(struct um_daemon *d, struct um_http_req *req)
{
    struct about a;
    struct um_str key;

    if (begin(&a, d, req) && um_segment_get(req, &a.arena, LABEL, &key) &&
        um_word_may(a.node, req)) {
        if (um_roster_value(&um_node_model(a.node)->roster, &a.key, key) ==
            NULL) {
            um_answer_error(req, 404, "It has no such label.", NULL);
        } else {
            label(&a, key, um_str_n(NULL, 0));
        }
    }
    um_arena_fini(&a.arena);
}
