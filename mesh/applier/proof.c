/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See proof.h. What a revocation leaves is found by one walk from the heads
 * that it keeps, over the headers that are here. It ends at parents that are
 * not here; a parent has a lower number than its child, so what has a number
 * as high as any of those and was not met is no ancestor of them: that is how
 * it is shown that something is not kept, and it takes no more than the headers
 * above it.
 */
#include "mesh/applier/proof.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

struct um_proof_kept {
    struct um_proof_kept *next;
    const struct um_statement *by;
    uint64_t gap; /* no header that is missing has a higher number */
    bool *met;    /* by index: kept */
};

void um_proof_init(struct um_proof *p, struct um_roster *roster)
{
    *p = (struct um_proof){.roster = roster};
    um_arena_init(&p->arena);
}

void um_proof_fini(struct um_proof *p)
{
    um_mem_free(p->revs);
    um_mem_free(p->facts);
    um_arena_fini(&p->arena);
    *p = (struct um_proof){0};
}

static int grow(void **list, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? 8 : 2 * *cap;
    void *bigger;

    if (n < *cap)
        return 0;
    bigger = um_mem_realloc(*list, more * size);
    if (bigger == NULL)
        return P2P_ENOMEM;
    *list = bigger;
    *cap = more;
    return 0;
}

static int add_revision(struct um_proof *p, const struct um_revision *rev,
                        struct um_str envelope)
{
    void *list = p->revs;
    int err = grow(&list, p->revs_n, &p->revs_cap, sizeof *p->revs);

    p->revs = list;
    if (err == 0)
        p->revs[p->revs_n++] =
            (struct um_proof_rev){.rev = *rev, .envelope = envelope};
    return err;
}

static int add_fact(struct um_proof *p, const struct um_fact *fact,
                    struct um_str envelope)
{
    void *list = p->facts;
    int err = grow(&list, p->facts_n, &p->facts_cap, sizeof *p->facts);

    p->facts = list;
    if (err == 0)
        p->facts[p->facts_n++] = (struct um_proof_fact){*fact, envelope};
    return err;
}

/* Of what an item is refused with, what concerns who sent it. */
static int refusal(int err)
{
    if (err == P2P_EPEER)
        return P2P_EAUTH;
    return err == P2P_ENOTSUP ? P2P_EFORMAT : err;
}

int um_proof_revision(struct um_proof *p, struct um_str envelope)
{
    struct um_revision rev;
    int err = um_revision_open(envelope, &rev);

    return err != 0 ? refusal(err) : add_revision(p, &rev, envelope);
}

int um_proof_fact(struct um_proof *p, struct um_str envelope)
{
    struct um_fact fact;
    int err = um_fact_open(envelope, &fact);

    return err != 0 ? refusal(err) : add_fact(p, &fact, envelope);
}

int um_proof_know_revision(struct um_proof *p, const struct um_revision *rev)
{
    return add_revision(p, rev, um_str_n(NULL, 0));
}

int um_proof_know_fact(struct um_proof *p, const struct um_fact *fact)
{
    return add_fact(p, fact, um_str_n(NULL, 0));
}

static int by_id(const void *a, const void *b)
{
    const struct um_proof_rev *x = a, *y = b;

    return um_name_cmp(&x->rev.id, &y->rev.id);
}

void um_proof_link(struct um_proof *p)
{
    size_t n = 0;

    if (p->revs_n > 0)
        qsort(p->revs, p->revs_n, sizeof *p->revs, by_id);
    for (size_t i = 0; i < p->revs_n; i++) {
        if (n == 0 || by_id(&p->revs[n - 1], &p->revs[i]) != 0)
            p->revs[n++] = p->revs[i];
    }
    p->revs_n = n;
    for (size_t i = 0; i < n; i++) {
        struct um_proof_rev *r = &p->revs[i];

        for (unsigned k = 0; k < r->rev.parents_n; k++)
            r->parents[k] = um_proof_find(p, &r->rev.parents[k]);
    }
}

size_t um_proof_find(const struct um_proof *p, const struct um_name *id)
{
    struct um_proof_rev key;
    const struct um_proof_rev *r;

    if (p->revs_n == 0)
        return UM_NOT_HERE;
    key.rev.id = *id;
    r = bsearch(&key, p->revs, p->revs_n, sizeof *p->revs, by_id);
    return r == NULL ? UM_NOT_HERE : (size_t)(r - p->revs);
}

/* Meets a header, unless it was met; a number above those of what is missing
 * otherwise. */
static void meet(struct um_proof_kept *k, size_t i, uint64_t below,
                 size_t *stack, size_t *n)
{
    if (i == UM_NOT_HERE) {
        if (below > k->gap)
            k->gap = below;
    } else if (!k->met[i]) {
        k->met[i] = true;
        stack[(*n)++] = i;
    }
}

/* Walks from the heads that a revocation keeps; each header is met once. */
static void walk(const struct um_proof *p, struct um_proof_kept *k,
                 size_t *stack)
{
    size_t n = 0;

    for (size_t i = 0; i < k->by->keep.n; i++)
        meet(k, um_proof_find(p, &k->by->keep.p[i]), UINT64_MAX, stack, &n);
    while (n > 0) {
        const struct um_proof_rev *r = &p->revs[stack[--n]];

        for (unsigned i = 0; i < r->rev.parents_n; i++)
            meet(k, r->parents[i], r->rev.number - 1, stack, &n);
    }
}

