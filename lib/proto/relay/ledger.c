/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See ledger.h. All reservations are granted for the same time, so the list of
 * them is in the order in which they expire. A peer is kept as long as it has
 * a reservation or circuits. Failure modes: limits, each with its status.
 */
#include "proto/relay/ledger.h"

#include "base/mem.h"

#define SET_DEFAULT(member, value)    \
    do {                              \
        if (l->limits.member == 0) {  \
            l->limits.member = value; \
        }                             \
    } while (0)

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Rates that let as many through at once as the limits are made for. */
static void rates(struct p2p__rates_cfg *cfg, uint32_t of_peer,
                  uint32_t of_addr, uint32_t of_all)
{
    cfg->of[P2P__FAIR_PEER] =
        p2p__rate_per_minute(larger(P2P__CAP_RELAY_RATE_PEER, of_peer));
    cfg->of[P2P__FAIR_ADDR] =
        p2p__rate_per_minute(larger(P2P__CAP_RELAY_RATE_ADDR, of_addr));
    cfg->of[P2P__FAIR_GROUP] =
        p2p__rate_per_minute(larger(P2P__CAP_RELAY_RATE_GROUP, of_addr));
    cfg->all = p2p__rate_per_minute(larger(P2P__CAP_RELAY_RATE_ALL, of_all));
}

static void init_rates(struct p2p__relay_ledger *l, const uint64_t seed[2])
{
    const struct p2p__relay_limits *max = &l->limits;
    struct p2p__rates_cfg cfg = {.seed = {seed[0], seed[1]}};

    rates(&cfg, 1, max->reservations_per_addr, max->reservations);
    p2p__rates_init(&l->reserves, &cfg);
    rates(&cfg, max->circuits_per_peer,
          larger(max->circuits_per_peer, max->reservations_per_addr),
          max->circuits);
    p2p__rates_init(&l->connects, &cfg);
}

void p2p__relay_ledger_init(struct p2p__relay_ledger *l,
                            const struct p2p__relay_limits *limits,
                            const uint64_t seed[2])
{
    *l = (struct p2p__relay_ledger){.limits = *limits};
    SET_DEFAULT(reservations, P2P__CAP_RELAY_RESERVATIONS);
    SET_DEFAULT(reservations_per_addr, P2P__CAP_RELAY_RESERVATIONS_PER_ADDR);
    SET_DEFAULT(reservation_s, P2P__CAP_RELAY_RESERVATION_S);
    SET_DEFAULT(circuits, P2P__CAP_RELAY_CIRCUITS);
    SET_DEFAULT(circuits_per_peer, P2P__CAP_RELAY_CIRCUITS_PER_PEER);
    SET_DEFAULT(circuit_s, P2P__CAP_RELAY_CIRCUIT_S);
    SET_DEFAULT(circuit_bytes, P2P__CAP_RELAY_CIRCUIT_BYTES);
    p2p__map_init(&l->peers, seed);
    p2p__list_init(&l->reserved);
    init_rates(l, seed);
}

static struct p2p__relay_peer *find(const struct p2p__relay_ledger *l,
                                    const struct p2p_peer_id *id)
{
    struct p2p__map_node *n = p2p__map_get(&l->peers, id->bytes, id->len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct p2p__relay_peer, node);
}

