/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Peers and the book that keeps them: see peer.h. */
#include "stack/peer.h"

#include "base/mem.h"
#include "stack/conn.h"
#include "stack/dial.h"
#include "stack/limits.h"
#include "stack/stream.h"
#include "stack/swarm.h"

void p2p__book_init(struct p2p__book *b, const uint64_t seed[2])
{
    p2p__map_init(&b->map, seed);
    p2p__list_init(&b->idle);
    p2p__list_init(&b->busy);
    b->n_idle = 0;
}

static void drop_addr(struct p2p__peer *peer, struct p2p__peer_addr *a)
{
    p2p__list_remove(&a->link);
    peer->n_addrs--;
    p2p__free(a);
}

/* Frees a peer that nobody holds. */
static void forget(struct p2p__book *b, struct p2p__peer *peer)
{
    assert(peer->refs == 0 && peer->dial == NULL);
    assert(p2p__list_empty(&peer->conns) && p2p__list_empty(&peer->waiting));
    P2P__LIST_EACH_SAFE (it, &peer->addrs) {
        drop_addr(peer, P2P__CONTAINER(it, struct p2p__peer_addr, link));
    }
    p2p__timer_fini(&peer->redial);
    p2p__timer_fini(&peer->waiter);
    p2p__quota_fini(&peer->quota);
    p2p__list_remove(&peer->link);
    p2p__map_remove(&b->map, &peer->node);
    b->n_idle--;
    p2p__free(peer);
}

void p2p__book_fini(struct p2p__book *b)
{
    assert(p2p__list_empty(&b->busy));
    P2P__LIST_EACH_SAFE (it, &b->idle) {
        forget(b, P2P__CONTAINER(it, struct p2p__peer, link));
    }
    p2p__map_fini(&b->map);
}

struct p2p__peer *p2p__book_find(const struct p2p__book *b,
                                 const struct p2p_peer_id *id)
{
    struct p2p__map_node *n = p2p__map_get(&b->map, id->bytes, id->len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct p2p__peer, node);
}

static struct p2p__peer *make(struct p2p__swarm *swarm,
                              const struct p2p_peer_id *id)
{
    struct p2p__peer *peer = p2p__zalloc(sizeof *peer);

    if (peer == NULL) {
        return NULL;
    }
    peer->swarm = swarm;
    peer->id = *id;
    p2p__list_init(&peer->link);
    p2p__list_init(&peer->conns);
    p2p__list_init(&peer->waiting);
    p2p__list_init(&peer->addrs);
    p2p__timer_init(&peer->redial, swarm->q, p2p__dial_redial_due);
    p2p__timer_init(&peer->waiter, swarm->q, p2p__stream_waiter_due);
    p2p__quota_init(&peer->quota, &swarm->quota, "peer");
    peer->quota.level = P2P__SCOPE_PEER;
    p2p__limits_peer(&swarm->limits, &peer->quota);
    if (p2p__map_put(&swarm->book.map, &peer->node, peer->id.bytes,
                     peer->id.len) != 0) {
        p2p__free(peer);
        return NULL;
    }
    p2p__list_push(&swarm->book.idle, &peer->link);
    swarm->book.n_idle++;
    return peer;
}

struct p2p__peer *p2p__peer_get(struct p2p__swarm *swarm,
                                const struct p2p_peer_id *id)
{
    struct p2p__peer *peer = p2p__book_find(&swarm->book, id);

    if (peer == NULL) {
        peer = make(swarm, id);
    }
    return peer == NULL ? NULL : p2p__peer_ref(peer);
}

struct p2p__peer *p2p__peer_ref(struct p2p__peer *peer)
{
    struct p2p__book *b = &peer->swarm->book;

    if (peer->refs++ == 0) {
        p2p__list_remove(&peer->link);
        p2p__list_push(&b->busy, &peer->link);
        b->n_idle--;
    }
    return peer;
}

void p2p__peer_unref(struct p2p__peer *peer)
{
    struct p2p__book *b = &peer->swarm->book;

    assert(peer->refs > 0);
    if (--peer->refs > 0) {
        return;
    }
    p2p__list_remove(&peer->link);
    p2p__list_push(&b->idle, &peer->link);
    b->n_idle++;
    while (b->n_idle > P2P__CAP_PEER_BOOK) {
        forget(b, P2P__CONTAINER(p2p__list_first(&b->idle), struct p2p__peer,
                                 link));
    }
}