/* What a revocation leaves; NULL: no memory. */
static const struct um_proof_kept *kept_by(struct um_proof *p,
                                           const struct um_statement *by)
{
    struct um_proof_kept *k = p->kepts;
    size_t *stack;

    while (k != NULL && k->by != by)
        k = k->next;
    if (k != NULL)
        return k;
    k = um_arena_zalloc(&p->arena, 1, sizeof *k);
    if (k != NULL)
        k->met = um_arena_zalloc(&p->arena, p->revs_n, sizeof *k->met);
    stack = um_mem_alloc(p->revs_n * sizeof *stack);
    if (k == NULL || k->met == NULL || stack == NULL) {
        um_mem_free(stack);
        p->failed = true;
        return NULL;
    }
    k->by = by;
    k->next = p->kepts;
    p->kepts = k;
    walk(p, k, stack);
    um_mem_free(stack);
    return k;
}

/* Whether all revocations of a key keep a revision; `any`: there are some. */
static enum um_shown kept(struct um_proof *p, const struct um_name *key,
                          size_t i, bool *any)
{
    const struct um_statement *s[UM__CAP_PROOF_REVOCATIONS];
    size_t n = um_roster_keeps(p->roster, key, s, UM__CAP_PROOF_REVOCATIONS);
    enum um_shown rv = UM_SHOWN;

    assert(i < p->revs_n);
    *any = n > 0;
    if (n > UM__CAP_PROOF_REVOCATIONS)
        return UM_SHOWN_NOT;
    for (size_t k = 0; k < n; k++) {
        const struct um_proof_kept *by = kept_by(p, s[k]);

        if (by == NULL)
            return UM_UNSHOWN;
        if (by->met[i])
            continue;
        if (p->revs[i].rev.number >= by->gap)
            return UM_SHOWN_NOT;
        rv = UM_UNSHOWN;
    }
    return rv;
}

/* Whether what a machine made of its parents is void with them. */
static enum um_shown tainted(struct um_proof *p, size_t i)
{
    enum um_shown rv = UM_SHOWN_NOT;

    for (unsigned k = 0; k < p->revs[i].rev.parents_n; k++) {
        size_t parent = p->revs[i].parents[k];
        enum um_shown one =
            parent == UM_NOT_HERE ? UM_UNSHOWN : um_proof_void(p, parent);

        if (one == UM_SHOWN)
            return UM_SHOWN;
        if (one == UM_UNSHOWN)
            rv = UM_UNSHOWN;
    }
    return rv;
}

static enum um_shown judge_void(struct um_proof *p, size_t i)
{
    const struct um_revision *r = &p->revs[i].rev;
    enum um_shown mine, theirs;
    bool any;

    if (r->parents_n == 0)
        return UM_SHOWN_NOT;
    if (um_roster_voids(p->roster, &r->id))
        return UM_SHOWN;
    mine = kept(p, &r->by, i, &any);
    theirs = r->by_machine ? tainted(p, i) : UM_SHOWN_NOT;
    if (mine == UM_SHOWN_NOT || theirs == UM_SHOWN)
        return UM_SHOWN;
    return mine == UM_SHOWN ? theirs : UM_UNSHOWN;
}

enum um_shown um_proof_void(struct um_proof *p, size_t i)
{
    assert(i < p->revs_n);
    if (!p->revs[i].judged) {
        p->revs[i].is_void = judge_void(p, i);
        p->revs[i].judged = true;
    }
    return p->revs[i].is_void;
}

enum um_shown um_proof_counts(struct um_proof *p, const struct um_fact *fact,
                              size_t i)
{
    enum um_shown rv;
    bool any;

    assert(i < p->revs_n);
    if (!um_name_eq(&fact->mesh, &p->roster->mesh) ||
        !um_name_eq(&fact->revision, &p->revs[i].rev.id) ||
        (um_roster_ever(p->roster, &fact->by) & UM_WRITER) == 0)
        return UM_SHOWN_NOT;
    rv = kept(p, &fact->by, i, &any);
    return any && fact->what == UM_ABORT ? UM_SHOWN_NOT : rv;
}

/* Whether a fact is a confirmation that was made in time. */
static bool in_time(const struct um_fact *f, const struct um_revision *r)
{
    return f->what == UM_CONFIRM && f->wall_ms <= r->wall_ms + r->deadline_ms;
}

bool um_proof_confirms(struct um_proof *p, const struct um_fact *fact, size_t i)
{
    return in_time(fact, &p->revs[i].rev) &&
           um_proof_counts(p, fact, i) != UM_SHOWN_NOT;
}

enum um_shown um_proof_confirmed(struct um_proof *p, size_t i)
{
    enum um_shown rv = UM_SHOWN_NOT;

    for (size_t k = 0; k < p->facts_n && rv != UM_SHOWN; k++) {
        const struct um_fact *f = &p->facts[k].fact;
        enum um_shown one = UM_SHOWN_NOT;

        if (in_time(f, &p->revs[i].rev))
            one = um_proof_counts(p, f, i);
        if (one != UM_SHOWN_NOT)
            rv = one;
    }
    return rv;
}

bool um_proof_aborted(struct um_proof *p, size_t i)
{
    for (size_t k = 0; k < p->facts_n; k++) {
        const struct um_fact *f = &p->facts[k].fact;

        if (f->what == UM_ABORT && um_proof_counts(p, f, i) == UM_SHOWN)
            return true;
    }
    return false;
}

bool um_proof_opened(struct um_proof *p, size_t i, const struct um_name *member)
{
    if (um_namelist_has(p->revs[i].rev.first, member))
        return true;
    for (size_t k = 0; k < p->facts_n; k++) {
        const struct um_fact *f = &p->facts[k].fact;

        if (f->what == UM_OPEN && um_namelist_has(f->nodes, member) &&
            um_proof_counts(p, f, i) == UM_SHOWN)
            return true;
    }
    return false;
}
