/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See table.h. Buckets are few and short: what is looked for is found by
 * looking at all. Failure modes: limits, each of which keeps who is there.
 */
#include "proto/kad/table.h"

#include "base/mem.h"

void p2p__kad_table_init(struct p2p__kad_table *t,
                         const struct p2p_peer_id *self,
                         const struct p2p__kad_table_limits *limits)
{
    *t = (struct p2p__kad_table){.self = *self, .limits = *limits};
    if (t->limits.group == 0) {
        t->limits.group = P2P__CAP_KAD_TABLE_GROUP;
    }
    if (t->limits.bucket_group == 0) {
        t->limits.bucket_group = P2P__CAP_KAD_BUCKET_GROUP;
    }
    p2p__kad_key_of(self->bytes, self->len, &t->key);
    for (unsigned i = 0; i < P2P__KAD_BUCKETS; i++) {
        p2p__list_init(&t->buckets[i]);
    }
}

static struct p2p__kad_entry *of(struct p2p__list *link)
{
    return P2P__CONTAINER(link, struct p2p__kad_entry, link);
}

static unsigned bucket_of(const struct p2p__kad_table *t,
                          const struct p2p__kad_key *key)
{
    const unsigned common = p2p__kad_common(&t->key, key);

    return common < P2P__KAD_BUCKETS ? common : P2P__KAD_BUCKETS - 1;
}

static struct p2p__kad_entry *find_key(const struct p2p__kad_table *t,
                                       const struct p2p__kad_key *key)
{
    P2P__LIST_EACH (it, &t->buckets[bucket_of(t, key)]) {
        if (memcmp(&of(it)->key, key, sizeof *key) == 0) {
            return of(it);
        }
    }
    return NULL;
}

static struct p2p__kad_entry *find(const struct p2p__kad_table *t,
                                   const struct p2p_peer_id *id)
{
    struct p2p__kad_key key;

    p2p__kad_key_of(id->bytes, id->len, &key);
    return find_key(t, &key);
}

static void drop(struct p2p__kad_table *t, struct p2p__kad_entry *e)
{
    const unsigned bucket = bucket_of(t, &e->key);

    assert(t->count > 0 && t->counts[bucket] > 0);
    p2p__list_remove(&e->link);
    t->counts[bucket]--;
    t->count--;
    t->changes++;
    p2p__free(e);
}

void p2p__kad_table_fini(struct p2p__kad_table *t)
{
    for (unsigned i = 0; i < P2P__KAD_BUCKETS; i++) {
        while (!p2p__list_empty(&t->buckets[i])) {
            drop(t, of(t->buckets[i].next));
        }
    }
    assert(t->count == 0);
}

/* How many of a bucket, but for `except`, are near an address. */
static uint32_t near_of(const struct p2p__kad_table *t, unsigned bucket,
                        const struct p2p__addr *at,
                        const struct p2p__kad_entry *except)
{
    uint32_t n = 0;

    P2P__LIST_EACH (it, &t->buckets[bucket]) {
        assert(it != NULL);
        n += of(it) != except && p2p__kad_same_net(&of(it)->peer.at, at);
    }
    return n;
}

/* Whether enough entries are near an address already. */
static bool is_crowded(const struct p2p__kad_table *t, unsigned bucket,
                       const struct p2p__addr *at,
                       const struct p2p__kad_entry *except)
{
    uint32_t n = 0;

    if (p2p__addr_class(at) != P2P__ADDR_PUBLIC) {
        return false;
    }
    for (unsigned i = 0; i < P2P__KAD_BUCKETS; i++) {
        n += near_of(t, i, at, except);
    }
    return n >= t->limits.group ||
           near_of(t, bucket, at, except) >= t->limits.bucket_group;
}

/* One of a full bucket that is worth less than a newcomer; NULL: none. */
static struct p2p__kad_entry *worst_of(const struct p2p__kad_table *t,
                                       unsigned bucket, p2p_ns now)
{
    P2P__LIST_EACH (it, &t->buckets[bucket]) {
        if (of(it)->failures > 0) {
            return of(it);
        }
    }
    P2P__LIST_EACH (it, &t->buckets[bucket]) {
        if (p2p__ns_after(of(it)->heard, P2P__KAD_STALE) <= now) {
            return of(it);
        }
    }
    return NULL;
}

