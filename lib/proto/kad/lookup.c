/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See lookup.h. Candidates are sorted by distance, and looked through each
 * time: they are few. Failure modes: who does not answer in time fails, and
 * counts no more; peers that make up others run into the caps of their path.
 */
#include "proto/kad/lookup.h"

/* What a group of addresses is, in a lookup. */
#define GROUP_BITS4 24U
#define GROUP_BITS6 48U

void p2p__kad_lookup_init(struct p2p__kad_lookup *l,
                          const struct p2p__kad_key *target,
                          const struct p2p_peer_id *self, p2p_ns now)
{
    memset(l, 0, offsetof(struct p2p__kad_lookup, all));
    l->target = *target;
    l->self = *self;
    l->deadline = p2p__ns_after(now, P2P__KAD_LOOKUP_TIMEOUT);
    l->n_free = P2P__KAD_CANDIDATES;
    for (size_t i = 0; i < P2P__KAD_CANDIDATES; i++) {
        l->unused[i] = (uint8_t)i;
    }
    static_assert(P2P__KAD_CANDIDATES <= UINT8_MAX, "an index is a byte");
}

static struct p2p__kad_candidate *find(const struct p2p__kad_lookup *l,
                                       const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < l->n; i++) {
        if (p2p_peer_id_equal(&l->sorted[i]->peer.id, id)) {
            return l->sorted[i];
        }
    }
    return NULL;
}

static bool is_near(const struct p2p__kad_candidate *c,
                    const struct p2p__addr *at)
{
    return p2p__kad_same_group(&c->peer.at, at, GROUP_BITS4, GROUP_BITS6);
}

/* How many that have not failed are said to be near an address. */
static uint32_t near_of(const struct p2p__kad_lookup *l,
                        const struct p2p__addr *at)
{
    uint32_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        n +=
            l->sorted[i]->state != P2P__KAD_FAILED && is_near(l->sorted[i], at);
    }
    return n;
}

/* Forgets the i-th. */
static void forget(struct p2p__kad_lookup *l, size_t i)
{
    struct p2p__kad_candidate *c = l->sorted[i];

    assert(l->in_path[c->path] > 0);
    l->in_path[c->path]--;
    l->unused[l->n_free++] = (uint8_t)(c - l->all);
    for (l->n--; i < l->n; i++) {
        l->sorted[i] = l->sorted[i + 1];
    }
}

/* Makes room in a full path for one that is nearer than its farthest. */
static bool make_room(struct p2p__kad_lookup *l, unsigned path,
                      const struct p2p__kad_key *key)
{
    if (l->in_path[path] < P2P__CAP_KAD_CANDIDATES) {
        return true;
    }
    for (size_t i = l->n; i > 0; i--) {
        const struct p2p__kad_candidate *c = l->sorted[i - 1];

        if (c->path == path &&
            (c->state == P2P__KAD_HEARD || c->state == P2P__KAD_FAILED)) {
            if (p2p__kad_compare(&l->target, key, &c->key) >= 0) {
                return false;
            }
            forget(l, i - 1);
            return true;
        }
    }
    return false;
}

/* Makes room in a group of addresses that has enough, for one that is nearer
 * than the farthest of those that were only heard of. */
static bool make_room_near(struct p2p__kad_lookup *l,
                           const struct p2p__addr *at,
                           const struct p2p__kad_key *key)
{
    if (near_of(l, at) < P2P__CAP_KAD_LOOKUP_GROUP) {
        return true;
    }
    for (size_t i = l->n; i > 0; i--) {
        const struct p2p__kad_candidate *c = l->sorted[i - 1];

        if (p2p__kad_compare(&l->target, key, &c->key) >= 0) {
            return false;
        }
        if (c->state == P2P__KAD_HEARD && is_near(c, at)) {
            forget(l, i - 1);
            return true;
        }
    }
    return false;
}

/* What nobody among the candidates told. */
#define NOBODY UINT8_MAX

/*
 * Addresses that somebody (NULL: we) tells of a candidate. The first ones may
 * be lies, so that all who tell get some room, and with one that is news
 * another try is worth it; what was tried in vain makes room.
 */
