/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See view.h. One walk up the places, parents first, says what is void; one
 * over all says what state each is in; one down the ranks lists the heads: a
 * child has a higher number than its parents, so who is covered is known when
 * it is met. If all that is new are immediate revisions, each on top of all
 * others and made from a head or from what is below one, the rest is as it was,
 * and is not looked at: else each change would cost as much as all before it.
 */
#include "mesh/model/view.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

/* How many heads an author has, listed or not. */
struct tally {
    struct um_name author;
    size_t n;
};

void um_view_fini(struct um_view *v)
{
    um_mem_free(v->heads);
    um_mem_free(v->overdue);
    um_mem_free(v->states);
    um_marks_fini(&v->voids);
    um_marks_fini(&v->covered);
    um_kept_fini(&v->kept);
    *v = (struct um_view){0};
}

static int grow(struct um_view *v, size_t n)
{
    size_t cap = n + n / 2 + 16;
    void *more;

    if (n <= v->cap)
        return 0;
    if ((more = um_mem_realloc(v->heads, cap * sizeof *v->heads)) == NULL)
        return P2P_ENOMEM;
    v->heads = more;
    if ((more = um_mem_realloc(v->overdue, cap * sizeof *v->overdue)) == NULL)
        return P2P_ENOMEM;
    v->overdue = more;
    if ((more = um_mem_realloc(v->states, cap)) == NULL)
        return P2P_ENOMEM;
    v->states = more;
    v->cap = cap;
    return 0;
}

/* Looks at each key once, so that nothing is worked out later on. */
static int know_keys(struct um_view *v, const struct um_history *h,
                     struct um_roster *roster)
{
    int err = 0;

    um_kept_forget(&v->kept);
    for (size_t i = 0; i < roster->keys_n && err == 0; i++)
        err = um_kept_turn(&v->kept, roster, h, &roster->keys[i]->name);
    return err;
}

static int begin(struct um_view *v, const struct um_history *h,
                 struct um_roster *roster)
{
    int err = grow(v, h->revs_n);

    v->heads_n = v->unlisted_n = v->overdue_n = v->states_n = 0;
    v->next_ms = UINT64_MAX;
    if (err == 0 && v->statements_n != um_roster_count(roster))
        err = know_keys(v, h, roster);
    if (err == 0)
        err = um_marks_clear(&v->voids, h);
    if (err == 0)
        err = um_marks_clear(&v->covered, h);
    if (err == 0)
        v->statements_n = um_roster_count(roster);
    v->facts_n = h->facts_n;
    return err;
}

/* What owners made void by name. */
static void void_by_name(struct um_view *v, const struct um_history *h,
                         struct um_roster *roster)
{
    for (size_t i = 0; i < um_roster_count(roster); i++) {
        bool stands;
        const struct um_statement *s = um_roster_at(roster, i, &stands);

        if (s->what != UM_VOID || !stands)
            continue;
        v->named = true;
        for (size_t k = 0; k < s->ids.n; k++) {
            const struct um_past *p = um_history_find(h, &s->ids.p[k]);

            if (p != NULL && p->rev.parents_n > 0)
                um_marks_set(&v->voids, p->place);
        }
    }
}

/* A machine vouches for nothing: what it made of a void revision is void. */
static bool tainted(const struct um_view *v, const struct um_past *p)
{
    for (unsigned i = 0; i < p->rev.parents_n; i++) {
        if (um_marks_has(&v->voids, p->parents[i]))
            return p->rev.by_machine;
    }
    return false;
}

/* Turns to the work of a key that know_keys() has looked at. */
static const struct um_kept *kept_of(struct um_view *v,
                                     const struct um_history *h,
                                     struct um_roster *roster,
                                     const struct um_name *key)
{
    int err = um_kept_turn(&v->kept, roster, h, key);

    assert(err == 0);
    (void)err;
    return &v->kept;
}

static void find_void(struct um_view *v, const struct um_history *h,
                      struct um_roster *roster)
{
    v->named = false;
    void_by_name(v, h, roster);
    for (uint32_t place = 0; place < h->revs_n; place++) {
        const struct um_past *p = h->revs[place];

        if (p->rev.parents_n == 0)
            continue;
        if (!um_kept_has(kept_of(v, h, roster, &p->rev.by), place) ||
            tainted(v, p))
            um_marks_set(&v->voids, place);
    }
}

