/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reservations that we hold: one a relay, for each /p2p-circuit address that
 * the application listens at. Happy path: the relay is dialed and asked, its
 * addresses with /p2p-circuit behind them become ours, and it is asked again
 * before the time is up. Failure modes: it refuses, or is gone: the addresses
 * are ours no more until it agrees again; when to try, keeper.h says.
 */
#include "base/mem.h"
#include "host/circuit.h"
#include "ident/voucher.h"
#include "proto/relay/keeper.h"
#include "wire/maddr.h"

#define NS_PER_S INT64_C(1000000000)

/* Once so many addresses are ours, those of further relays are not told. */
#define TOLD_ADDRS 8U

struct p2p__reservation {
    struct p2p__list link;
    struct p2p_host *host;
    struct p2p__timer timer;
    struct p2p__relay_keeper keeper;
    struct p2p__exchange x; /* while we ask */
    bool asking;
    int why;                 /* what the last answer was; 0: it was granted */
    struct p2p__peer *relay; /* counted */
    size_t n_addrs;
    struct p2p_multiaddr addrs[P2P__CAP_RELAY_ADDRS]; /* of the relay */
};

static void pump(struct p2p__reservation *r, p2p_ns now);

static void end_asking(struct p2p__reservation *r)
{
    if (r->asking) {
        r->asking = false;
        p2p__exchange_fini(&r->x);
    }
}

static void failed(struct p2p__reservation *r, int err, const char *why,
                   p2p_ns now)
{
    char id[P2P_PEER_ID_TEXT_MAX];

    P2P__LOG(r->host->env.log, INFO, "reservation.failed relay=%s: %s",
             p2p_peer_id_text(&r->relay->id, id), why);
    r->why = err;
    p2p__relay_keeper_failed(&r->keeper, now);
}

/* Whether a voucher, if there is one, is this relay's for us. */
static bool is_ours(const struct p2p__reservation *r, struct p2p__slice sealed)
{
    struct p2p__voucher v;

    return sealed.len == 0 ||
           (p2p__voucher_open(sealed, &v) == 0 &&
            p2p_peer_id_equal(&v.relay, &r->relay->id) &&
            p2p_peer_id_equal(&v.peer, &r->host->swarm->self));
}

/* Notes one address of the relay, if it is one. */
static void add_addr(struct p2p__reservation *r, struct p2p_multiaddr *ma)
{
    if (r->n_addrs < P2P__CAP_RELAY_ADDRS &&
        !p2p__maddr_has(ma, P2P_MULTIADDR_CIRCUIT) &&
        p2p_multiaddr_append_peer(ma, &r->relay->id) == 0) {
        r->addrs[r->n_addrs++] = *ma;
    }
}

/* Where others reach the relay: as it says; if it says nothing, as we do. */
static void take_addrs(struct p2p__reservation *r,
                       const struct p2p__relay_reservation *told)
{
    struct p2p__relay_walk walk;
    struct p2p_multiaddr ma;

    r->n_addrs = 0;
    p2p__relay_walk_init(&walk, told);
    while (p2p__relay_next_addr(&walk, &ma)) {
        add_addr(r, &ma);
    }
    if (r->n_addrs == 0) {
        p2p__conn_maddr(r->x.stream->conn, &ma);
        add_addr(r, &ma);
    }
}

static void on_heard(void *user, const struct p2p__relay_msg *msg, p2p_ns now)
{
    struct p2p__reservation *r = user;
    const int64_t wall = r->host->env.wall_ns(&r->host->env) / NS_PER_S;
    const int err = p2p__relay_error(msg->status);

    if (err != 0) {
        failed(r, err, p2p__relay_status_text(msg->status), now);
    } else if (!is_ours(r, msg->reservation.voucher)) {
        failed(r, P2P_EPROTO, "the voucher is not for us", now);
    } else {
        r->why = 0;
        take_addrs(r, &msg->reservation);
        p2p__relay_keeper_granted(&r->keeper, msg->reservation.expire_s,
                                  (uint64_t)wall, now);
        p2p__host_addrs_changed(r->host);
    }
    p2p__exchange_finish(&r->x);
    end_asking(r);
    pump(r, now);
}

