/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A singly linked queue of parts. A part holds one kept slice; a part whose
 * slab is the queue's own has room at its end for the small writes that
 * follow, so a stream of small messages costs one allocation a few KiB.
 */
#include "base/sendq.h"

#include "base/mem.h"

/* The size of the slabs that small writes are gathered in. */
#define GATHER_BYTES 2048U

struct p2p__sendq_part {
    struct p2p__sendq_part *next;
    struct p2p__slice s;
    size_t cost; /* bytes charged */
    bool own;    /* the slab is ours alone: append to it */
};

void p2p__sendq_init(struct p2p__sendq *q, struct p2p__quota *quota)
{
    *q = (struct p2p__sendq){.quota = quota};
}

static void free_part(struct p2p__sendq *q, struct p2p__sendq_part *part)
{
    p2p__quota_give(q->quota, P2P__Q_MEMORY, part->cost);
    p2p__slice_drop(&part->s);
    p2p__free(part);
}

static void drop_head(struct p2p__sendq *q)
{
    struct p2p__sendq_part *part = q->head;

    q->head = part->next;
    if (q->head == NULL) {
        q->tail = NULL;
    }
    free_part(q, part);
}

void p2p__sendq_fini(struct p2p__sendq *q)
{
    while (q->head != NULL) {
        drop_head(q);
    }
    q->bytes = 0;
}

/* Appends to the tail's own slab if it has the room. */
static bool gather(struct p2p__sendq *q, const struct p2p__slice *s)
{
    struct p2p__sendq_part *t = q->tail;
    size_t used;

    if (t == NULL || !t->own) {
        return false;
    }
    used = (size_t)(t->s.p - t->s.slab->data) + t->s.len;
    if (s->len > t->s.slab->cap - used) {
        return false;
    }
    memcpy(t->s.p + t->s.len, s->p, s->len);
    t->s.len += s->len;
    return true;
}

/* Fills a part: a gather slab for a small write, else a kept slice. */
static int fill(struct p2p__sendq_part *part, const struct p2p__slice *s,
                bool small)
{
    if (!small) {
        return p2p__slice_keep(s, &part->s);
    }
    part->s.slab = p2p__slab_new(GATHER_BYTES);
    if (part->s.slab == NULL) {
        return P2P_ENOMEM;
    }
    part->s.p = part->s.slab->data;
    part->s.len = s->len;
    memcpy(part->s.p, s->p, s->len);
    part->own = true;
    return 0;
}

/* A small write that follows another is worth a slab for more of them. */
static bool is_small(const struct p2p__sendq *q, const struct p2p__slice *s)
{
    return q->head != NULL && s->len <= GATHER_BYTES / 4 &&
           p2p__slice_cost(s) == s->len;
}

int p2p__sendq_push(struct p2p__sendq *q, const struct p2p__slice *s)
{
    struct p2p__sendq_part *part;
    bool small = is_small(q, s);
    size_t cost;
    int rv;

    if (s->len == 0 || gather(q, s)) {
        q->bytes += s->len;
        return 0;
    }
    cost = sizeof *part + (small ? GATHER_BYTES : p2p__slice_cost(s));
    rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, cost);
    if (rv != 0) {
        return rv;
    }
    part = p2p__zalloc(sizeof *part);
    rv = part == NULL ? P2P_ENOMEM : fill(part, s, small);
    if (rv != 0) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, cost);
        p2p__free(part);
        return rv;
    }
    part->cost = cost;
    if (q->tail != NULL) {
        q->tail->next = part;
    } else {
        q->head = part;
    }
    q->tail = part;
    q->bytes += s->len;
    return 0;
}

size_t p2p__sendq_pull(struct p2p__sendq *q, uint8_t *dst, size_t cap)
{
    size_t done = 0;

    while (done < cap && q->head != NULL) {
        struct p2p__slice *s = &q->head->s;
        size_t n = p2p__min(s->len, cap - done);

        memcpy(dst + done, s->p, n);
        done += n;
        p2p__slice_skip(s, n);
        if (s->len == 0) {
            drop_head(q);
        }
    }
    assert(done <= q->bytes);
    q->bytes -= done;
    return done;
}

/* Where the mark is: a part with bytes behind it, or NULL at the end. */
static struct p2p__sendq_part *part_at(const struct p2p__sendq *q,
                                       const struct p2p__sendq_mark *mark,
                                       size_t *at)
{
    struct p2p__sendq_part *part = mark->part;

    *at = mark->at;
    if (part == NULL) {
        *at = 0;
        return q->head;
    }
    if (*at == part->s.len) {
        *at = 0;
        part = part->next;
    }
    return part;
}

size_t p2p__sendq_peek(const struct p2p__sendq *q,
                       const struct p2p__sendq_mark *mark,
                       struct p2p__slice *pieces, size_t cap)
{
    size_t at, n = 0;
    const struct p2p__sendq_part *part = part_at(q, mark, &at);

    for (; part != NULL && n < cap; part = part->next) {
        pieces[n] = part->s;
        p2p__slice_skip(&pieces[n++], at);
        at = 0;
    }
    return n;
}

void p2p__sendq_take(const struct p2p__sendq *q, struct p2p__sendq_mark *mark,
                     size_t n)
{
    assert(n <= q->bytes - mark->taken);
    mark->taken += n;
    while (n > 0) {
        size_t at, step;

        mark->part = part_at(q, mark, &at);
        assert(mark->part != NULL);
        step = p2p__min(n, mark->part->s.len - at);
        mark->at = at + step;
        n -= step;
    }
}

void p2p__sendq_drop(struct p2p__sendq *q, struct p2p__sendq_mark *mark,
                     size_t n)
{
    assert(n <= mark->taken && mark->taken <= q->bytes);
    mark->taken -= n;
    q->bytes -= n;
    while (n > 0) {
        struct p2p__sendq_part *head = q->head;
        size_t step = p2p__min(n, head->s.len);
        bool here = mark->part == head, all = step == head->s.len;

        n -= step;
        mark->at -= here ? step : 0;
        if (!all) {
            p2p__slice_skip(&head->s, step);
            continue;
        }
        mark->part = here ? NULL : mark->part;
        drop_head(q);
    }
}

void p2p__sendq_cut(struct p2p__sendq *q, const struct p2p__sendq_mark *mark)
{
    if (mark->part == NULL) {
        p2p__sendq_fini(q);
        return;
    }
    mark->part->s.len = mark->at;
    while (mark->part->next != NULL) {
        struct p2p__sendq_part *part = mark->part->next;

        mark->part->next = part->next;
        free_part(q, part);
    }
    q->tail = mark->part;
    q->tail->own = false;
    q->bytes = mark->taken;
}