/* Whether a fact counts: of a revoked key, a word in favour of what is kept. */
static bool counts(struct um_view *v, const struct um_history *h,
                   struct um_roster *roster, const struct um_past *p,
                   const struct um_fact *f)
{
    const struct um_kept *k = kept_of(v, h, roster, &f->by);

    return um_kept_all(k) || (f->what != UM_ABORT && um_kept_has(k, p->place));
}

/* When an open revision dies, unless somebody confirms it. */
static uint64_t dies_ms(const struct um_past *p)
{
    uint64_t from = p->rev.wall_ms < p->seen_ms ? p->rev.wall_ms : p->seen_ms;

    return from + p->rev.deadline_ms;
}

/* Rule 3, of a revision that is neither void nor immediate. */
static enum um_rev_state judge(struct um_view *v, const struct um_history *h,
                               struct um_roster *roster, struct um_past *p,
                               uint64_t now_ms)
{
    bool aborted = false;

    for (const struct um_noted *n = p->facts; n != NULL; n = n->next) {
        const struct um_fact *f = &n->fact;

        if (f->what == UM_OPEN || !counts(v, h, roster, p, f))
            continue;
        if (f->what == UM_ABORT)
            aborted = true;
        else if (f->wall_ms <= p->rev.wall_ms + p->rev.deadline_ms)
            return UM_ESTABLISHED;
    }
    if (!p->overdue && now_ms > dies_ms(p)) {
        p->overdue = true;
        v->overdue[v->overdue_n++] = p->place;
    }
    if (aborted || p->overdue)
        return UM_DEAD;
    if (dies_ms(p) < v->next_ms)
        v->next_ms = dies_ms(p);
    return UM_STILL_OPEN;
}

static void find_states(struct um_view *v, const struct um_history *h,
                        struct um_roster *roster, uint64_t now_ms)
{
    for (uint32_t place = 0; place < h->revs_n; place++) {
        struct um_past *p = h->revs[place];

        if (um_marks_has(&v->voids, place))
            v->states[place] = UM_DEAD;
        else if (p->rev.policy == UM_IMMEDIATE)
            v->states[place] = UM_ESTABLISHED;
        else
            v->states[place] = (uint8_t)judge(v, h, roster, p, now_ms);
    }
    v->states_n = h->revs_n;
}

/* Counts one more head of an author; how many he has now. */
static size_t count_of(struct tally *t, size_t *n, const struct um_name *author)
{
    size_t i = 0;

    while (i < *n && !um_name_eq(&t[i].author, author))
        i++;
    if (i == *n)
        t[(*n)++] = (struct tally){.author = *author};
    return ++t[i].n;
}

/* Authors are keys of the roster, so there is room for all of them in t. */
static void find_heads(struct um_view *v, const struct um_history *h,
                       struct tally *t)
{
    size_t authors = 0;

    for (size_t i = 0; i < h->revs_n; i++) {
        const struct um_past *p = um_history_ranked(h, i);
        bool covered = um_marks_has(&v->covered, p->place);

        if (!covered && v->states[p->place] != UM_DEAD) {
            if (count_of(t, &authors, &p->rev.by) <= UM__CAP_VIEW_CONFLICTS) {
                v->heads[v->heads_n++] = p->place;
                covered = true;
            } else {
                v->unlisted_n++;
            }
        }
        if (covered)
            um_marks_set_parents(&v->covered, p);
    }
}

static bool is_head(const struct um_view *v, uint32_t place)
{
    for (size_t i = 0; i < v->heads_n; i++) {
        if (v->heads[i] == place)
            return true;
    }
    return false;
}

/* Whether what it was made from is listed, or below what is: then it covers
 * nothing that was not covered. */
static bool is_on_heads(const struct um_view *v, const struct um_past *p)
{
    for (unsigned i = 0; i < p->rev.parents_n; i++) {
        if (!um_marks_has(&v->covered, p->parents[i]) &&
            !is_head(v, p->parents[i]))
            return false;
    }
    return p->rev.parents_n > 0;
}

