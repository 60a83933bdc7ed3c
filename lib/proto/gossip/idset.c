/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A ring of fingerprints with a table of chains.
 *
 * The happy path: add appends to the ring, get walks a chain of about one,
 * expire takes from the front. Possible failure modes: no memory or quota to
 * grow, which only makes the memory of the past shorter.
 */
#include "proto/gossip/idset.h"

#include "base/mem.h"

#define FIRST_ROOM 16U
#define NONE       UINT32_MAX

void p2p__gossip_idset_init(struct p2p__gossip_idset *s,
                            struct p2p__quota *quota, uint32_t max)
{
    assert(max >= FIRST_ROOM && (max & (max - 1)) == 0);
    *s = (struct p2p__gossip_idset){.quota = quota, .max = max};
}

static size_t bytes_of(uint32_t room)
{
    return (size_t)room *
           (sizeof(struct p2p__gossip_id_entry) + sizeof(uint32_t));
}

void p2p__gossip_idset_fini(struct p2p__gossip_idset *s)
{
    p2p__free(s->ring);
    p2p__free(s->heads);
    p2p__quota_give(s->quota, P2P__Q_MEMORY, bytes_of(s->room));
    s->ring = NULL;
    s->heads = NULL;
    s->room = 0;
    s->first = 0;
    s->count = 0;
}

/* The fingerprint is uniform: any bits of it will do. */
static uint32_t *chain_of(const struct p2p__gossip_idset *s,
                          const struct p2p__gossip_fp *fp)
{
    return &s->heads[fp->w[0] & (s->room - 1)];
}

struct p2p__gossip_id_entry *p2p__gossip_idset_get(
    const struct p2p__gossip_idset *s, const struct p2p__gossip_fp *fp)
{
    if (s->count == 0) {
        return NULL;
    }
    for (uint32_t i = *chain_of(s, fp); i != NONE; i = s->ring[i].next) {
        if (p2p__gossip_fp_equal(&s->ring[i].fp, fp)) {
            return &s->ring[i];
        }
    }
    return NULL;
}

/* Forgets the oldest entry. */
static void pop(struct p2p__gossip_idset *s)
{
    uint32_t *at;

    assert(s->count > 0);
    at = chain_of(s, &s->ring[s->first].fp);
    while (*at != s->first) {
        assert(*at != NONE);
        at = &s->ring[*at].next;
    }
    *at = s->ring[s->first].next;
    s->first = (s->first + 1) & (s->room - 1);
    s->count--;
}

/* Appends; there is room. */
static void push(struct p2p__gossip_idset *s,
                 const struct p2p__gossip_id_entry *e)
{
    uint32_t at = (s->first + s->count) & (s->room - 1);
    uint32_t *chain;

    assert(s->count < s->room);
    s->ring[at] = *e;
    chain = chain_of(s, &e->fp);
    s->ring[at].next = *chain;
    *chain = at;
    s->count++;
}

/* Moves to another size; entries fit. */
static int resize(struct p2p__gossip_idset *s, uint32_t room)
{
    struct p2p__gossip_idset old = *s;

    assert(room >= s->count);
    if (p2p__quota_take(s->quota, P2P__Q_MEMORY, bytes_of(room)) != 0) {
        return P2P_ELIMIT;
    }
    s->ring = p2p__alloc(room * sizeof *s->ring);
    s->heads = p2p__alloc(room * sizeof *s->heads);
    if (s->ring == NULL || s->heads == NULL) {
        p2p__free(s->ring);
        p2p__free(s->heads);
        p2p__quota_give(s->quota, P2P__Q_MEMORY, bytes_of(room));
        *s = old;
        return P2P_ENOMEM;
    }
    memset(s->heads, 0xff, room * sizeof *s->heads);
    s->room = room;
    s->first = 0;
    s->count = 0;
    for (uint32_t i = 0; i < old.count; i++) {
        push(s, &old.ring[(old.first + i) & (old.room - 1)]);
    }
    p2p__gossip_idset_fini(&old);
    return 0;
}

int p2p__gossip_idset_add(struct p2p__gossip_idset *s,
                          const struct p2p__gossip_fp *fp, uint64_t stamp)
{
    const struct p2p__gossip_id_entry e = {.fp = *fp, .stamp = stamp};
    int rv = 0;

    assert(p2p__gossip_idset_get(s, fp) == NULL);
    if (s->room == 0) {
        rv = resize(s, FIRST_ROOM);
    } else if (s->count == s->room && s->room < s->max) {
        (void)resize(s, s->room * 2);
    }
    if (rv != 0) {
        return rv;
    }
    if (s->count == s->room) {
        pop(s);
    }
    push(s, &e);
    return 0;
}

void p2p__gossip_idset_expire(struct p2p__gossip_idset *s, uint64_t stamp)
{
    while (s->count > 0 && s->ring[s->first].stamp < stamp) {
        pop(s);
    }
    if (s->count == 0) {
        p2p__gossip_idset_fini(s);
    } else if (s->room > FIRST_ROOM && s->count <= s->room / 8) {
        (void)resize(s, s->room / 2);
    }
}
