/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host that is a relay for others: off unless its configuration says so.
 * Happy path: a peer reserves, and is told until when, under which addresses,
 * and what circuits may do. Its connection is not trimmed meanwhile. When it
 * is gone, so is its reservation.
 */
#include "p2p/relay.h"

#include "base/config.h"
#include "base/mem.h"
#include "host/bridge.h"
#include "ident/voucher.h"

/* A voucher with the largest keys fits. */
#define VOUCHER_BYTES 2048U

#define NS_PER_S INT64_C(1000000000)

void p2p__host_relay_hold(struct p2p_host *h, struct p2p__peer *peer)
{
    peer->held =
        p2p__host_reserved_at(h, &peer->id) ||
        (h->relay != NULL &&
         p2p__relay_ledger_has(&h->relay->ledger, &peer->id, p2p__host_now(h)));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_relay *r =
        P2P__CONTAINER(timer, struct p2p__host_relay, timer);
    struct p2p_peer_id whose;

    while (p2p__relay_ledger_expire(&r->ledger, now, &whose)) {
        struct p2p__peer *peer = p2p__book_find(&r->host->swarm->book, &whose);

        if (peer != NULL) {
            p2p__host_relay_hold(r->host, peer);
        }
    }
    p2p__timer_set(&r->timer, p2p__relay_ledger_deadline(&r->ledger));
}

/* The addresses of ours that a client may tell others, at most `cap`. */
static size_t own_addrs(const struct p2p__host_relay *r,
                        struct p2p_multiaddr *out, size_t cap)
{
    struct p2p_multiaddr all[P2P__CAP_OWN_ADDRS];
    const size_t n = p2p__min(p2p_host_addrs(r->host, all, P2P__CAP_OWN_ADDRS),
                              P2P__CAP_OWN_ADDRS);
    size_t count = 0;

    for (size_t i = 0; i < n && count < cap; i++) {
        if (!p2p__maddr_has(&all[i], P2P_MULTIADDR_CIRCUIT)) {
            out[count++] = all[i];
        }
    }
    return count;
}

/* Tells a peer what it has got. 0 or a negative code. */
static int say_granted(struct p2p__host_relay *r, struct p2p__exchange *x)
{
    struct p2p_multiaddr addrs[P2P__CAP_RELAY_ADDRS];
    uint8_t sealed[VOUCHER_BYTES];
    const int64_t wall = r->host->env.wall_ns(&r->host->env) / NS_PER_S;
    const struct p2p__voucher voucher = {
        .relay = r->host->swarm->self,
        .peer = x->peer->id,
        .expire_s = (uint64_t)wall + r->ledger.limits.reservation_s};
    struct p2p__relay_msg ok = {.type = P2P__RELAY_STATUS,
                                .status = P2P__RELAY_OK};
    int len = p2p__voucher_seal(r->host->key, &voucher, sealed, sizeof sealed);

    if (len < 0) {
        return len;
    }
    ok.reservation = (struct p2p__relay_reservation){
        .given = true,
        .expire_s = voucher.expire_s,
        .voucher = p2p__slice_of(sealed, (size_t)len),
        .addrs = addrs,
        .n_addrs = own_addrs(r, addrs, P2P__CAP_RELAY_ADDRS)};
    p2p__relay_ledger_limit(&r->ledger, &ok.limit);
    return p2p__exchange_say(x, &ok);
}

int p2p__relay_grant(struct p2p__host_relay *r, struct p2p__exchange *x,
                     p2p_ns now)
{
    const struct p2p_peer_id *id = &x->peer->id;
    const struct p2p__fair_who who = {id, &x->stream->conn->remote};
    const enum p2p__relay_status status =
        p2p__relay_ledger_reserve(&r->ledger, &who, now);
    int rv;

    p2p__host_relay_hold(r->host, x->peer);
    p2p__timer_set(&r->timer, p2p__relay_ledger_deadline(&r->ledger));
    if (status != P2P__RELAY_OK) {
        return p2p__exchange_status(x, status);
    }
    rv = say_granted(r, x);
    if (rv != 0) {
        p2p__relay_ledger_leave(&r->ledger, id);
        p2p__host_relay_hold(r->host, x->peer);
    }
    return rv;
}

