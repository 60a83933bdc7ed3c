/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See which.h. Everything that fits is looked at: one is meant, more are
 * candidates. */
#include "mesh/app/which.h"

#include "mesh/app/answer.h"
#include "mesh/app/views.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revname.h"

/* Candidates that are shown. */
#define SHOWN 20U

/* What fits so far. */
struct fits {
    struct um_name first;
    struct um_name shown[SHOWN];
    size_t n;
};

static void add(struct fits *f, const struct um_name *name)
{
    if (f->n == 0) {
        f->first = *name;
    }
    if (f->n < SHOWN) {
        f->shown[f->n] = *name;
    }
    f->n++;
}

/* Several fit: which these are. */
static void say_several(struct um_node *n, struct um_http_req *req,
                        const struct fits *f)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "error", "Nobody can know which one is meant.");
    um_json_text(&j, "detail", "Several fit: say which one.");
    um_json_open(&j, "candidates", '[');
    for (size_t i = 0; i < f->n && i < SHOWN; i++) {
        if (um_history_find(&um_node_model(n)->history, &f->shown[i]) != NULL) {
            um_views_revision(n, &j, NULL, &f->shown[i]);
        } else {
            um_views_peer(&j, NULL, &f->shown[i]);
        }
    }
    um_json_close(&j, ']');
    um_answer_json(req, 409, &j);
}

/* Whether one is meant; else the request is answered.
 * @param none what is said if there is none, and what to do then */
static bool one(struct um_node *n, struct um_http_req *req,
                const struct fits *f, const char *const none[2])
{
    if (f->n == 0) {
        um_answer_error(req, 404, none[0], none[1]);
    } else if (f->n > 1) {
        say_several(n, req, f);
    }
    return f->n == 1;
}

static const char *const no_revision[] = {"There is no such revision here.",
                                          "`unitmesh log` lists them."};
static const char *const nobody_waits[] = {
    "Nobody of that name waits to be let in.",
    "`unitmesh members pending` lists who does."};
static const char *const no_member[] = {
    "There is no such member.",
    "`unitmesh members` lists them; who asks to be let in is with `unitmesh "
    "members pending`."};

bool um_which_revision(struct um_node *n, struct um_http_req *req,
                       struct um_str text, const struct um_past **out)
{
    const struct um_model *m = um_node_model(n);
    struct um_revname name;
    struct fits f = {.n = 0};

    if (um_str_eq(text, UM_STR("current"))) {
        *out = um_view_target(&m->view, &m->history);
        if (*out != NULL) {
            return true;
        }
    } else if (um_revname_parse(text, &name) != 0) {
        um_answer_error(req, 400, "This is no revision.",
                        "A revision is r42, r42.9f3c, eight digits of its id "
                        "or more, or current.");
        return false;
    } else {
        for (size_t i = 0; i < m->history.revs_n; i++) {
            const struct um_past *p = um_history_at(&m->history, (uint32_t)i);

            if (um_revname_fits(&name, p->rev.number, &p->rev.id)) {
                add(&f, &p->rev.id);
            }
        }
    }
    if (!one(n, req, &f, no_revision)) {
        return false;
    }
    *out = um_history_find(&m->history, &f.first);
    return true;
}

bool um_which_id(struct um_str text, struct um_name *out)
{
    struct p2p_peer_id peer;

    return text.len > 0 &&
           p2p_peer_id_from_text(text.p, text.len, &peer) == 0 &&
           um_peer_member(&peer, out) == 0;
}

bool um_which_revisions(struct um_node *n, struct um_http_req *req,
                        struct um_arena *a, const struct um_val *v,
                        struct um_namelist *out)
{
    struct um_name *list = um_arena_zalloc(a, UM__CAP_NAMES, sizeof *list);

    if (list == NULL || v == NULL || v->kind != UM_VAL_ARRAY ||
        v->count > UM__CAP_NAMES) {
        um_answer_error(req, 400, "Invalid request.",
                        "\"keep\" and \"revisions\" are lists of revisions.");
        return false;
    }
    for (size_t i = 0; i < v->count; i++) {
        const struct um_val *e = &v->items.p[i];
        const struct um_past *p;

        if (!um_which_revision(
                n, req, e->kind == UM_VAL_STRING ? e->text : um_str_n("", 0),
                &p)) {
            return false;
        }
        list[i] = p->rev.id;
    }
    *out = (struct um_namelist){list, um_namelist_sort(list, v->count)};
    return true;
}

/* Whether a member has a name. */
static bool has_name(struct um_node *n, const struct um_name *member,
                     struct um_str text)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_node_facts facts = {.name = {NULL, 0}};
    bool is = um_node_facts(n, member, &a, &facts) == 0 && facts.name.len > 0 &&
              um_str_eq(facts.name, text);

    um_arena_fini(&a);
    return is;
}

bool um_which_member(struct um_node *n, struct um_http_req *req,
                     struct um_str text, struct um_name *out)
{
    struct um_roster *r = &um_node_model(n)->roster;
    struct fits f = {.n = 0};
    struct um_name id;
    bool is_id = um_which_id(text, &id);

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);

        if (k->now != 0 &&
            (is_id ? um_name_eq(&k->name, &id) : has_name(n, &k->name, text))) {
            add(&f, &k->name);
        }
    }
    *out = f.first;
    return one(n, req, &f, no_member);
}

bool um_which_pending(struct um_node *n, struct um_http_req *req,
                      struct um_str text, struct um_name *out)
{
    const struct um_pending *p;
    struct fits f = {.n = 0};
    struct um_name id;
    bool is_id = um_which_id(text, &id);

    for (size_t i = 0; (p = um_welcome_pending(um_node_welcome(n), i)) != NULL;
         i++) {
        if (is_id ? um_name_eq(&p->key, &id) : um_str_eq(p->name, text)) {
            add(&f, &p->key);
        }
    }
    *out = f.first;
    return one(n, req, &f, nobody_waits);
}

bool um_which_key(struct um_node *n, struct um_http_req *req,
                  struct um_str text, struct um_name *out)
{
    return um_which_id(text, out) || um_which_member(n, req, text, out);
}
