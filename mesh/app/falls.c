/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See falls.h. The view as it is and the view as it would be are compared,
 * revision by revision. */
#include "mesh/app/falls.h"

#include "mesh/app/answer.h"
#include "mesh/app/views.h"
#include "mesh/app/word.h"
#include "p2p/err.h"

/* The two views, and whose roles are at stake. */
struct falls {
    struct um_node *node;
    struct um_model *m;
    struct um_whatif w;
    struct um_name key;
};

/* Works it out. A dry run may be of a node without the owner's key: then as if
 * the first owner said it. */
static int begin(struct falls *f, struct um_node *n, struct um_http_req *req,
                 const struct um_statement *s)
{
    struct um_statement said = *s;

    *f = (struct falls){.node = n, .m = um_node_model(n), .key = s->key};
    um_word_speaker(n, req, &said.by);
    return um_whatif_init(&f->w, f->m, &said);
}

static bool is_void(const struct falls *f, const struct um_past *p)
{
    return um_view_void(&f->w.view, p) && !um_view_void(&f->m->view, p);
}

/* It is alive now, and would not be, though it is not void. */
static bool ends(const struct falls *f, const struct um_past *p)
{
    return !um_view_void(&f->w.view, p) &&
           um_view_state(&f->m->view, p) != UM_DEAD &&
           um_view_state(&f->w.view, p) == UM_DEAD;
}

static bool stays(const struct falls *f, const struct um_past *p)
{
    return um_view_state(&f->w.view, p) != UM_DEAD;
}

/* Marks what falls, and all that has something of it below. */
static int mark(const struct falls *f, struct um_marks *below)
{
    const struct um_history *h = &f->m->history;
    int err = um_marks_clear(below, h);

    for (uint32_t i = 0; err == 0 && i < h->revs_n; i++) {
        const struct um_past *p = um_history_at(h, i);
        bool has = is_void(f, p);

        for (unsigned k = 0; k < p->rev.parents_n; k++) {
            has |= um_marks_has(below, p->parents[k]);
        }
        if (has) {
            um_marks_set(below, i);
        }
    }
    return err;
}

/* Whether a machine made something of it, which would be void with it. */
static bool has_machines_child(const struct falls *f, const struct um_past *p)
{
    const struct um_history *h = &f->m->history;

    for (uint32_t i = 0; i < h->revs_n; i++) {
        const struct um_past *c = um_history_at(h, i);

        for (unsigned k = 0; c->rev.by_machine && k < c->rev.parents_n; k++) {
            if (c->parents[k] == p->place) {
                return true;
            }
        }
    }
    return false;
}

/* It has ended by a word of the key, and would be open again. */
static bool reopens(const struct falls *f, const struct um_past *p)
{
    return um_view_state(&f->m->view, p) == UM_DEAD &&
           um_view_state(&f->w.view, p) == UM_STILL_OPEN &&
           !has_machines_child(f, p);
}

static bool built_upon(const struct falls *f, const struct um_past *p,
                       const struct um_marks *below)
{
    return stays(f, p) && !is_void(f, p) && um_marks_has(below, p->place);
}

enum which { FALLS, ENDS, BUILT, ABORTED };

static bool is(const struct falls *f, const struct um_past *p,
               const struct um_marks *below, enum which which)
{
    return which == FALLS   ? is_void(f, p)
           : which == ENDS  ? ends(f, p)
           : which == BUILT ? built_upon(f, p, below)
                            : reopens(f, p);
}

/* A list of revisions, the highest first. */
static void list(const struct falls *f, struct um_json *j,
                 const struct um_marks *below, enum which which)
{
    static const char *const names[] = {"falls", "ends", "built_upon",
                                        "aborted"};
    const struct um_history *h = &f->m->history;
    size_t n = 0;

    um_json_open(j, names[which], '[');
    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_past *p = um_history_ranked(h, i);

        if (is(f, p, below, which) && n++ < UM_FALLS_SHOWN) {
            um_json_open(j, NULL, '{');
            um_views_past(f->node, j, p);
            um_json_close(j, '}');
        }
    }
    um_json_close(j, ']');
    if (n > UM_FALLS_SHOWN) {
        um_json_uint(j, "more", n - UM_FALLS_SHOWN);
    }
}

/* What is current then; NULL: nothing is. */
static const struct um_past *current(const struct falls *f)
{
    const struct um_history *h = &f->m->history;

    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_past *p = um_history_ranked(h, i);

        if (stays(f, p) && !reopens(f, p)) {
            return p;
        }
    }
    return NULL;
}

