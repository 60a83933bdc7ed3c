/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ngtcp2's heap: the library's own, with the size in front of each block, so
 * that what is freed can be given back to the quota. Where the quota says no,
 * ngtcp2 is out of memory, and the connection ends with P2P_ELIMIT.
 */
#include "base/mem.h"
#include "mux/quic/priv.h"

/* In front of a block; as large as the strictest alignment. */
union head {
    size_t size;
    max_align_t align;
};

static int take(struct p2p__quic *q, size_t size)
{
    int rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, size);

    if (rv != 0) {
        q->refusal = rv;
    }
    return rv;
}

static void *mem_realloc(void *ptr, size_t size, void *user)
{
    struct p2p__quic *q = user;
    union head *old = ptr == NULL ? NULL : (union head *)ptr - 1;
    size_t had = old == NULL ? 0 : old->size;
    size_t want = size + sizeof *old;
    union head *h;

    if (size > SIZE_MAX / 2 || (want > had && take(q, want - had) != 0)) {
        return NULL;
    }
    h = p2p__realloc(old, want);
    if (h == NULL) {
        q->refusal = P2P_ENOMEM;
        p2p__quota_give(q->quota, P2P__Q_MEMORY, want > had ? want - had : 0);
        return NULL;
    }
    p2p__quota_give(q->quota, P2P__Q_MEMORY, want < had ? had - want : 0);
    h->size = want;
    return h + 1;
}

static void *mem_malloc(size_t size, void *user)
{
    return mem_realloc(NULL, size, user);
}

static void *mem_calloc(size_t n, size_t size, void *user)
{
    void *p = size > 0 && n > SIZE_MAX / 2 / size
                  ? NULL
                  : mem_realloc(NULL, n * size, user);

    return p == NULL ? NULL : memset(p, 0, n * size);
}

static void mem_free(void *ptr, void *user)
{
    struct p2p__quic *q = user;
    union head *h;

    if (ptr == NULL) {
        return;
    }
    h = (union head *)ptr - 1;
    assert(h->size >= sizeof *h);
    p2p__quota_give(q->quota, P2P__Q_MEMORY, h->size);
    p2p__free(h);
}

void p2p__quic_mem_init(struct p2p__quic *q)
{
    q->mem = (ngtcp2_mem){.user_data = q,
                          .malloc = mem_malloc,
                          .free = mem_free,
                          .calloc = mem_calloc,
                          .realloc = mem_realloc};
}