static void learn(struct p2p__kad_lookup *l, struct p2p__kad_candidate *c,
                  const struct p2p__kad_candidate *from,
                  const struct p2p__kad_addrs *addrs)
{
    const uint8_t who = from == NULL ? NOBODY : (uint8_t)(from - l->all);
    struct p2p__kad_addrs_walk walk;
    struct p2p_multiaddr ma;

    assert(c->state <= P2P__KAD_FAILED);
    if (c->teller != who) {
        c->teller = who;
        c->by_teller = 0;
    }
    p2p__kad_addrs_walk_init(&walk, addrs);
    while ((from == NULL || c->by_teller < P2P__CAP_KAD_ADDRS_BY) &&
           p2p__kad_addrs_walk_next(&walk, &ma)) {
        const bool news = p2p__kad_addrs_add(&c->peer.addrs, &ma);

        c->by_teller += news;
        if (news && c->state == P2P__KAD_FAILED &&
            c->tries < P2P__CAP_KAD_TRIES) {
            c->state = P2P__KAD_HEARD;
        }
    }
}

/* Who was asked did not answer where it was said to be: it is asked again if
 * more was told meanwhile. */
static void fail(struct p2p__kad_candidate *c)
{
    const bool more = c->peer.addrs.count > c->tried;

    assert(c->state == P2P__KAD_ASKED);
    c->state = more && c->tries < P2P__CAP_KAD_TRIES ? P2P__KAD_HEARD
                                                     : P2P__KAD_FAILED;
    if (!more) { /* they make room */
        p2p__kad_addrs_drop(&c->peer.addrs, c->tried);
        c->tried = 0;
    }
}

/* One that somebody (NULL: we) tells of. */
static void add(struct p2p__kad_lookup *l, unsigned path,
                const struct p2p__kad_candidate *from,
                const struct p2p__kad_peer *peer)
{
    struct p2p__kad_candidate *c = find(l, &peer->id);
    struct p2p__kad_key key;
    struct p2p__addr at = {0};
    size_t i;

    assert(path < P2P__KAD_PATHS && l->n + l->n_free == P2P__KAD_CANDIDATES);
    if (c != NULL) {
        learn(l, c, from, &peer->addrs);
        return;
    }
    if (p2p_peer_id_equal(&peer->id, &l->self)) {
        return;
    }
    p2p__kad_key_of(peer->id.bytes, peer->id.len, &key);
    if ((p2p__kad_addrs_public(&peer->addrs, &at) &&
         !make_room_near(l, &at, &key)) ||
        !make_room(l, path, &key)) {
        return;
    }
    assert(l->n_free > 0);
    c = &l->all[l->unused[--l->n_free]];
    *c = (struct p2p__kad_candidate){.peer = {.id = peer->id, .at = at},
                                     .key = key,
                                     .path = (uint8_t)path,
                                     .spare = from == NULL};
    learn(l, c, from, &peer->addrs);
    l->in_path[path]++;
    for (i = l->n++; i > 0 && p2p__kad_compare(&l->target, &key,
                                               &l->sorted[i - 1]->key) < 0;
         i--) {
        l->sorted[i] = l->sorted[i - 1];
    }
    l->sorted[i] = c;
}

void p2p__kad_lookup_seed(struct p2p__kad_lookup *l,
                          const struct p2p__kad_peer *peer)
{
    add(l, (unsigned)(l->n % P2P__KAD_PATHS), NULL, peer);
}

/* Whether a candidate has answered, or still can. */
static bool counts(const struct p2p__kad_lookup *l,
                   const struct p2p__kad_candidate *c)
{
    return (c->state == P2P__KAD_ANSWERED && !c->crowd) ||
           c->state == P2P__KAD_ASKED ||
           (c->state == P2P__KAD_HEARD &&
            l->asked[c->path] < P2P__CAP_KAD_ASKS);
}

/* Whether a lookup needs the answer of one before whom there are so many, and
 * so many of its path: it is among the k nearest of all, or the nearest few of
 * its path. */
static bool is_needed(const struct p2p__kad_lookup *l,
                      const struct p2p__kad_candidate *c, size_t all,
                      size_t own)
{
    if (l->frugal && c->spare) {
        return own < P2P__KAD_FEW;
    }
    return all < P2P__KAD_K || own < P2P__KAD_BETA;
}

/* The nearest of a path in a state whose answer the lookup needs. */
static struct p2p__kad_candidate *needed(const struct p2p__kad_lookup *l,
                                         unsigned path,
                                         enum p2p__kad_candidate_state state)
{
    size_t all = 0, own = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct p2p__kad_candidate *c = l->sorted[i];

        if (!counts(l, c)) {
            continue;
        }
        if (c->path == path) {
            if (c->state == state && is_needed(l, c, all, own)) {
                return c;
            }
            own++;
        }
        all++;
    }
    return NULL;
}

