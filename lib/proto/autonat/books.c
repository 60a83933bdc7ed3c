/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See books.h. Failure modes: limits, of which the rates are fair's. */
#include "proto/autonat/books.h"

#include "wire/addr_class.h"
#include "wire/maddr.h"

#define SET_DEFAULT(member, value)    \
    do {                              \
        if (b->limits.member == 0) {  \
            b->limits.member = value; \
        }                             \
    } while (0)

void p2p__autonat_books_init(struct p2p__autonat_books *b,
                             const struct p2p__autonat_limits *limits,
                             const uint64_t seed[2])
{
    struct p2p__rates_cfg asked = {.seed = {seed[0], seed[1]}};
    struct p2p__rate other;

    *b = (struct p2p__autonat_books){.limits = *limits};
    SET_DEFAULT(rate_peer, P2P__CAP_AUTONAT_RATE_PEER);
    SET_DEFAULT(rate_addr, P2P__CAP_AUTONAT_RATE_ADDR);
    SET_DEFAULT(rate_all, P2P__CAP_AUTONAT_RATE_ALL);
    SET_DEFAULT(rate_other, P2P__CAP_AUTONAT_RATE_OTHER);
    SET_DEFAULT(dials, P2P__CAP_AUTONAT_DIALS);
    SET_DEFAULT(dials_per_peer, P2P__CAP_AUTONAT_DIALS_PER_PEER);
    asked.of[P2P__FAIR_PEER] = p2p__rate_per_minute(b->limits.rate_peer);
    asked.of[P2P__FAIR_ADDR] = p2p__rate_per_minute(b->limits.rate_addr);
    asked.all = p2p__rate_per_minute(b->limits.rate_all);
    other = p2p__rate_per_minute(b->limits.rate_other);
    p2p__rates_init(&b->asked, &asked);
    p2p__bucket_init(&b->other, other.burst, other.each);
    p2p__list_init(&b->work);
}

void p2p__autonat_books_fini(struct p2p__autonat_books *b)
{
    assert(b->dials == 0);
    p2p__rates_fini(&b->asked);
}

/* How many requests of a peer are worked on. */
static uint32_t works_of(const struct p2p__autonat_books *b,
                         const struct p2p_peer_id *id)
{
    uint32_t n = 0;

    P2P__LIST_EACH (it, &b->work) {
        const struct p2p__autonat_work *w =
            P2P__CONTAINER(it, struct p2p__autonat_work, link);

        n += p2p_peer_id_equal(&w->id, id) ? 1 : 0;
    }
    return n;
}

int p2p__autonat_books_begin(struct p2p__autonat_books *b,
                             const struct p2p__fair_who *who,
                             struct p2p__autonat_work *work, p2p_ns now)
{
    int rv;

    *work = (struct p2p__autonat_work){0};
    if (b->dials >= b->limits.dials ||
        works_of(b, who->id) >= b->limits.dials_per_peer) {
        return P2P_ELIMIT;
    }
    rv = p2p__rates_take(&b->asked, who, now);
    if (rv != 0) {
        return rv;
    }
    b->dials++;
    work->begun = true;
    work->id = *who->id;
    p2p__list_push(&b->work, &work->link);
    return 0;
}

bool p2p__autonat_books_may_charge(struct p2p__autonat_books *b, p2p_ns now)
{
    return p2p__bucket_take(&b->other, now);
}

void p2p__autonat_books_end(struct p2p__autonat_books *b,
                            struct p2p__autonat_work *work)
{
    if (work->begun) {
        assert(b->dials > 0);
        b->dials--;
        p2p__list_remove(&work->link);
        work->begun = false;
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
