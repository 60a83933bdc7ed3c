/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Slabs and the slices that point into them. */
#include "base/slice.h"

#include "base/mem.h"

/* A slice that is smaller than its slab by more than this is copied. */
#define PIN_FACTOR 4U

struct p2p__slab *p2p__slab_new(size_t cap)
{
    struct p2p__slab *slab;

    if (cap > UINT32_MAX - sizeof *slab) {
        return NULL;
    }
    slab = p2p__alloc(sizeof *slab + cap);
    if (slab != NULL) {
        slab->refs = 1;
        slab->cap = (uint32_t)cap;
    }
    return slab;
}

struct p2p__slab *p2p__slab_ref(struct p2p__slab *slab)
{
    assert(slab->refs > 0 && slab->refs < UINT32_MAX);
    slab->refs++;
    return slab;
}

void p2p__slab_unref(struct p2p__slab *slab)
{
    if (slab == NULL) {
        return;
    }
    assert(slab->refs > 0);
    if (--slab->refs == 0) {
        p2p__free(slab);
    }
}

/* Whether keeping `s` takes a reference rather than a copy. */
static bool by_reference(const struct p2p__slice *s)
{
    return s->slab != NULL && s->len >= s->slab->cap / PIN_FACTOR;
}

size_t p2p__slice_cost(const struct p2p__slice *s)
{
    return by_reference(s) ? s->slab->cap : s->len;
}

int p2p__slice_keep(const struct p2p__slice *s, struct p2p__slice *out)
{
    assert(out != s);
    *out = (struct p2p__slice){0};
    if (s->len == 0) {
        return 0;
    }
    if (by_reference(s)) {
        *out = *s;
        p2p__slab_ref(s->slab);
        return 0;
    }
    out->slab = p2p__slab_new(s->len);
    if (out->slab == NULL) {
        return P2P_ENOMEM;
    }
    out->p = out->slab->data;
    out->len = s->len;
    memcpy(out->p, s->p, s->len);
    return 0;
}

void p2p__slice_drop(struct p2p__slice *s)
{
    p2p__slab_unref(s->slab);
    *s = (struct p2p__slice){0};
}