static void on_said(void *user, p2p_ns now)
{
    (void)user; /* who asks says nothing more */
    (void)now;
}

static void on_ended(void *user, int status, p2p_ns now)
{
    struct p2p__reservation *r = user;

    end_asking(r);
    failed(r, status, p2p_err_text(status), now);
    pump(r, now);
}

static const struct p2p__exchange_cb ask_cb = {
    .heard = on_heard,
    .said = on_said,
    .ended = on_ended,
};

static void ask(struct p2p__reservation *r, p2p_ns now)
{
    static const char *const names[] = {P2P__RELAY_HOP_PROTOCOL};
    const struct p2p__relay_msg request = {.type = P2P__RELAY_RESERVE};
    const struct p2p__stream_want want = {
        .peer = r->relay, .protocols = names, .n = 1, .path = P2P__PATH_DIRECT};
    struct p2p_stream *s;
    int err;

    assert(!r->asking);
    s = p2p__stream_want(&want, now, &err);
    if (s == NULL) {
        /* That a dial backs off is no news: it had a reason. */
        failed(r, err == P2P_ELIMIT && r->why < 0 ? r->why : err,
               p2p_err_text(err), now);
        return;
    }
    r->asking = true;
    p2p__exchange_init(&r->x, r->host, &ask_cb, r);
    p2p__exchange_ask(&r->x, s, P2P__RELAY_HOP, &request);
}

/* Does what the keeper wants. */
static void pump(struct p2p__reservation *r, p2p_ns now)
{
    enum p2p__relay_keeper_ev ev = p2p__relay_keeper_next(&r->keeper);

    while (ev != P2P__RELAY_KEEPER_NOTHING) {
        if (ev == P2P__RELAY_KEEPER_ASK) {
            ask(r, now);
        } else {
            p2p__host_relay_hold(r->host, r->relay);
            p2p__host_addrs_changed(r->host);
        }
        ev = p2p__relay_keeper_next(&r->keeper);
    }
    p2p__timer_set(&r->timer, p2p__relay_keeper_deadline(&r->keeper));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__reservation *r =
        P2P__CONTAINER(timer, struct p2p__reservation, timer);

    p2p__relay_keeper_expire(&r->keeper, now);
    pump(r, now);
}

/* The reservation at a relay; NULL: there is none. */
static struct p2p__reservation *find(const struct p2p_host *h,
                                     const struct p2p_peer_id *relay)
{
    P2P__LIST_EACH (it, &h->reservations) {
        struct p2p__reservation *r =
            P2P__CONTAINER(it, struct p2p__reservation, link);

        if (p2p_peer_id_equal(&r->relay->id, relay)) {
            return r;
        }
    }
    return NULL;
}

/* Notes where a relay is, for as long as we listen there. */
static int learn(struct p2p__peer *relay, struct p2p_multiaddr *at)
{
    p2p_multiaddr_strip_peer(at);
    return at->len == 0 ? 0
                        : p2p__peer_add_addr(relay, at->bytes, at->len,
                                             P2P__ADDR_USER, P2P_NEVER);
}