static size_t in_flight(const struct p2p__kad_lookup *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        n += l->sorted[i]->state == P2P__KAD_ASKED;
    }
    return n;
}

struct p2p__kad_candidate *p2p__kad_lookup_next(struct p2p__kad_lookup *l,
                                                p2p_ns now)
{
    if (now >= l->deadline || in_flight(l) >= P2P__KAD_ALPHA) {
        return NULL;
    }
    for (unsigned i = 0; i < P2P__KAD_PATHS; i++) {
        const unsigned path = l->turn++ % P2P__KAD_PATHS;
        struct p2p__kad_candidate *c = needed(l, path, P2P__KAD_HEARD);

        if (c != NULL) {
            c->state = P2P__KAD_ASKED;
            c->tried = c->peer.addrs.count;
            c->tries++;
            assert(l->asked[path] < P2P__CAP_KAD_ASKS);
            c->deadline = p2p__ns_after(now, P2P__KAD_ASK_TIMEOUT);
            l->asked[path]++;
            return c;
        }
    }
    return NULL;
}

struct p2p__kad_candidate *p2p__kad_lookup_answered(
    struct p2p__kad_lookup *l, const struct p2p_peer_id *id)
{
    struct p2p__kad_candidate *c = find(l, id);

    if (c == NULL || c->state != P2P__KAD_ASKED) {
        return NULL;
    }
    c->state = P2P__KAD_ANSWERED;
    return c;
}

void p2p__kad_lookup_at(struct p2p__kad_lookup *l, struct p2p__kad_candidate *c,
                        const struct p2p__addr *at)
{
    uint32_t n = 0;

    assert(c->state == P2P__KAD_ANSWERED);
    c->peer.at = *at;
    for (size_t i = 0; i < l->n; i++) {
        struct p2p__kad_candidate *other = l->sorted[i];

        if (other->state == P2P__KAD_ANSWERED && is_near(other, at)) {
            other->crowd = n++ >= P2P__CAP_KAD_LOOKUP_GROUP;
        }
    }
}

void p2p__kad_lookup_offer(struct p2p__kad_lookup *l,
                           struct p2p__kad_candidate *from,
                           const struct p2p__kad_peer *peer)
{
    assert(from->state == P2P__KAD_ANSWERED);
    if (from->told < P2P__CAP_KAD_CLOSER) {
        from->told++;
        add(l, from->path, from, peer);
    }
}

bool p2p__kad_lookup_failed(struct p2p__kad_lookup *l,
                            const struct p2p_peer_id *id)
{
    struct p2p__kad_candidate *c = find(l, id);

    if (c == NULL || c->state != P2P__KAD_ASKED) {
        return false;
    }
    fail(c);
    return true;
}

bool p2p__kad_lookup_is_done(const struct p2p__kad_lookup *l)
{
    for (unsigned path = 0; path < P2P__KAD_PATHS; path++) {
        if (needed(l, path, P2P__KAD_HEARD) != NULL ||
            needed(l, path, P2P__KAD_ASKED) != NULL) {
            return false;
        }
    }
    return true;
}

p2p_ns p2p__kad_lookup_deadline(const struct p2p__kad_lookup *l)
{
    p2p_ns at = l->deadline;

    for (size_t i = 0; i < l->n; i++) {
        if (l->sorted[i]->state == P2P__KAD_ASKED) {
            at = p2p__ns_min(at, l->sorted[i]->deadline);
        }
    }
    return at;
}

struct p2p__kad_candidate *p2p__kad_lookup_expire(struct p2p__kad_lookup *l,
                                                  p2p_ns now)
{
    for (size_t i = 0; i < l->n; i++) {
        struct p2p__kad_candidate *c = l->sorted[i];

        if (c->state == P2P__KAD_ASKED && c->deadline <= now) {
            fail(c);
            return c;
        }
    }
    return NULL;
}

size_t p2p__kad_lookup_keepers(const struct p2p__kad_lookup *l,
                               struct p2p__kad_candidate *out[P2P__KAD_KEEPERS])
{
    size_t own[P2P__KAD_PATHS] = {0};
    size_t all = 0, n = 0;

    for (size_t i = 0; i < l->n; i++) {
        struct p2p__kad_candidate *c = l->sorted[i];

        if (c->state != P2P__KAD_ANSWERED || c->crowd) {
            continue;
        }
        if (all++ < P2P__KAD_K || own[c->path] < P2P__KAD_SPREAD) {
            assert(n < P2P__KAD_KEEPERS);
            out[n++] = c;
        }
        own[c->path]++;
    }
    return n;
}
