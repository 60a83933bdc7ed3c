/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See trail.h. A run is small and there are few: nothing is looked up but by
 * walking over them. */
#include "mesh/applier/trail.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

enum { F_HEADER = 1, F_SEEN = 2, F_FLAGS = 3, F_CONFIRMS = 4, F_EFFECTIVE = 5 };

enum {
    OVERDUE = 1,
    REFUSED = 2,
    RUNS = 4,
    OVER = 8,
    TOOK = 16,
    HELD = 32,
    PENDING = 64,
    EARLY = 128,
    FLAGS = 255
};

void um_run_free(struct um_run *r)
{
    if (r == NULL)
        return;
    um_buf_fini(&r->header);
    for (size_t i = 0; i < r->confirms_n; i++)
        um_buf_fini(&r->confirmed[i]);
    um_mem_free(r);
}

void um_trail_fini(struct um_trail *t)
{
    for (size_t i = 0; i < t->n; i++)
        um_run_free(t->runs[i]);
    *t = (struct um_trail){0};
}

/* Reads what was verified from bytes that stay where they are. */
static int read_header(struct um_str envelope, struct um_revision *out)
{
    struct um_item it;
    int err =
        um_item_read(um_item_payload(envelope, UM_REVISION), UM_REVISION, &it);

    return err != 0 ? err : um_revision_decode(&it, out);
}

static int read_confirm(struct um_str envelope, struct um_fact *out)
{
    struct um_item it;
    int err = um_item_read(um_item_payload(envelope, UM_FACT), UM_FACT, &it);

    return err != 0 ? err : um_fact_decode(&it, out);
}

struct um_run *um_run_new(struct um_str envelope, uint64_t seen_ms)
{
    struct um_run *r = um_mem_zalloc(sizeof *r);

    if (r == NULL)
        return NULL;
    r->seen_ms = seen_ms;
    um_buf_str(&r->header, envelope);
    if (um_buf_failed(&r->header) ||
        read_header(um_buf_view(&r->header), &r->rev) != 0) {
        um_run_free(r);
        return NULL;
    }
    return r;
}

static void drop_confirm(struct um_run *r, size_t i)
{
    um_buf_fini(&r->confirmed[i]);
    r->confirms_n--;
    memmove(&r->confirms[i], &r->confirms[i + 1],
            (r->confirms_n - i) * sizeof *r->confirms);
    memmove(&r->confirmed[i], &r->confirmed[i + 1],
            (r->confirms_n - i) * sizeof *r->confirmed);
}

int um_run_confirm(struct um_run *r, struct um_str envelope,
                   const bool counts[UM__CAP_TRAIL_CONFIRMS])
{
    struct um_buf copy = UM_BUF_INIT;
    struct um_fact fact;
    size_t i = 0;

    um_buf_str(&copy, envelope);
    if (um_buf_failed(&copy) || read_confirm(um_buf_view(&copy), &fact) != 0) {
        um_buf_fini(&copy);
        return P2P_ENOMEM;
    }
    while (i < r->confirms_n && !um_name_eq(&r->confirms[i].id, &fact.id))
        i++;
    if (i == r->confirms_n && i == UM__CAP_TRAIL_CONFIRMS) {
        for (i = 0; i < r->confirms_n && counts[i];)
            i++;
        if (i < r->confirms_n)
            drop_confirm(r, i);
        i = r->confirms_n;
    }
    if (i < r->confirms_n || i == UM__CAP_TRAIL_CONFIRMS) {
        um_buf_fini(&copy);
        return 0;
    }
    r->confirmed[i] = copy;
    r->confirms[i] = fact;
    r->confirms_n++;
    return 1;
}

bool um_run_outranks(const struct um_revision *a, const struct um_revision *b)
{
    if (a->number != b->number)
        return a->number > b->number;
    if (a->wall_ms != b->wall_ms)
        return a->wall_ms > b->wall_ms;
    return um_name_cmp(&a->id, &b->id) > 0;
}

static size_t index_of(const struct um_trail *t, const struct um_run *r)
{
    size_t i = 0;

    while (i < t->n && t->runs[i] != r)
        i++;
    return i;
}