/* An entry was heard of. */
static void touch(struct p2p__kad_table *t, struct p2p__kad_entry *e,
                  p2p_ns now)
{
    assert(!p2p__list_empty(&e->link));
    e->heard = now;
    e->failures = 0;
    p2p__list_remove(&e->link);
    p2p__list_push(&t->buckets[bucket_of(t, &e->key)], &e->link);
}

static int renew(struct p2p__kad_table *t, struct p2p__kad_entry *e,
                 const struct p2p__kad_peer *peer, p2p_ns now)
{
    if (!p2p__addr_same_ip(&e->peer.at, &peer->at) &&
        is_crowded(t, bucket_of(t, &e->key), &peer->at, e)) {
        drop(t, e); /* it moved to where there are enough */
        return P2P_ELIMIT;
    }
    e->peer = *peer;
    touch(t, e, now);
    return 0;
}

/* Makes room in a bucket. 0, or P2P_ELIMIT: there are better ones. */
static int make_room(struct p2p__kad_table *t, unsigned bucket, p2p_ns now)
{
    struct p2p__kad_entry *worst;

    if (t->counts[bucket] < P2P__KAD_K) {
        return 0;
    }
    assert(t->counts[bucket] == P2P__KAD_K);
    worst = worst_of(t, bucket, now);
    if (worst == NULL) {
        return P2P_ELIMIT;
    }
    drop(t, worst);
    return 0;
}

int p2p__kad_table_met(struct p2p__kad_table *t,
                       const struct p2p__kad_peer *peer, p2p_ns now)
{
    struct p2p__kad_entry *e = find(t, &peer->id);
    struct p2p__kad_key key;
    unsigned bucket;
    int rv;

    if (p2p_peer_id_equal(&peer->id, &t->self)) {
        return P2P_ESELF;
    }
    if (e != NULL) {
        return renew(t, e, peer, now);
    }
    p2p__kad_key_of(peer->id.bytes, peer->id.len, &key);
    bucket = bucket_of(t, &key);
    if (is_crowded(t, bucket, &peer->at, NULL)) {
        return P2P_ELIMIT;
    }
    rv = make_room(t, bucket, now);
    if (rv != 0) {
        return rv;
    }
    e = p2p__zalloc(sizeof *e);
    if (e == NULL) {
        return P2P_ENOMEM;
    }
    e->peer = *peer;
    e->key = key;
    e->heard = now;
    p2p__list_push(&t->buckets[bucket], &e->link);
    t->counts[bucket]++;
    t->count++;
    t->changes++;
    return 0;
}

bool p2p__kad_table_heard(struct p2p__kad_table *t,
                          const struct p2p_peer_id *id, p2p_ns now)
{
    struct p2p__kad_entry *e = find(t, id);

    if (e != NULL) {
        touch(t, e, now);
    }
    return e != NULL;
}

void p2p__kad_table_drop(struct p2p__kad_table *t, const struct p2p_peer_id *id)
{
    struct p2p__kad_entry *e = find(t, id);

    if (e != NULL) {
        drop(t, e);
    }
}

void p2p__kad_table_failed(struct p2p__kad_table *t,
                           const struct p2p_peer_id *id)
{
    struct p2p__kad_entry *e = find(t, id);

    if (e != NULL && ++e->failures >= P2P__KAD_FAILURES) {
        drop(t, e);
    }
}

const struct p2p__kad_entry *p2p__kad_table_find(const struct p2p__kad_table *t,
                                                 const struct p2p_peer_id *id)
{
    return find(t, id);
}

