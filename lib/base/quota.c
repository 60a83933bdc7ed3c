/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The quota tree: see quota.h. A take walks to the root twice at most. */
#include "base/quota.h"

void p2p__quota_init(struct p2p__quota *q, struct p2p__quota *parent,
                     const char *name)
{
    *q = (struct p2p__quota){.parent = parent, .name = name};
    for (size_t i = 0; i < P2P__Q_COUNT; i++) {
        q->limit[i] = P2P__Q_UNLIMITED;
    }
}

void p2p__quota_fini(struct p2p__quota *q)
{
    for (size_t i = 0; i < P2P__Q_COUNT; i++) {
        assert(q->used[i] == 0);
    }
    q->parent = NULL;
}

/* Counts a refusal: where it was, and for those who look from above. */
static int refuse(struct p2p__quota *q, struct p2p__quota *asked,
                  enum p2p__quota_kind k)
{
    struct p2p__quota *root = q;

    q->refused++;
    while (root->parent != NULL) {
        root = root->parent;
        root->refused_below++;
    }
    if (root->watch != NULL) {
        root->watch->refused(root->watch, q, asked, k);
    }
    return P2P_ELIMIT;
}

int p2p__quota_take(struct p2p__quota *q, enum p2p__quota_kind k, uint64_t n)
{
    for (struct p2p__quota *s = q; s != NULL; s = s->parent) {
        if (s->used[k] > s->limit[k] || n > s->limit[k] - s->used[k]) {
            return refuse(s, q, k);
        }
    }
    for (struct p2p__quota *s = q; s != NULL; s = s->parent) {
        s->used[k] += n;
    }
    return 0;
}

void p2p__quota_give(struct p2p__quota *q, enum p2p__quota_kind k, uint64_t n)
{
    for (struct p2p__quota *s = q; s != NULL; s = s->parent) {
        assert(s->used[k] >= n);
        s->used[k] -= n;
    }
}

int p2p__quota_move(struct p2p__quota *q, struct p2p__quota *to)
{
    for (size_t i = 0; i < P2P__Q_COUNT; i++) {
        if (to->used[i] > to->limit[i] ||
            q->used[i] > to->limit[i] - to->used[i]) {
            return refuse(to, q, (enum p2p__quota_kind)i);
        }
    }
    assert(to->parent == q->parent || to->parent == q->parent->parent);
    for (size_t i = 0; i < P2P__Q_COUNT; i++) {
        to->used[i] += q->used[i];
        if (to->parent != q->parent) {
            q->parent->used[i] -= q->used[i];
        }
    }
    q->parent = to;
    return 0;
}

uint64_t p2p__quota_room(const struct p2p__quota *q, enum p2p__quota_kind k)
{
    uint64_t room = P2P__Q_UNLIMITED;

    for (const struct p2p__quota *s = q; s != NULL; s = s->parent) {
        uint64_t here = s->used[k] > s->limit[k] ? 0 : s->limit[k] - s->used[k];

        room = here < room ? here : room;
    }
    return room;
}

uint64_t p2p__quota_most(const struct p2p__quota *q, enum p2p__quota_kind k)
{
    uint64_t most = P2P__Q_UNLIMITED;

    for (const struct p2p__quota *s = q; s != NULL; s = s->parent) {
        most = s->limit[k] < most ? s->limit[k] : most;
    }
    return most;
}

const char *p2p__quota_kind_text(enum p2p__quota_kind k)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        P2P__QUOTA_MAP(TEXT)
#undef TEXT
    };

    assert((size_t)k < P2P__COUNT(texts));
    return texts[k];
}
