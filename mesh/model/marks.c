/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See marks.h. A child comes to a history after its parents, so its place is
 * higher: one walk down the places meets every child before its parents.
 */
#include "mesh/model/marks.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

int um_marks_grow(struct um_marks *m, const struct um_history *h)
{
    size_t n = (h->revs_n + 63) / 64;
    uint64_t *words;

    if (n <= m->words_n)
        return 0;
    n += n / 2; /* a history grows by one */
    words = um_mem_realloc(m->words, n * sizeof *words);
    if (words == NULL)
        return P2P_ENOMEM;
    memset(&words[m->words_n], 0, (n - m->words_n) * sizeof *words);
    m->words = words;
    m->words_n = n;
    assert(64 * n >= h->revs_n);
    return 0;
}

int um_marks_clear(struct um_marks *m, const struct um_history *h)
{
    int err = um_marks_grow(m, h);

    if (err == 0 && m->words_n > 0)
        memset(m->words, 0, m->words_n * sizeof *m->words);
    return err;
}

void um_marks_fini(struct um_marks *m)
{
    um_mem_free(m->words);
    *m = (struct um_marks){0};
}

void um_marks_set_parents(struct um_marks *m, const struct um_past *p)
{
    for (unsigned i = 0; i < 2; i++) {
        if (p->parents[i] != UM_NOWHERE)
            um_marks_set(m, p->parents[i]);
    }
}

/* Marks all ancestors of what is marked. */
static void spread(struct um_marks *m, const struct um_history *h)
{
    for (size_t place = h->revs_n; place-- > 0;) {
        if (um_marks_has(m, (uint32_t)place))
            um_marks_set_parents(m, h->revs[place]);
    }
}

int um_marks_below(struct um_marks *m, const struct um_history *h,
                   struct um_namelist ids)
{
    int err = um_marks_clear(m, h);

    if (err != 0)
        return err;
    for (size_t i = 0; i < ids.n; i++) {
        const struct um_past *p = um_history_find(h, &ids.p[i]);

        if (p != NULL)
            um_marks_set(m, p->place);
    }
    spread(m, h);
    return 0;
}

/* The highest-ranked revision that both have marked. */
static int highest(const struct um_history *h, const struct um_marks *a,
                   const struct um_marks *b, uint32_t *out)
{
    for (size_t i = 0; i < h->revs_n; i++) {
        uint32_t place = um_history_ranked(h, i)->place;

        if (um_marks_has(a, place) && um_marks_has(b, place)) {
            *out = place;
            return 0;
        }
    }
    return P2P_ENOTFOUND;
}

int um_marks_base(const struct um_history *h, uint32_t a, uint32_t b,
                  uint32_t *out)
{
    struct um_marks ma = {0}, mb = {0};
    struct um_namelist na = {&h->revs[a]->rev.id, 1};
    struct um_namelist nb = {&h->revs[b]->rev.id, 1};
    int err = um_marks_below(&ma, h, na);

    if (err == 0)
        err = um_marks_below(&mb, h, nb);
    if (err == 0)
        err = highest(h, &ma, &mb, out);
    um_marks_fini(&ma);
    um_marks_fini(&mb);
    return err;
}