struct um_run *um_trail_find(const struct um_trail *t,
                             const struct um_name *revision)
{
    for (size_t i = 0; i < t->n; i++) {
        if (um_name_eq(&t->runs[i]->rev.id, revision))
            return t->runs[i];
    }
    return NULL;
}

/* What a run is worth, when one has to go. */
static unsigned worth(const struct um_run *r)
{
    if (r->runs)
        return 3;
    if ((!r->took && !r->pending) || r->refused || r->over)
        return 0;
    return r->held ? 2 : 1;
}

/* Which has to go. */
static size_t least(const struct um_trail *t)
{
    size_t at = 0;

    for (size_t i = 1; i < t->n; i++) {
        unsigned a = worth(t->runs[i]), b = worth(t->runs[at]);

        if (a < b ||
            (a == b && um_run_outranks(&t->runs[at]->rev, &t->runs[i]->rev)))
            at = i;
    }
    return at;
}

static void take_out(struct um_trail *t, size_t i)
{
    assert(i < t->n);
    memmove(&t->runs[i], &t->runs[i + 1],
            (--t->n - i) * sizeof(struct um_run *));
}

void um_trail_begins(struct um_trail *t, struct um_run *r)
{
    size_t i = index_of(t, r);

    if (i < t->n) {
        take_out(t, i);
    } else if (t->n == UM__CAP_TRAIL_RUNS) {
        i = least(t);
        um_run_free(t->runs[i]);
        take_out(t, i);
    }
    r->refused = false;
    r->pending = true;
    r->held = r->held || r->rev.policy == UM_IMMEDIATE || r->confirms_n > 0;
    t->runs[t->n++] = r;
    t->dirty = true;
}

void um_trail_took(struct um_trail *t, struct um_run *r)
{
    for (size_t i = 0; i < t->n; i++)
        t->runs[i]->runs = t->runs[i] == r;
    r->early = !r->held && (r->early || !r->took);
    r->took = true;
    r->refused = r->pending = false;
    t->dirty = true;
}

void um_trail_refused(struct um_trail *t, struct um_run *r)
{
    r->refused = true;
    r->pending = false;
    t->dirty = true;
}

void um_trail_silent(struct um_trail *t, struct um_run *r)
{
    t->dirty = t->dirty || r->pending;
    r->pending = false;
}

bool um_trail_shows(struct um_trail *t, const struct um_name *shown)
{
    bool answered = false, changed = false, explained = false;

    for (size_t i = t->n; i > 0; i--) {
        struct um_run *r = t->runs[i - 1];
        bool same = um_name_eq(&r->effective, shown);

        if (r->pending && same && !explained) {
            um_trail_took(t, r);
            return true;
        }
        explained = explained || (r->runs && same);
        if (r->pending && answered) {
            um_trail_silent(t, r);
            changed = true;
        }
        answered = answered || r->refused;
    }
    return changed;
}

bool um_trail_current(const struct um_trail *t, const struct um_run *r)
{
    const struct um_run *newest = t->runs[t->n - 1];

    assert(t->n > 0);
    for (size_t i = t->n; i > 0 && t->runs[i - 1] != r; i--) {
        if (t->runs[i - 1]->pending)
            return false;
    }
    return r->runs && (newest == r || newest->refused);
}

bool um_trail_counts(const struct um_trail *t, const struct um_run *r)
{
    return !r->refused &&
           ((r->took && !r->early) || r->pending || r == t->runs[t->n - 1]);
}

void um_trail_holds(struct um_trail *t, struct um_run *r)
{
    if (r->held || (!r->runs && r != t->runs[t->n - 1]))
        return;
    r->early = r->early && !r->runs;
    r->held = t->dirty = true;
}

