/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whom mDNS has told of: see seen.h.
 *
 * Both tables are walked whole: 192 comparisons of a word a packet, which is
 * less than reading the packet. The entry that was unseen for longest makes
 * room for a new one, so peers that answer each question outlive forged ones
 * that come once; how fast new ones may come is what the buckets say.
 */
#include "proto/mdns/seen.h"

#include "base/map.h"

void p2p__mdns_seen_init(struct p2p__mdns_seen *s, struct p2p__env *env)
{
    memset(s, 0, sizeof *s);
    p2p__env_seed(env, s->seed);
    p2p__bucket_init(&s->packets, P2P__CAP_MDNS_ALL_PACKETS,
                     P2P__CAP_MDNS_ALL_PACKETS_EACH);
    p2p__bucket_init(&s->news, P2P__CAP_MDNS_NEW, P2P__CAP_MDNS_NEW_EACH);
}

/* The entry of a source, or the one to be used for it. */
static struct p2p__mdns_source *find_source(struct p2p__mdns_seen *s,
                                            uint64_t key)
{
    struct p2p__mdns_source *oldest = s->sources;

    for (size_t i = 0; i < P2P__COUNT(s->sources); i++) {
        struct p2p__mdns_source *e = &s->sources[i];

        if (e->seen_at > 0 && e->key == key) {
            return e;
        }
        oldest = e->seen_at < oldest->seen_at ? e : oldest;
    }
    return oldest;
}

/* Moments begin at 1: 0 says that an entry is free. */
static p2p_ns moment(p2p_ns now)
{
    return now > 0 ? now : 1;
}

struct p2p__mdns_source *p2p__mdns_seen_packet(struct p2p__mdns_seen *s,
                                               const struct p2p__addr *from,
                                               p2p_ns now)
{
    const uint64_t key =
        p2p__siphash(s->seed, from->ip, from->family == 4 ? 4 : 16);
    struct p2p__mdns_source *e = find_source(s, key);

    if (e->seen_at == 0 || e->key != key) {
        *e = (struct p2p__mdns_source){.key = key};
        p2p__bucket_init(&e->packets, P2P__CAP_MDNS_PACKETS,
                         P2P__CAP_MDNS_PACKETS_EACH);
        p2p__bucket_init(&e->news, P2P__CAP_MDNS_SOURCE_NEW,
                         P2P__CAP_MDNS_SOURCE_NEW_EACH);
    }
    e->seen_at = moment(now);
    return p2p__bucket_take(&e->packets, now) &&
                   p2p__bucket_take(&s->packets, now)
               ? e
               : NULL;
}

static struct p2p__mdns_known *find_peer(struct p2p__mdns_seen *s, uint64_t key)
{
    struct p2p__mdns_known *oldest = s->peers;

    for (size_t i = 0; i < P2P__COUNT(s->peers); i++) {
        struct p2p__mdns_known *e = &s->peers[i];

        if (e->seen_at > 0 && e->key == key) {
            return e;
        }
        oldest = e->seen_at < oldest->seen_at ? e : oldest;
    }
    return oldest;
}

/* A hash of the addresses, in any order. */
static uint64_t hash_addrs(const struct p2p__mdns_seen *s,
                           const struct p2p__mdns_peer *peer)
{
    uint64_t sum = peer->count;

    for (size_t i = 0; i < peer->count; i++) {
        sum += p2p__siphash(s->seed, peer->addrs[i].bytes, peer->addrs[i].len);
    }
    return sum;
}

/* Whether a peer that is known is to be told of again. */
static bool is_again(struct p2p__mdns_known *e, uint64_t addrs, p2p_ns now)
{
    if (e->addrs == addrs) {
        return now >= p2p__ns_after(e->told_at, P2P__MDNS_REFRESH);
    }
    return p2p__bucket_take(&e->again, now);
}

/* Whether one more new peer may be told of, of this source and of all. */
static bool is_welcome(struct p2p__mdns_seen *s,
                       struct p2p__mdns_source *source, p2p_ns now)
{
    return now >= p2p__bucket_ready(&s->news) &&
           p2p__bucket_take(&source->news, now) &&
           p2p__bucket_take(&s->news, now);
}

bool p2p__mdns_seen_peer(struct p2p__mdns_seen *s,
                         struct p2p__mdns_source *source,
                         const struct p2p__mdns_peer *peer, p2p_ns now)
{
    const uint64_t key = p2p__siphash(s->seed, peer->id.bytes, peer->id.len);
    const uint64_t addrs = hash_addrs(s, peer);
    struct p2p__mdns_known *e = find_peer(s, key);

    assert(peer->id.len > 0 && peer->count <= P2P__CAP_MDNS_ADDRS);
    if (e->seen_at > 0 && e->key == key) {
        e->seen_at = moment(now);
        if (!is_again(e, addrs, now)) {
            return false;
        }
    } else {
        if (!is_welcome(s, source, now)) {
            return false;
        }
        *e = (struct p2p__mdns_known){.key = key, .seen_at = moment(now)};
        p2p__bucket_init(&e->again, P2P__CAP_MDNS_AGAIN,
                         P2P__CAP_MDNS_AGAIN_EACH);
    }
    e->addrs = addrs;
    e->told_at = now;
    return true;
}

bool p2p__mdns_seen_forget(struct p2p__mdns_seen *s,
                           const struct p2p_peer_id *id)
{
    const uint64_t key = p2p__siphash(s->seed, id->bytes, id->len);
    struct p2p__mdns_known *e = find_peer(s, key);

    if (e->seen_at == 0 || e->key != key) {
        return false;
    }
    e->seen_at = 0;
    return true;
}
