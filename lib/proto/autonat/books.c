/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See books.h. An asker is a peer or a site, with a bucket of requests, kept
 * until its bucket is full again and the place is wanted. Failure modes:
 * limits; and when all places are taken by those who asked lately, nobody new
 * is served.
 */
#include "proto/autonat/books.h"

#include "base/mem.h"
#include "wire/addr_class.h"
#include "wire/maddr.h"

#define MINUTE P2P__SEC(60)

/* What a key of the map begins with. */
#define KIND_PEER  'p'
#define KIND_SITE4 '4'
#define KIND_SITE6 '6'

struct p2p__autonat_asker {
    struct p2p__map_node node;
    struct p2p__list link;
    struct p2p__bucket bucket;
    uint32_t dials; /* under way */
    uint8_t key_len;
    uint8_t key[1 + P2P_PEER_ID_MAX];
};

#define SET_DEFAULT(member, value)    \
    do {                              \
        if (b->limits.member == 0) {  \
            b->limits.member = value; \
        }                             \
    } while (0)

/* A bucket of so many in a minute. */
static void fill(struct p2p__bucket *bucket, uint32_t per_minute)
{
    p2p__bucket_init(bucket, per_minute, MINUTE / per_minute);
}

void p2p__autonat_books_init(struct p2p__autonat_books *b,
                             const struct p2p__autonat_limits *limits,
                             const uint64_t seed[2])
{
    *b = (struct p2p__autonat_books){.limits = *limits};
    SET_DEFAULT(rate_peer, P2P__CAP_AUTONAT_RATE_PEER);
    SET_DEFAULT(rate_addr, P2P__CAP_AUTONAT_RATE_ADDR);
    SET_DEFAULT(rate_all, P2P__CAP_AUTONAT_RATE_ALL);
    SET_DEFAULT(rate_other, P2P__CAP_AUTONAT_RATE_OTHER);
    SET_DEFAULT(dials, P2P__CAP_AUTONAT_DIALS);
    SET_DEFAULT(dials_per_peer, P2P__CAP_AUTONAT_DIALS_PER_PEER);
    p2p__map_init(&b->askers, seed);
    p2p__list_init(&b->by_time);
    fill(&b->all, b->limits.rate_all);
    fill(&b->other, b->limits.rate_other);
}

static void forget(struct p2p__autonat_books *b, struct p2p__autonat_asker *a)
{
    assert(a->dials == 0);
    p2p__list_remove(&a->link);
    p2p__map_remove(&b->askers, &a->node);
    p2p__free(a);
}

static struct p2p__autonat_asker *oldest(const struct p2p__autonat_books *b)
{
    struct p2p__list *link = p2p__list_first(&b->by_time);

    return link == NULL ? NULL
                        : P2P__CONTAINER(link, struct p2p__autonat_asker, link);
}

void p2p__autonat_books_fini(struct p2p__autonat_books *b)
{
    struct p2p__autonat_asker *a = oldest(b);

    assert(b->dials == 0);
    while (a != NULL) {
        forget(b, a);
        a = oldest(b);
    }
    p2p__map_fini(&b->askers);
}

/* Whether there is room for one more, perhaps instead of one who has not asked
 * for a while. */
static bool make_room(struct p2p__autonat_books *b, p2p_ns now)
{
    if (b->askers.count < P2P__CAP_AUTONAT_ASKERS) {
        return true;
    }
    P2P__LIST_EACH (it, &b->by_time) {
        struct p2p__autonat_asker *a =
            P2P__CONTAINER(it, struct p2p__autonat_asker, link);

        if (a->dials == 0) {
            if (a->bucket.full_at > now) {
                break;
            }
            forget(b, a);
            return true;
        }
    }
    return false;
}

/* Who has this key, made if it is new; *err is P2P_ELIMIT then. NULL and *err:
 * P2P_ENOMEM, or P2P_ELIMIT. */
static struct p2p__autonat_asker *get(struct p2p__autonat_books *b,
                                      struct p2p__slice key, int *err,
                                      p2p_ns now)
{
    struct p2p__map_node *n = p2p__map_get(&b->askers, key.p, key.len);
    struct p2p__autonat_asker *a;

    *err = P2P_ELIMIT;
    if (n != NULL) {
        return P2P__CONTAINER(n, struct p2p__autonat_asker, node);
    }
    if (!make_room(b, now)) {
        return NULL;
    }
    *err = P2P_ENOMEM;
    a = p2p__zalloc(sizeof *a);
    if (a == NULL) {
        return NULL;
    }
    assert(key.len <= sizeof a->key);
    memcpy(a->key, key.p, key.len);
    a->key_len = (uint8_t)key.len;
    if (p2p__map_put(&b->askers, &a->node, a->key, a->key_len) != 0) {
        p2p__free(a);
        return NULL;
    }
    fill(&a->bucket,
         key.p[0] == KIND_PEER ? b->limits.rate_peer : b->limits.rate_addr);
    p2p__list_push(&b->by_time, &a->link);
    *err = P2P_ELIMIT;
    return a;
}

/* Takes a token of an asker, who is the last to have asked then. */
static bool take(struct p2p__autonat_books *b, struct p2p__autonat_asker *a,
                 p2p_ns now)
{
    p2p__list_remove(&a->link);
    p2p__list_push(&b->by_time, &a->link);
    return p2p__bucket_take(&a->bucket, now);
}

/* The asker that an address stands for. */
static struct p2p__autonat_asker *site_of(struct p2p__autonat_books *b,
                                          const struct p2p__addr *addr,
                                          int *err, p2p_ns now)
{
    uint8_t key[1 + 8] = {addr->family == 6 ? KIND_SITE6 : KIND_SITE4};
    const size_t len = addr->family == 6 ? 8 : 4;

    memcpy(key + 1, addr->ip, len);
    return get(b, p2p__slice_of(key, 1 + len), err, now);
}