/* Puts the one with the highest rank in front of the heads, instead of those
 * that it was made from. false: all has to be looked at. */
static bool put_on_top(struct um_view *v, const struct um_history *h,
                       struct um_roster *roster, const struct um_past *p)
{
    size_t n = 0, of_author = 1;

    assert(v->heads_n > 0 && p->place < v->cap);
    if (h->ranked[p->place] != p->place || p->rev.policy != UM_IMMEDIATE ||
        !is_on_heads(v, p) || tainted(v, p) ||
        !um_kept_has(kept_of(v, h, roster, &p->rev.by), p->place))
        return false;
    for (size_t i = 0; i < v->heads_n; i++) {
        const struct um_past *q = h->revs[v->heads[i]];

        if (q->place == p->parents[0] || q->place == p->parents[1])
            continue;
        v->heads[n++] = q->place;
        of_author += um_name_eq(&q->rev.by, &p->rev.by);
    }
    memmove(&v->heads[1], &v->heads[0], n * sizeof *v->heads);
    v->heads[0] = p->place;
    v->heads_n = n + 1;
    assert(v->heads_n <= h->revs_n);
    v->states[p->place] = UM_ESTABLISHED;
    um_marks_set_parents(&v->covered, p);
    return of_author <= UM__CAP_VIEW_CONFLICTS;
}

/* Looks at what is new alone. false: that does not do. */
static bool look_on_top(struct um_view *v, const struct um_history *h,
                        struct um_roster *roster, uint64_t now_ms)
{
    if (v->states_n == 0 || v->unlisted_n > 0 || v->named ||
        v->statements_n != um_roster_count(roster) ||
        v->facts_n != h->facts_n || now_ms > v->next_ms ||
        grow(v, h->revs_n) != 0 || um_marks_grow(&v->voids, h) != 0 ||
        um_marks_grow(&v->covered, h) != 0)
        return false;
    v->overdue_n = 0;
    assert(v->states_n <= h->revs_n);
    while (v->states_n < h->revs_n) {
        if (!put_on_top(v, h, roster, h->revs[v->states_n]))
            return false;
        v->states_n++;
    }
    return true;
}

int um_view_update(struct um_view *v, struct um_history *h,
                   struct um_roster *roster, uint64_t now_ms)
{
    struct tally *t;
    int err;

    if (look_on_top(v, h, roster, now_ms))
        return 0;
    err = begin(v, h, roster);
    if (err != 0 || h->revs_n == 0)
        return err;
    t = um_mem_alloc(roster->keys_n * sizeof *t);
    if (t == NULL)
        return P2P_ENOMEM;
    find_void(v, h, roster);
    find_states(v, h, roster, now_ms);
    find_heads(v, h, t);
    um_mem_free(t);
    assert(v->heads_n > 0); /* r1 is never dead */
    return 0;
}

const struct um_past *um_view_target(const struct um_view *v,
                                     const struct um_history *h)
{
    return v->heads_n == 0 ? NULL : h->revs[v->heads[0]];
}

bool um_view_opened(struct um_view *v, const struct um_history *h,
                    struct um_roster *roster, const struct um_past *p,
                    const struct um_name *member)
{
    if (um_namelist_has(p->rev.first, member))
        return true;
    for (const struct um_noted *n = p->facts; n != NULL; n = n->next) {
        if (n->fact.what == UM_OPEN && um_namelist_has(n->fact.nodes, member) &&
            counts(v, h, roster, p, &n->fact))
            return true;
    }
    return false;
}

const struct um_past *um_view_desired(struct um_view *v,
                                      const struct um_history *h,
                                      struct um_roster *roster,
                                      const struct um_name *member)
{
    for (size_t i = 0; i < v->states_n; i++) {
        const struct um_past *p = um_history_ranked(h, i);
        enum um_rev_state state = um_view_state(v, p);

        if (state == UM_ESTABLISHED)
            return p;
        if (state == UM_STILL_OPEN && um_view_opened(v, h, roster, p, member))
            return p;
    }
    return NULL;
}