void p2p__peer_met(struct p2p__peer *peer)
{
    if (!p2p__peer_is_protected(peer)) {
        return;
    }
    P2P__LIST_EACH (it, &peer->conns) {
        const struct p2p__conn *c =
            P2P__CONTAINER(it, struct p2p__conn, peer_link);

        if (!c->relayed) { /* that one's address is its relay's */
            p2p__familiar_note(&peer->swarm->familiar, &c->remote);
        }
    }
}

void p2p__peer_guard(struct p2p__peer *peer, bool on)
{
    if (on == peer->guarded) {
        return;
    }
    peer->guarded = on;
    if (on) {
        (void)p2p__peer_ref(peer);
        p2p__peer_met(peer);
    } else {
        p2p__peer_unref(peer);
    }
}

void p2p__peer_let_go(struct p2p__peer *peer)
{
    if (peer->keep) {
        peer->keep = false;
        p2p__timer_set(&peer->redial, P2P_NEVER);
        if (peer->dial != NULL) {
            p2p__dial_unwant(peer->dial);
        }
        p2p__peer_unref(peer);
    }
}

static struct p2p__peer_addr *find_addr(const struct p2p__peer *peer,
                                        const void *maddr, size_t len)
{
    P2P__LIST_EACH (it, &peer->addrs) {
        struct p2p__peer_addr *a =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        if (a->len == len && memcmp(a->bytes, maddr, len) == 0) {
            return a;
        }
    }
    return NULL;
}

bool p2p__peer_has_addr(const struct p2p__peer *peer, const void *maddr,
                        size_t len)
{
    return find_addr(peer, maddr, len) != NULL;
}

/* The address that matters least. */
static struct p2p__peer_addr *worst_addr(const struct p2p__peer *peer)
{
    struct p2p__peer_addr *worst = NULL;

    P2P__LIST_EACH (it, &peer->addrs) {
        struct p2p__peer_addr *a =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        if (worst == NULL || a->source < worst->source ||
            (a->source == worst->source && a->expires < worst->expires)) {
            worst = a;
        }
    }
    return worst;
}

/* Room for one more address of this source. */
static int make_room(struct p2p__peer *peer, enum p2p__addr_source source)
{
    struct p2p__peer_addr *worst;

    if (peer->n_addrs < P2P__CAP_PEER_ADDRS) {
        return 0;
    }
    worst = worst_addr(peer);
    assert(worst != NULL);
    if (worst->source > (uint8_t)source) {
        return P2P_ELIMIT;
    }
    drop_addr(peer, worst);
    return 0;
}

int p2p__peer_add_addr(struct p2p__peer *peer, const void *maddr, size_t len,
                       enum p2p__addr_source source, p2p_ns expires)
{
    struct p2p__peer_addr *a;
    int rv;

    if (len == 0 || len > P2P_MULTIADDR_MAX) {
        return P2P_EINVAL;
    }
    a = find_addr(peer, maddr, len);
    if (a != NULL) {
        a->source = a->source > (uint8_t)source ? a->source : (uint8_t)source;
        a->expires = a->expires > expires ? a->expires : expires;
        p2p__list_remove(&a->link);
        p2p__list_push_front(&peer->addrs, &a->link);
        return 0;
    }
    rv = make_room(peer, source);
    if (rv != 0) {
        return rv;
    }
    a = p2p__alloc(sizeof *a + len);
    if (a == NULL) {
        return P2P_ENOMEM;
    }
    a->source = (uint8_t)source;
    a->expires = expires;
    a->len = (uint16_t)len;
    memcpy(a->bytes, maddr, len);
    p2p__list_push_front(&peer->addrs, &a->link);
    peer->n_addrs++;
    return 0;
}

void p2p__peer_prune(struct p2p__peer *peer, p2p_ns now)
{
    P2P__LIST_EACH_SAFE (it, &peer->addrs) {
        struct p2p__peer_addr *a =
            P2P__CONTAINER(it, struct p2p__peer_addr, link);

        if (a->expires <= now) {
            drop_addr(peer, a);
        }
    }
}

static bool is_of_path(const struct p2p__conn *c, enum p2p__path path)
{
    return path == P2P__PATH_ANY ||
           !(path == P2P__PATH_DIRECT ? c->relayed : c->limited);
}

struct p2p__conn *p2p__peer_conn(const struct p2p__peer *peer,
                                 enum p2p__path path)
{
    P2P__LIST_EACH (it, &peer->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, peer_link);

        if (c->state == P2P__CONN_OPEN && c->err == 0 && is_of_path(c, path)) {
            return c;
        }
    }
    return NULL;
}

struct p2p__conn *p2p__peer_primary(const struct p2p__peer *peer)
{
    return p2p__peer_conn(peer, P2P__PATH_ANY);
}