static struct p2p__autonat_asker *peer_of(struct p2p__autonat_books *b,
                                          const struct p2p_peer_id *id,
                                          int *err, p2p_ns now)
{
    uint8_t key[1 + P2P_PEER_ID_MAX] = {KIND_PEER};

    memcpy(key + 1, id->bytes, id->len);
    return get(b, p2p__slice_of(key, 1 + id->len), err, now);
}

int p2p__autonat_books_begin(struct p2p__autonat_books *b,
                             const struct p2p_peer_id *id,
                             const struct p2p__addr *addr,
                             struct p2p__autonat_work *work, p2p_ns now)
{
    struct p2p__autonat_asker *site, *peer;
    int err = P2P_ELIMIT;

    work->peer = NULL;
    site = site_of(b, addr, &err, now);
    if (site == NULL || !take(b, site, now)) {
        return err;
    }
    peer = peer_of(b, id, &err, now);
    if (peer == NULL || !take(b, peer, now)) {
        return err;
    }
    if (b->dials >= b->limits.dials ||
        peer->dials >= b->limits.dials_per_peer ||
        !p2p__bucket_take(&b->all, now)) {
        return P2P_ELIMIT;
    }
    b->dials++;
    peer->dials++;
    work->peer = peer;
    return 0;
}

bool p2p__autonat_books_may_charge(struct p2p__autonat_books *b, p2p_ns now)
{
    return p2p__bucket_take(&b->other, now);
}

void p2p__autonat_books_end(struct p2p__autonat_books *b,
                            struct p2p__autonat_work *work)
{
    if (work->peer != NULL) {
        assert(b->dials > 0 && work->peer->dials > 0);
        b->dials--;
        work->peer->dials--;
        work->peer = NULL;
    }
}

/* Whether a waist is where a server would dial. */
static bool is_fit(const struct p2p__autonat_books *b,
                   const struct p2p__addr *from,
                   const struct p2p__maddr_waist *waist)
{
    const enum p2p__addr_class class = p2p__addr_class(&waist->addr);

    return waist->name[0] == '\0' && waist->zone[0] == '\0' &&
           waist->addr.scope == 0 && waist->addr.port != 0 &&
           (class == P2P__ADDR_PUBLIC ||
            (b->limits.private_addrs &&
             p2p__addr_class(from) != P2P__ADDR_PUBLIC &&
             (class == P2P__ADDR_PRIVATE || class == P2P__ADDR_LOOPBACK)));
}

bool p2p__autonat_may_dial(const struct p2p__autonat_books *b,
                           const struct p2p__addr *from,
                           const struct p2p_multiaddr *ma)
{
    struct p2p__maddr_waist waist;

    return ma->len > 0 && p2p__maddr_waist(ma, &waist) == 0 &&
           is_fit(b, from, &waist) &&
           !p2p__maddr_has(ma, P2P_MULTIADDR_CIRCUIT);
}

int p2p__autonat_v2_target(const struct p2p__autonat_books *b,
                           const struct p2p__addr *from,
                           struct p2p__autonat_walk *walk,
                           struct p2p_multiaddr *ma)
{
    int i = p2p__autonat_walk_next(walk, ma);

    while (i >= 0 && i < (int)P2P__CAP_AUTONAT_ADDRS_V2) {
        p2p_multiaddr_strip_peer(ma);
        if (p2p__autonat_may_dial(b, from, ma)) {
            return i;
        }
        i = p2p__autonat_walk_next(walk, ma);
    }
    return P2P_ENOTFOUND;
}

/* What a multiaddr is at another IP address: the port and what is behind it
 * stay. False: it has none, or does not fit any more. */
static bool move(struct p2p_multiaddr *ma, const struct p2p__addr *to)
{
    struct p2p__maddr_waist waist;
    struct p2p_multiaddr moved;

    if (ma->len == 0 || p2p__maddr_waist(ma, &waist) != 0 ||
        waist.name[0] != '\0') {
        return false;
    }
    waist.addr.family = to->family;
    memcpy(waist.addr.ip, to->ip, sizeof waist.addr.ip);
    waist.addr.scope = 0;
    p2p__maddr_from_addr(&waist.addr, waist.port_code, &moved);
    if (moved.len + (ma->len - waist.rest) > sizeof moved.bytes) {
        return false;
    }
    memcpy(moved.bytes + moved.len, ma->bytes + waist.rest,
           ma->len - waist.rest);
    moved.len = (uint16_t)(moved.len + (ma->len - waist.rest));
    *ma = moved;
    return true;
}

static bool is_among(const struct p2p_multiaddr *all, size_t n,
                     const struct p2p_multiaddr *ma)
{
    for (size_t i = 0; i < n; i++) {
        if (p2p_multiaddr_equal(&all[i], ma)) {
            return true;
        }
    }
    return false;
}

size_t p2p__autonat_v1_targets(const struct p2p__autonat_books *b,
                               const struct p2p__autonat_told *told,
                               const struct p2p__addr *from,
                               struct p2p_multiaddr *out, size_t cap)
{
    struct p2p__autonat_walk walk;
    struct p2p_multiaddr ma;
    size_t n = 0;
    int i;

    p2p__autonat_walk_init(&walk, told);
    while ((i = p2p__autonat_walk_next(&walk, &ma)) >= 0 && n < cap &&
           i < (int)P2P__CAP_AUTONAT_ADDRS) {
        p2p_multiaddr_strip_peer(&ma);
        if (move(&ma, from) && p2p__autonat_may_dial(b, from, &ma) &&
            !is_among(out, n, &ma)) {
            out[n++] = ma;
        }
    }
    return n;
}