static void on_inbound(void *user, struct p2p_stream *stream, p2p_ns now)
{
    (void)now;
    p2p__bridge_start(user, stream);
}

/* Makes the part of a host that is a relay; it stays until the host ends, for
 * circuits have a part in it. 0 or P2P_ENOMEM. */
static int make(struct p2p_host *h, const struct p2p_relay_config *cfg)
{
    struct p2p__host_relay *r = p2p__zalloc(sizeof *r);
    uint64_t seed[2];

    if (r == NULL) {
        return P2P_ENOMEM;
    }
    r->host = h;
    p2p__list_init(&r->bridges);
    p2p__timer_init(&r->timer, h->world->q, on_due);
    p2p__env_seed(&h->env, seed);
    p2p__relay_ledger_init(
        &r->ledger,
        &(struct p2p__relay_limits){
            .reservations = cfg->max_reservations,
            .reservations_per_addr = cfg->max_reservations_per_addr,
            .reservation_s = cfg->reservation_s,
            .circuits = cfg->max_circuits,
            .circuits_per_peer = cfg->max_circuits_per_peer,
            .circuit_s = cfg->circuit_s,
            .circuit_bytes = cfg->circuit_bytes},
        seed);
    h->relay = r;
    return 0;
}

int p2p__host_relay_init(struct p2p_host *h,
                         const struct p2p_relay_config *given)
{
    struct p2p_relay_config cfg;
    int rv;

    if (given == NULL) {
        return 0;
    }
    if (p2p__config_read(&cfg, sizeof cfg, given) != 0) {
        return P2P_EINVAL;
    }
    rv = h->relay != NULL ? 0 : make(h, &cfg);
    if (rv != 0) {
        return rv;
    }
    h->relay->allow = cfg.allow;
    h->relay->allow_circuit = cfg.allow_circuit;
    h->relay->user = cfg.user;
    return p2p__handlers_set(&h->swarm->handlers, P2P__RELAY_HOP_PROTOCOL,
                             on_inbound, h->relay);
}

int p2p_relay_serve(struct p2p_host *host, const struct p2p_relay_config *cfg)
{
    int rv = p2p__host_relay_init(host, cfg);

    if (cfg == NULL) {
        p2p__handlers_remove(&host->swarm->handlers, P2P__RELAY_HOP_PROTOCOL);
    }
    if (rv == 0) {
        p2p__host_identify_push(host);
    }
    return rv;
}

int p2p_relay_drop(struct p2p_host *host, const struct p2p_peer_id *peer)
{
    struct p2p__host_relay *r = host->relay;
    struct p2p__peer *known = p2p__book_find(&host->swarm->book, peer);
    bool had;

    if (r == NULL) {
        return P2P_ENOTFOUND;
    }
    had = p2p__relay_ledger_has(&r->ledger, peer, p2p__host_now(host));
    p2p__relay_ledger_leave(&r->ledger, peer);
    if (known != NULL) {
        p2p__host_relay_hold(host, known);
    }
    had = p2p__bridge_drop(r, peer) > 0 || had;
    return had ? 0 : P2P_ENOTFOUND;
}

void p2p__host_relay_gone(struct p2p_host *h, struct p2p__peer *peer)
{
    if (h->relay != NULL) {
        p2p__relay_ledger_leave(&h->relay->ledger, &peer->id);
        p2p__host_relay_hold(h, peer);
    }
}

void p2p__host_relay_fini(struct p2p_host *h)
{
    if (h->relay != NULL) {
        p2p__timer_fini(&h->relay->timer);
        p2p__relay_ledger_fini(&h->relay->ledger);
        p2p__free(h->relay);
        h->relay = NULL;
    }
}