void um_run_write(const struct um_run *r, struct um_buf *out)
{
    um_pb_put_str(out, F_HEADER, um_buf_view(&r->header));
    um_pb_put_num(out, F_SEEN, r->seen_ms);
    um_pb_put_num(out, F_FLAGS,
                  (r->overdue ? OVERDUE : 0U) | (r->refused ? REFUSED : 0U) |
                      (r->runs ? RUNS : 0U) | (r->over ? OVER : 0U) |
                      (r->took ? TOOK : 0U) | (r->held ? HELD : 0U) |
                      (r->pending ? PENDING : 0U) | (r->early ? EARLY : 0U));
    for (size_t i = 0; i < r->confirms_n; i++)
        um_pb_put_str(out, F_CONFIRMS, um_buf_view(&r->confirmed[i]));
    um_name_put(out, F_EFFECTIVE, &r->effective);
}

/* Whether an item is of a mesh; r1 is of none. */
static bool is_of(const struct um_name *its, const struct um_name *mesh)
{
    return um_name_none(its) || um_name_eq(its, mesh);
}

static int read_confirms(struct um_run *r, const struct um_name *mesh,
                         struct um_str list)
{
    static const bool all[UM__CAP_TRAIL_CONFIRMS] = {true, true, true, true};
    struct um_str one;
    struct um_fact f;
    int err = 0;

    while (err == 0 && um_pb_list_next(&list, &one)) {
        err = um_fact_open(one, &f);
        if (err == P2P_ENOMEM)
            return err;
        if (err != 0 || f.what != UM_CONFIRM || !is_of(&f.mesh, mesh) ||
            !um_name_eq(&f.revision, &r->rev.id) ||
            r->confirms_n == UM__CAP_TRAIL_CONFIRMS)
            return P2P_EFORMAT;
        err = um_run_confirm(r, one, all);
        if (err == 0)
            return P2P_EFORMAT; /* twice the same */
        err = err > 0 ? 0 : err;
    }
    return err;
}

/* Reads and verifies a run. */
static int read_run(struct um_pb *m, const struct um_name *mesh,
                    struct um_run **out)
{
    struct um_str header, confirms;
    struct um_name effective;
    struct um_revision rev;
    uint64_t seen, flags;
    int err;

    um_pb_bytes(m, F_HEADER, UM__CAP_ITEM_BYTES, &header);
    um_pb_num(m, F_SEEN, UM_PB_NUM_MAX, &seen);
    um_pb_num(m, F_FLAGS, FLAGS, &flags);
    um_pb_bytes(m, F_CONFIRMS, SIZE_MAX, &confirms);
    um_name_read(m, F_EFFECTIVE, &effective);
    if (m->err != 0)
        return P2P_EFORMAT;
    err = um_revision_open(header, &rev);
    if (err == P2P_ENOMEM)
        return err;
    if (err != 0 || !is_of(&rev.mesh, mesh))
        return P2P_EFORMAT;
    *out = um_run_new(header, seen);
    if (*out == NULL)
        return P2P_ENOMEM;
    (*out)->overdue = (flags & OVERDUE) != 0;
    (*out)->refused = (flags & REFUSED) != 0;
    (*out)->runs = (flags & RUNS) != 0;
    (*out)->took = (flags & TOOK) != 0;
    (*out)->held = (flags & HELD) != 0;
    (*out)->pending = (flags & PENDING) != 0;
    (*out)->early = (flags & EARLY) != 0;
    (*out)->over = (flags & OVER) != 0;
    (*out)->effective = effective;
    return read_confirms(*out, mesh, confirms);
}

int um_trail_read(struct um_trail *t, const struct um_name *mesh,
                  struct um_str bytes)
{
    struct um_run *r = NULL;
    struct um_pb m;
    int err;

    if (t->n == UM__CAP_TRAIL_RUNS)
        return P2P_EFORMAT;
    um_pb_read_lists(&m, bytes, UINT64_C(1) << F_CONFIRMS);
    err = read_run(&m, mesh, &r);
    if (err == 0 && um_trail_find(t, &r->rev.id) != NULL)
        err = P2P_EFORMAT;
    for (size_t i = 0; i < t->n && err == 0; i++) {
        if (r->runs && t->runs[i]->runs)
            err = P2P_EFORMAT;
    }
    if (err != 0) {
        um_run_free(r);
        return err;
    }
    t->runs[t->n++] = r;
    return 0;
}