/* Puts an entry among those that are nearest so far. */
static void place(const struct p2p__kad_key *target,
                  const struct p2p__kad_entry *out[P2P__KAD_K], size_t *n,
                  const struct p2p__kad_entry *e)
{
    size_t at = *n;

    assert(at <= P2P__KAD_K);
    while (at > 0 && p2p__kad_compare(target, &e->key, &out[at - 1]->key) < 0) {
        at--;
    }
    if (at == P2P__KAD_K) {
        return;
    }
    *n = p2p__min(*n + 1, P2P__KAD_K);
    for (size_t i = *n - 1; i > at; i--) {
        out[i] = out[i - 1];
    }
    out[at] = e;
}

/* The nearest of those that failed, or did not. */
static size_t collect(const struct p2p__kad_table *t,
                      const struct p2p__kad_key *target, bool failed,
                      const struct p2p_peer_id *except,
                      const struct p2p__kad_entry *out[P2P__KAD_K])
{
    size_t n = 0;

    for (unsigned i = 0; i < P2P__KAD_BUCKETS; i++) {
        P2P__LIST_EACH (it, &t->buckets[i]) {
            if ((of(it)->failures > 0) == failed &&
                (except == NULL ||
                 !p2p_peer_id_equal(&of(it)->peer.id, except))) {
                place(target, out, &n, of(it));
            }
        }
    }
    return n;
}

size_t p2p__kad_table_nearest(const struct p2p__kad_table *t,
                              const struct p2p__kad_key *target,
                              const struct p2p_peer_id *except,
                              const struct p2p__kad_entry *out[P2P__KAD_K])
{
    return collect(t, target, false, except, out);
}

size_t p2p__kad_table_seeds(const struct p2p__kad_table *t,
                            const struct p2p__kad_key *target,
                            const struct p2p__kad_entry *out[P2P__KAD_K])
{
    const struct p2p__kad_entry *more[P2P__KAD_K];
    size_t n = collect(t, target, false, NULL, out);
    const size_t failed =
        p2p__min(P2P__KAD_K - n, collect(t, target, true, NULL, more));

    for (size_t i = 0; i < failed; i++) {
        out[n++] = more[i];
    }
    return n;
}

uint32_t p2p__kad_table_good(const struct p2p__kad_table *t)
{
    uint32_t n = 0;

    for (unsigned i = 0; i < P2P__KAD_BUCKETS; i++) {
        P2P__LIST_EACH (it, &t->buckets[i]) {
            n += of(it)->failures == 0;
        }
    }
    return n;
}

const struct p2p__kad_entry *p2p__kad_table_unheard(
    const struct p2p__kad_table *t, p2p_ns since)
{
    for (unsigned i = 0; i < P2P__KAD_BUCKETS; i++) {
        struct p2p__list *link = p2p__list_first(&t->buckets[i]);

        if (link != NULL && of(link)->heard < since) {
            return of(link);
        }
    }
    return NULL;
}

void p2p__kad_table_looked(struct p2p__kad_table *t,
                           const struct p2p__kad_key *target, p2p_ns now)
{
    t->looked[bucket_of(t, target)] = now;
}

unsigned p2p__kad_table_depth(const struct p2p__kad_table *t)
{
    unsigned end = P2P__KAD_BUCKETS;

    while (end > 0 && t->counts[end - 1] == 0) {
        end--;
    }
    return end <= P2P__KAD_REFRESH_BITS ? end : P2P__KAD_REFRESH_BITS + 1;
}

bool p2p__kad_table_wants(const struct p2p__kad_table *t,
                          const struct p2p__kad_key *key, p2p_ns now)
{
    const unsigned bucket = bucket_of(t, key);

    return find_key(t, key) == NULL &&
           (t->counts[bucket] < P2P__KAD_K || worst_of(t, bucket, now) != NULL);
}

bool p2p__kad_table_dull(const struct p2p__kad_table *t, p2p_ns since,
                         unsigned end, unsigned *bucket)
{
    const unsigned depth = p2p__kad_table_depth(t);

    for (unsigned i = 0; i < end && i < depth; i++) {
        if (t->counts[i] < P2P__KAD_K && t->looked[i] < since) {
            *bucket = i;
            return true;
        }
    }
    return false;
}
