/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See digest.h. A bucket is an array of places, ascending by id, so an
 * insertion moves four bytes a neighbour; its digest is made when somebody
 * asks, of the ids laid side by side in memory that was found when they were
 * added. So asking never fails.
 */
#include "mesh/sync/digest.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* The first sizes of what grows by doubling. */
enum { FIRST_IDS = 64, FIRST_IN_BUCKET = 8 };

void um_digest_init(struct um_digest *d)
{
    memset(d, 0, sizeof *d);
    memset(d->dirty, true, sizeof d->dirty);
    d->any_dirty = true;
}

void um_digest_fini(struct um_digest *d)
{
    for (unsigned i = 0; i < UM_SYNC_BUCKETS; i++)
        um_mem_free(d->buckets[i].at);
    um_mem_free(d->ids);
    um_mem_free(d->scratch);
    memset(d, 0, sizeof *d);
}

/* Where an id is in its bucket, or belongs. */
static uint32_t find(const struct um_digest *d,
                     const struct um_digest_bucket *b, const struct um_name *id,
                     bool *found)
{
    uint32_t lo = 0;
    uint32_t hi = b->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (um_name_cmp(&d->ids[b->at[mid]], id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = lo < b->n && um_name_eq(&d->ids[b->at[lo]], id);
    return lo;
}

size_t um_digest_find(const struct um_digest *d, const struct um_name *id)
{
    const struct um_digest_bucket *b = &d->buckets[id->b[0]];
    bool found;
    uint32_t i = find(d, b, id, &found);

    return found ? b->at[i] : SIZE_MAX;
}

bool um_digest_has(const struct um_digest *d, const struct um_name *id)
{
    return um_digest_find(d, id) != SIZE_MAX;
}

/* Makes room for one more. */
static int grow(void **p, size_t n, size_t *cap, size_t first, size_t size)
{
    size_t more = *cap == 0 ? first : 2 * *cap;
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

static int grow_all(struct um_digest *d, struct um_digest_bucket *b)
{
    void *ids = d->ids;
    void *at = b->at;
    void *scratch = d->scratch;
    size_t cap = b->cap;
    int err = grow(&ids, d->n, &d->cap, FIRST_IDS, sizeof *d->ids);

    d->ids = ids;
    if (err == 0)
        err = grow(&at, b->n, &cap, FIRST_IN_BUCKET, sizeof *b->at);
    b->at = at;
    b->cap = (uint32_t)cap;
    if (err == 0)
        err = grow(&scratch, b->n, &d->scratch_cap, FIRST_IN_BUCKET,
                   sizeof *d->scratch);
    d->scratch = scratch;
    return err;
}

int um_digest_add(struct um_digest *d, const struct um_name *id)
{
    struct um_digest_bucket *b = &d->buckets[id->b[0]];
    bool found;
    uint32_t i = find(d, b, id, &found);

    if (found)
        return P2P_EDUP;
    if (d->n >= UINT32_MAX)
        return P2P_ELIMIT;
    if (grow_all(d, b) != 0)
        return P2P_ENOMEM;
    memmove(&b->at[i + 1], &b->at[i], (b->n - i) * sizeof *b->at);
    b->at[i] = (uint32_t)d->n;
    b->n++;
    d->ids[d->n++] = *id;
    d->dirty[id->b[0]] = true;
    d->any_dirty = true;
    return 0;
}

static void renew_bucket(struct um_digest *d, unsigned i)
{
    const struct um_digest_bucket *b = &d->buckets[i];

    assert(b->n <= d->scratch_cap);
    for (uint32_t k = 0; k < b->n; k++)
        d->scratch[k] = d->ids[b->at[k]];
    p2p_sha256(d->scratch, b->n * sizeof *d->scratch, d->digests[i].b);
    d->dirty[i] = false;
}

static void renew(struct um_digest *d)
{
    if (!d->any_dirty)
        return;
    for (unsigned i = 0; i < UM_SYNC_BUCKETS; i++) {
        if (d->dirty[i])
            renew_bucket(d, i);
    }
    p2p_sha256(d->digests, sizeof d->digests, d->root.b);
    d->any_dirty = false;
}

const struct um_name *um_digest_buckets(struct um_digest *d)
{
    renew(d);
    return d->digests;
}

struct um_name um_digest_root(struct um_digest *d)
{
    renew(d);
    return d->root;
}