static void show(struct falls *f, struct um_json *j,
                 const struct um_marks *below)
{
    const struct um_past *t = current(f);

    um_json_text(j, "success", "Nothing was changed: this was a dry run.");
    if (!um_name_none(&f->key)) {
        um_views_peer(j, "member", &f->key);
        um_views_roles(j, "roles_after",
                       um_roster_roles(&f->w.roster, &f->key));
    }
    if (t != NULL) {
        um_views_revision(f->node, j, "current", &t->rev.id);
    }
    for (enum which i = FALLS; i <= ABORTED; i++) {
        list(f, j, below, i);
    }
}

void um_falls_show(struct um_node *n, struct um_http_req *req,
                   const struct um_statement *s, const char *warning)
{
    struct um_marks below = {.words = NULL};
    struct falls f;
    struct um_json j;

    if (begin(&f, n, req, s) != 0 || mark(&f, &below) != 0) {
        um_answer_error(req, 500, "It cannot be worked out.", NULL);
    } else {
        um_json_init(&j);
        show(&f, &j, &below);
        if (warning != NULL) {
            um_answer_warning(&j, warning);
        }
        um_answer_json(req, 200, &j);
    }
    um_marks_fini(&below);
    um_whatif_fini(&f.w);
}

int um_falls_aborted(struct um_node *n, struct um_http_req *req,
                     const struct um_statement *s, struct um_arena *a,
                     struct um_namelist *out)
{
    struct falls f;
    int rv = begin(&f, n, req, s);
    size_t all = rv == 0 ? f.m->history.revs_n : 0, found = 0;
    struct um_name *list = um_arena_zalloc(a, UM__CAP_NAMES, sizeof *list);

    if (list == NULL) {
        rv = P2P_ENOMEM;
    }
    for (size_t i = 0; rv == 0 && i < all && found < UM__CAP_NAMES; i++) {
        const struct um_past *p = um_history_ranked(&f.m->history, i);

        if (reopens(&f, p)) {
            list[found++] = p->rev.id;
        }
    }
    *out = (struct um_namelist){list, um_namelist_sort(list, found)};
    um_whatif_fini(&f.w);
    return rv;
}

static size_t writers(struct um_roster *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->keys_n; i++) {
        n += (um_roster_key_at(r, i)->now & UM_WRITER) != 0;
    }
    return n;
}

static void say_override(struct um_http_req *req, const char *error,
                         const char *detail)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "error", error);
    um_json_text(&j, "detail", detail);
    um_json_text(&j, "override", "force");
    um_answer_json(req, 409, &j);
}

/* Whether it takes what it says; else that is answered. */
static bool takes(struct falls *f, struct um_http_req *req,
                  const struct um_statement *s)
{
    unsigned before = um_roster_roles(&f->m->roster, &f->key);
    unsigned after = um_roster_roles(&f->w.roster, &f->key);
    unsigned asked = s->roles != 0 ? s->roles : UM_ROLES_ALL;

    if ((after & asked) != 0 && !um_word_unsigned(req)) {
        um_answer_error(req, 403, "The owner's key that is here may not.",
                        before == after
                            ? "Nobody revokes upwards, or on his own level."
                            : "It has roles of a level that is not below.");
        return false;
    }
    return true;
}

/* Whether somebody is left; else that is answered. */
static bool leaves_enough(struct falls *f, struct um_http_req *req)
{
    unsigned before = um_roster_roles(&f->m->roster, &f->key);
    unsigned after = um_roster_roles(&f->w.roster, &f->key);

    if (um_http_query(req, "force") != NULL) {
        return true;
    }
    if (writers(&f->m->roster) > 0 && writers(&f->w.roster) == 0) {
        say_override(req, "Nobody could write any more.",
                     "It is the last writer.");
        return false;
    }
    if (um_name_eq(&f->key, &f->m->cfg.me) && (after & UM_NODE) == 0 &&
        (before & UM_NODE) != 0) {
        say_override(req, "That is this node.",
                     "It would get nothing of the mesh any more; `unitmesh "
                     "leave` goes out of it.");
        return false;
    }
    return true;
}

static bool may(struct um_node *n, struct um_http_req *req,
                const struct um_statement *s, bool replaced)
{
    struct falls f;
    bool yes = false;

    if (begin(&f, n, req, s) != 0) {
        um_answer_error(req, 500, "It cannot be worked out.", NULL);
    } else {
        yes = takes(&f, req, s) && (replaced || leaves_enough(&f, req));
    }
    um_whatif_fini(&f.w);
    return yes;
}

bool um_falls_may(struct um_node *n, struct um_http_req *req,
                  const struct um_statement *s)
{
    return may(n, req, s, false);
}

bool um_falls_may_go(struct um_node *n, struct um_http_req *req,
                     const struct um_statement *s)
{
    return may(n, req, s, true);
}
