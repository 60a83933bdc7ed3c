/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See shelf.h. A digest knows as the how many-th an id came, and finds it in a
 * bucket that is sorted: so it is the index of the envelopes as well, and
 * nobody can choose ids that are slow to find. Envelopes lie in an arena and
 * never move; rows are replaced, so each has memory of its own.
 *
 * Without memory nothing changes, but that the arena may have an envelope that
 * nothing points to.
 */
#include "mesh/node/shelf.h"

#include <assert.h>

#include "mesh/base/arena.h"
#include "mesh/base/mem.h"
#include "mesh/trust/row.h"
#include "p2p/err.h"

enum { FIRST = 64 };

/* One of the three sets. */
struct part {
    struct um_digest digest;
    struct um_str *envelopes; /* in the order of the digest */
    size_t cap;
};

struct um_shelf {
    struct part parts[UM_SYNC_SETS];
    struct um_arena arena;
    struct um_shelf_row *rows; /* ascending by member */
    size_t rows_n;
    size_t rows_cap;
};

struct um_shelf *um_shelf_new(void)
{
    struct um_shelf *s = um_mem_zalloc(sizeof *s);

    if (s == NULL)
        return NULL;
    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        um_digest_init(&s->parts[i].digest);
    um_arena_init(&s->arena);
    return s;
}

static void free_envelope(struct um_str *envelope)
{
    um_mem_free((void *)(uintptr_t)envelope->p);
}

void um_shelf_free(struct um_shelf *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        um_digest_fini(&s->parts[i].digest);
        um_mem_free(s->parts[i].envelopes);
    }
    for (size_t i = 0; i < s->rows_n; i++)
        free_envelope(&s->rows[i].envelope);
    um_mem_free(s->rows);
    um_arena_fini(&s->arena);
    um_mem_free(s);
}

enum um_sync_set um_shelf_set(enum um_kind kind)
{
    assert(kind == UM_REVISION || kind == UM_FACT || kind == UM_STATEMENT);
    if (kind == UM_REVISION)
        return UM_SYNC_REVISIONS;
    return kind == UM_FACT ? UM_SYNC_FACTS : UM_SYNC_ROSTER;
}

/* Makes room for one more of `size` bytes. */
static int grow(void **p, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? FIRST : 2 * *cap;
    void *q;

    if (n < *cap)
        return 0;
    q = um_mem_realloc(*p, more * size);
    if (q == NULL)
        return P2P_ENOMEM;
    *p = q;
    *cap = more;
    return 0;
}

int um_shelf_add(struct um_shelf *s, enum um_kind kind,
                 const struct um_name *id, struct um_str envelope)
{
    struct part *part = &s->parts[um_shelf_set(kind) - 1];
    size_t n = um_digest_count(&part->digest);
    void *envelopes = part->envelopes;
    struct um_str copy;
    int err;

    if (um_digest_has(&part->digest, id))
        return P2P_EDUP;
    err = grow(&envelopes, n, &part->cap, sizeof copy);
    part->envelopes = envelopes;
    if (err != 0 || !um_arena_dup(&s->arena, envelope, &copy))
        return P2P_ENOMEM;
    part->envelopes[n] = copy;
    return um_digest_add(&part->digest, id);
}

struct um_str um_shelf_get(const struct um_shelf *s, const struct um_name *id)
{
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        size_t place = um_digest_find(&s->parts[i].digest, id);

        if (place != SIZE_MAX)
            return s->parts[i].envelopes[place];
    }
    return (struct um_str){NULL, 0};
}

struct um_digest *um_shelf_digest(struct um_shelf *s, enum um_sync_set set)
{
    assert(set >= UM_SYNC_ROSTER && set <= UM_SYNC_FACTS);
    return &s->parts[set - 1].digest;
}

const struct um_digest *um_shelf_digest_of(const struct um_shelf *s,
                                           enum um_sync_set set)
{
    assert(set >= UM_SYNC_ROSTER && set <= UM_SYNC_FACTS);
    return &s->parts[set - 1].digest;
}

/* Where a member's row is, or belongs. */
static size_t find_row(const struct um_shelf *s, const struct um_name *member,
                       bool *found)
{
    size_t lo = 0;
    size_t hi = s->rows_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (um_name_cmp(&s->rows[mid].member, member) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < s->rows_n && um_name_eq(&s->rows[lo].member, member);
    return lo;
}

/* Makes room for a row at a place. */
static int open_place(struct um_shelf *s, size_t i)
{
    void *rows = s->rows;
    int err;

    if (s->rows_n >= UM__CAP_SHELF_ROWS)
        return P2P_ELIMIT;
    err = grow(&rows, s->rows_n, &s->rows_cap, sizeof *s->rows);
    s->rows = rows;
    if (err != 0)
        return err;
    memmove(&s->rows[i + 1], &s->rows[i], (s->rows_n - i) * sizeof *s->rows);
    s->rows[i].envelope = (struct um_str){NULL, 0};
    s->rows_n++;
    return 0;
}

int um_shelf_row(struct um_shelf *s, const struct um_shelf_row *row)
{
    bool found;
    size_t i = find_row(s, &row->member, &found);
    char *copy;
    int err = 0;

    if (found && row->seq <= s->rows[i].seq)
        return P2P_EDUP;
    copy = um_mem_alloc(row->envelope.len);
    if (copy == NULL)
        return P2P_ENOMEM;
    if (!found)
        err = open_place(s, i);
    if (err != 0) {
        um_mem_free(copy);
        return err;
    }
    if (row->envelope.len > 0)
        memcpy(copy, row->envelope.p, row->envelope.len);
    free_envelope(&s->rows[i].envelope);
    s->rows[i] = *row;
    s->rows[i].envelope.p = copy;
    return 0;
}

const struct um_shelf_row *um_shelf_row_at(const struct um_shelf *s, size_t i)
{
    return i < s->rows_n ? &s->rows[i] : NULL;
}

const struct um_shelf_row *um_shelf_row_of(const struct um_shelf *s,
                                           const struct um_name *member)
{
    bool found;
    size_t i = find_row(s, member, &found);

    return found ? &s->rows[i] : NULL;
}

/* Whether its own signature is its member's. */
static bool holds(const struct um_shelf_row *kept)
{
    struct um_row row;

    return um_row_open(kept->envelope, &row) == 0 &&
           um_name_eq(&row.by, &kept->member);
}

const struct um_shelf_row *um_shelf_row_proven(struct um_shelf *s,
                                               const struct um_name *member)
{
    bool found;
    size_t i = find_row(s, member, &found);
    struct um_shelf_row *row = found ? &s->rows[i] : NULL;

    if (row == NULL || !row->believed)
        return row;
    if (holds(row)) {
        row->believed = false;
        return row;
    }
    free_envelope(&row->envelope);
    s->rows_n--;
    memmove(row, row + 1, (s->rows_n - i) * sizeof *row);
    return NULL;
}