/* The peer, made if it is new; NULL: no memory. */
static struct p2p__relay_peer *get(struct p2p__relay_ledger *l,
                                   const struct p2p_peer_id *id)
{
    struct p2p__relay_peer *p = find(l, id);

    if (p != NULL) {
        return p;
    }
    p = p2p__zalloc(sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->id = *id;
    p2p__list_init(&p->link);
    if (p2p__map_put(&l->peers, &p->node, p->id.bytes, p->id.len) != 0) {
        p2p__free(p);
        return NULL;
    }
    return p;
}

/* Forgets a peer that nothing is known of any more. */
static void put(struct p2p__relay_ledger *l, struct p2p__relay_peer *p)
{
    if (p->expires == 0 && p->circuits == 0) {
        p2p__map_remove(&l->peers, &p->node);
        p2p__free(p);
    }
}

static void end_reservation(struct p2p__relay_ledger *l,
                            struct p2p__relay_peer *p)
{
    assert(p->expires > 0 && l->n_reserved > 0);
    p2p__list_remove(&p->link);
    l->n_reserved--;
    p->expires = 0;
}

void p2p__relay_ledger_fini(struct p2p__relay_ledger *l)
{
    struct p2p__list *link = p2p__list_first(&l->reserved);

    assert(l->n_circuits == 0);
    while (link != NULL) {
        struct p2p__relay_peer *p =
            P2P__CONTAINER(link, struct p2p__relay_peer, link);

        end_reservation(l, p);
        put(l, p);
        link = p2p__list_first(&l->reserved);
    }
    assert(l->peers.count == 0);
    p2p__map_fini(&l->peers);
    p2p__rates_fini(&l->reserves);
    p2p__rates_fini(&l->connects);
}

enum p2p__relay_status p2p__relay_ledger_asked(struct p2p__relay_ledger *l,
                                               enum p2p__relay_type request,
                                               const struct p2p__fair_who *who,
                                               p2p_ns now)
{
    struct p2p__rates *r =
        request == P2P__RELAY_RESERVE ? &l->reserves : &l->connects;

    return p2p__rates_take(r, who, now) == 0
               ? P2P__RELAY_OK
               : P2P__RELAY_RESOURCE_LIMIT_EXCEEDED;
}

/* Whether the limits have room for one more reservation from there. */
static bool has_room(const struct p2p__relay_ledger *l,
                     const struct p2p__fair_key *addr)
{
    uint32_t there = 0;

    P2P__LIST_EACH (it, &l->reserved) {
        const struct p2p__relay_peer *p =
            P2P__CONTAINER(it, struct p2p__relay_peer, link);

        there += p2p__fair_same(&p->addr, addr) ? 1 : 0;
    }
    return l->n_reserved < l->limits.reservations &&
           there < l->limits.reservations_per_addr;
}

enum p2p__relay_status p2p__relay_ledger_reserve(
    struct p2p__relay_ledger *l, const struct p2p__fair_who *who, p2p_ns now)
{
    struct p2p__relay_peer *p = find(l, who->id);
    struct p2p__fair_key addr;

    p2p__fair_key(who, P2P__FAIR_ADDR, &addr);
    /* A refresh makes room for itself. */
    if (p != NULL && p->expires > 0) {
        end_reservation(l, p);
    }
    if (!has_room(l, &addr)) {
        if (p != NULL) {
            put(l, p);
        }
        return P2P__RELAY_RESERVATION_REFUSED;
    }
    p = p != NULL ? p : get(l, who->id);
    if (p == NULL) {
        return P2P__RELAY_RESOURCE_LIMIT_EXCEEDED;
    }
    p->addr = addr;
    p->expires = p2p__ns_after(now, P2P__SEC(l->limits.reservation_s));
    p2p__list_push(&l->reserved, &p->link);
    l->n_reserved++;
    return P2P__RELAY_OK;
}

void p2p__relay_ledger_leave(struct p2p__relay_ledger *l,
                             const struct p2p_peer_id *id)
{
    struct p2p__relay_peer *p = find(l, id);

    if (p != NULL && p->expires > 0) {
        end_reservation(l, p);
        put(l, p);
    }
}

bool p2p__relay_ledger_has(const struct p2p__relay_ledger *l,
                           const struct p2p_peer_id *id, p2p_ns now)
{
    const struct p2p__relay_peer *p = find(l, id);

    return p != NULL && p->expires > now;
}

enum p2p__relay_status p2p__relay_ledger_connect(struct p2p__relay_ledger *l,
                                                 const struct p2p_peer_id *from,
                                                 const struct p2p_peer_id *to,
                                                 struct p2p__relay_circuit *c,
                                                 p2p_ns now)
{
    struct p2p__relay_peer *a, *b = find(l, to);

    *c = (struct p2p__relay_circuit){0};
    if (p2p_peer_id_equal(from, to)) {
        return P2P__RELAY_PERMISSION_DENIED;
    }
    if (b == NULL || b->expires <= now) {
        return P2P__RELAY_NO_RESERVATION;
    }
    a = find(l, from);
    if (l->n_circuits >= l->limits.circuits ||
        b->circuits >= l->limits.circuits_per_peer ||
        (a != NULL && a->circuits >= l->limits.circuits_per_peer)) {
        return P2P__RELAY_RESOURCE_LIMIT_EXCEEDED;
    }
    a = a != NULL ? a : get(l, from);
    if (a == NULL) {
        return P2P__RELAY_RESOURCE_LIMIT_EXCEEDED;
    }
    a->circuits++;
    b->circuits++;
    l->n_circuits++;
    *c = (struct p2p__relay_circuit){
        .from = a,
        .to = b,
        .ends = p2p__ns_after(now, P2P__SEC(l->limits.circuit_s)),
        .left = {l->limits.circuit_bytes, l->limits.circuit_bytes}};
    return P2P__RELAY_OK;
}

bool p2p__relay_ledger_admits(const struct p2p__relay_ledger *l,
                              const struct p2p_peer_id *to)
{
    const struct p2p__relay_peer *p = find(l, to);

    return p == NULL || p->guests < P2P__CAP_RELAY_GUEST_CIRCUITS;
}

void p2p__relay_circuit_guest(struct p2p__relay_circuit *c)
{
    assert(c->to != NULL && !c->guest);
    c->guest = true;
    c->to->guests++;
}

void p2p__relay_ledger_limit(const struct p2p__relay_ledger *l,
                             struct p2p__relay_limit *out)
{
    *out = (struct p2p__relay_limit){.given = true,
                                     .duration_s = l->limits.circuit_s,
                                     .data_bytes = l->limits.circuit_bytes};
}

int p2p__relay_circuit_pass(struct p2p__relay_circuit *c,
                            enum p2p__relay_way way, size_t bytes)
{
    if (bytes > c->left[way]) {
        return P2P_ELIMIT;
    }
    c->left[way] -= bytes;
    return 0;
}

void p2p__relay_ledger_disconnect(struct p2p__relay_ledger *l,
                                  struct p2p__relay_circuit *c)
{
    if (c->from == NULL) {
        return;
    }
    assert(l->n_circuits > 0 && c->from->circuits > 0 && c->to->circuits > 0);
    l->n_circuits--;
    c->from->circuits--;
    c->to->circuits--;
    c->to->guests -= c->guest ? 1 : 0;
    put(l, c->from);
    put(l, c->to);
    c->from = c->to = NULL;
}

p2p_ns p2p__relay_ledger_deadline(const struct p2p__relay_ledger *l)
{
    struct p2p__list *link = p2p__list_first(&l->reserved);

    return link == NULL
               ? P2P_NEVER
               : P2P__CONTAINER(link, struct p2p__relay_peer, link)->expires;
}

bool p2p__relay_ledger_expire(struct p2p__relay_ledger *l, p2p_ns now,
                              struct p2p_peer_id *whose)
{
    struct p2p__list *link = p2p__list_first(&l->reserved);
    struct p2p__relay_peer *p;

    if (link == NULL || p2p__relay_ledger_deadline(l) > now) {
        return false;
    }
    p = P2P__CONTAINER(link, struct p2p__relay_peer, link);
    *whose = p->id;
    end_reservation(l, p);
    put(l, p);
    return true;
}