int p2p__host_reserve(struct p2p_host *h, const struct p2p_multiaddr *ma)
{
    struct p2p__reservation *r;
    struct p2p_multiaddr at;
    struct p2p_peer_id id;
    uint64_t seed;
    int rv =
        p2p_multiaddr_peer(ma, NULL) ? P2P_EFORMAT : p2p__maddr_relay(ma, &at);

    if (rv != 0) {
        return rv;
    }
    (void)p2p_multiaddr_peer(&at, &id);
    if (p2p_peer_id_equal(&id, &h->swarm->self)) {
        return P2P_ESELF;
    }
    r = find(h, &id);
    if (r != NULL) {
        return learn(r->relay, &at);
    }
    rv = p2p__host_stop_init(h);
    if (rv != 0) {
        return rv;
    }
    r = p2p__zalloc(sizeof *r);
    if (r == NULL) {
        return P2P_ENOMEM;
    }
    r->relay = p2p__host_peer(h, &id);
    rv = r->relay == NULL ? P2P_ENOMEM : learn(r->relay, &at);
    if (rv != 0) {
        if (r->relay != NULL) {
            p2p__peer_unref(r->relay);
        }
        p2p__free(r);
        return rv;
    }
    r->host = h;
    r->why = P2P_EAGAIN;
    p2p__list_push(&h->reservations, &r->link);
    h->env.random(&h->env, &seed, sizeof seed);
    p2p__timer_init(&r->timer, h->world->q, on_due);
    p2p__relay_keeper_init(&r->keeper, seed, p2p__host_now(h));
    p2p__timer_set(&r->timer, p2p__host_now(h)); /* asks in the next turn */
    return 0;
}

bool p2p__host_reserved_at(const struct p2p_host *h,
                           const struct p2p_peer_id *relay)
{
    const struct p2p__reservation *r = find(h, relay);

    return r != NULL && p2p__relay_keeper_has(&r->keeper);
}

int p2p_relay_status(const struct p2p_host *host,
                     const struct p2p_peer_id *relay)
{
    const struct p2p__reservation *r = find(host, relay);

    if (r == NULL) {
        return P2P_ESTATE;
    }
    return p2p__relay_keeper_has(&r->keeper) ? 0
           : r->why == 0                     ? P2P_EAGAIN
                                             : r->why;
}

bool p2p__host_reserved_addr(const struct p2p_host *h, size_t index,
                             struct p2p_multiaddr *out)
{
    size_t told = 0;

    P2P__LIST_EACH (it, &h->reservations) {
        const struct p2p__reservation *r =
            P2P__CONTAINER(it, struct p2p__reservation, link);
        const size_t n = p2p__relay_keeper_has(&r->keeper) ? r->n_addrs : 0;

        if (index < n && told < TOLD_ADDRS) {
            *out = r->addrs[index];
            return p2p__maddr_push(out, P2P_MULTIADDR_CIRCUIT, NULL, 0) == 0;
        }
        told += n;
        index -= n;
    }
    return false;
}

void p2p__host_reserve_gone(struct p2p_host *h, struct p2p__peer *relay,
                            p2p_ns now)
{
    struct p2p__reservation *r = find(h, &relay->id);

    if (r != NULL && !h->swarm->closing) {
        p2p__relay_keeper_gone(&r->keeper, now);
        pump(r, now);
    }
}

void p2p__host_reserve_moved(struct p2p_host *h, p2p_ns now)
{
    P2P__LIST_EACH (it, &h->reservations) {
        struct p2p__reservation *r =
            P2P__CONTAINER(it, struct p2p__reservation, link);

        p2p__relay_keeper_hurry(&r->keeper, now);
        p2p__timer_set(&r->timer, p2p__relay_keeper_deadline(&r->keeper));
    }
}

/* Ends one that is on no list any more. */
static void end(struct p2p__reservation *r)
{
    end_asking(r);
    p2p__timer_fini(&r->timer);
    p2p__peer_unref(r->relay);
    p2p__free(r);
}

int p2p_relay_forget(struct p2p_host *host, const struct p2p_peer_id *relay)
{
    struct p2p__reservation *r = find(host, relay);

    if (r == NULL) {
        return P2P_ESTATE;
    }
    p2p__list_remove(&r->link);
    p2p__host_relay_hold(host, r->relay);
    end(r);
    p2p__host_addrs_changed(host);
    return 0;
}

void p2p__host_reserve_fini(struct p2p_host *h)
{
    struct p2p__list *link = p2p__list_pop(&h->reservations);

    while (link != NULL) {
        end(P2P__CONTAINER(link, struct p2p__reservation, link));
        link = p2p__list_pop(&h->reservations);
    }
}
