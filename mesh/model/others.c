/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See others.h. */
#include "mesh/model/others.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

enum { FIRST = 8 };

void um_others_fini(struct um_others *r)
{
    for (size_t i = 0; i < r->n; i++)
        um_mem_free(r->list[i]);
    um_mem_free(r->list);
    *r = (struct um_others){0};
}

/* Where the row of a member is, or belongs. */
static size_t index_of(const struct um_others *r, const struct um_name *member)
{
    size_t lo = 0, hi = r->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (um_name_cmp(&r->list[mid]->row.by, member) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool is_of(const struct um_others *r, size_t i,
                  const struct um_name *member)
{
    return i < r->n && um_name_eq(&r->list[i]->row.by, member);
}

const struct um_heard *um_others_find(const struct um_others *r,
                                      const struct um_name *member)
{
    size_t i = index_of(r, member);

    return is_of(r, i, member) ? r->list[i] : NULL;
}

static int grow(struct um_others *r)
{
    size_t cap = r->cap == 0 ? FIRST : 2 * r->cap;
    struct um_heard **more;

    if (r->n < r->cap)
        return 0;
    more = um_mem_realloc(r->list, cap * sizeof(struct um_heard *));
    if (more == NULL)
        return P2P_ENOMEM;
    r->list = more;
    r->cap = cap;
    return 0;
}

/* The bytes and what they say, in one block. */
static int copy(struct um_str envelope, struct um_heard **out)
{
    struct um_heard *h = um_mem_alloc(sizeof *h + envelope.len);
    int err;

    if (h == NULL)
        return P2P_ENOMEM;
    h->envelope.p = memcpy(h + 1, envelope.p, envelope.len);
    h->envelope.len = envelope.len;
    err = um_row_read(h->envelope, &h->row);
    if (err != 0)
        um_mem_free(h);
    else
        *out = h;
    return err;
}

/* Forgets the rows of who is no member any more. */
static void purge(struct um_others *r, struct um_roster *roster)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        if ((um_roster_roles(roster, &r->list[i]->row.by) & UM_NODE) != 0)
            r->list[n++] = r->list[i];
        else
            um_mem_free(r->list[i]);
    }
    r->n = n;
}

/* Whether a row counts. */
static int judge(struct um_others *r, struct um_roster *roster,
                 const struct um_row *row)
{
    const struct um_heard *old = um_others_find(r, &row->by);

    if (!um_name_eq(&row->mesh, &roster->mesh))
        return P2P_EPEER;
    if ((um_roster_roles(roster, &row->by) & UM_NODE) == 0)
        return P2P_EACCES;
    if (old != NULL && row->seq <= old->row.seq)
        return P2P_EDUP;
    if (old == NULL && r->n >= UM__CAP_OTHERS)
        purge(r, roster);
    return old == NULL && r->n >= UM__CAP_OTHERS ? P2P_ELIMIT : 0;
}

static int put(struct um_others *r, struct um_heard *h)
{
    size_t i = index_of(r, &h->row.by);
    int err = 0;

    if (is_of(r, i, &h->row.by)) {
        um_mem_free(r->list[i]);
        r->list[i] = h;
        return 0;
    }
    err = grow(r);
    if (err != 0)
        return err;
    assert(r->n < r->cap);
    memmove(&r->list[i + 1], &r->list[i],
            (r->n - i) * sizeof(struct um_heard *));
    r->list[i] = h;
    r->n++;
    return 0;
}

int um_others_add(struct um_others *r, struct um_roster *roster,
                  struct um_str envelope, uint64_t mono_ms)
{
    struct um_heard *h = NULL;
    int err = copy(envelope, &h);

    if (err != 0)
        return err;
    h->heard_ms = mono_ms;
    err = judge(r, roster, &h->row);
    if (err == 0)
        err = put(r, h);
    if (err != 0)
        um_mem_free(h);
    return err;
}

bool um_others_names_bad(const struct um_row *row, const struct um_name *rev)
{
    for (size_t i = 0; i < row->bad.n; i++) {
        if (um_name_eq(&row->bad.p[i], rev))
            return true;
    }
    return false;
}
