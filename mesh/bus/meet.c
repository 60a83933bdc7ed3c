/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See meet.h, and bus.h for what the daemon asks for. Happy path: this host
 * registers at two points that it is connected with, again before that ends
 * and whenever its addresses change, and asks there for those that are missed,
 * and at two more. All prefer the same points, or they would miss each other.
 * What is found is signed by whom it is about, and is dialed if he has a part.
 * Failure modes: no point, or none that knows him; a point that refuses or does
 * not answer is asked again after a minute.
 */
#include "mesh/bus/meet.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/bus/inner.h"

#define RENDEZVOUS "/rendezvous/1.0.0"

#define NS_PER_S UINT64_C(1000000000)

/* How long a registration is asked for, and what a point grants. */
#define TTL_S 7200U

/* A name for the mesh, and one for who has just left another one. */
#define PER_PEER 2U

/* Before a point is asked again: for news, and after no answer. */
#define NEWS_NS  (20 * NS_PER_S)
#define AGAIN_NS (60 * NS_PER_S)

/* ---- this host as a point */

static bool may_meet(void *user, const struct p2p_peer_id *peer)
{
    const struct um_bus *bus = user;

    return bus->meets && um_bus_is_member(bus, peer);
}

int um_bus_point(struct um_bus *bus, bool on)
{
    struct p2p_rendezvous_config cfg = P2P_RENDEZVOUS_CONFIG_INIT;
    int rv;

    if (on == bus->meets) {
        return 0;
    }
    cfg.max_registrations_per_peer = PER_PEER;
    cfg.max_ttl_s = TTL_S;
    cfg.allow = may_meet;
    cfg.user = bus;
    rv = p2p_rendezvous_serve(bus->host, on ? &cfg : NULL);
    bus->meets = rv == 0 ? on : bus->meets;
    return rv;
}

/* ---- points of others */

/* As of a point that was never asked; what is under way goes on. */
static void begin_anew(struct um_meet *m)
{
    m->renew_ns = m->ask_ns = 0;
    m->cookie.len = 0;
    m->turn++;
}

void um_meet_told(struct um_bus_entry *e, const struct p2p_peer_info *info)
{
    bool point = false;

    for (size_t i = 0; i < info->n_protocols; i++) {
        point = point || strcmp(info->protocols[i], RENDEZVOUS) == 0;
    }
    if (point != e->meet.point) {
        begin_anew(&e->meet);
        e->meet.registered = false;
        e->meet.point = point;
    }
}

void um_meet_gone(struct um_bus_entry *e)
{
    begin_anew(&e->meet);
}

/* What a point was asked: its entry may be forgotten meanwhile. */
struct asked {
    struct um_bus *bus;
    struct p2p_peer_id point;
    uint32_t turn;
};

static struct asked *asked_new(struct um_bus *bus, const struct um_bus_entry *e)
{
    struct asked *a = malloc(sizeof *a);

    if (a != NULL) {
        *a = (struct asked){bus, e->id, e->meet.turn};
    }
    return a;
}

static void on_registered(void *user, int status, uint32_t ttl_s)
{
    struct asked *a = user;
    struct um_bus_entry *e = um_bus_find(a->bus, &a->point);
    uint64_t span = ttl_s / 2 * NS_PER_S;

    if (e != NULL) {
        e->meet.registering = false;
        e->meet.registered = e->meet.registered || status == 0;
    }
    if (e != NULL && e->meet.turn == a->turn) {
        e->meet.renew_ns = p2p_loop_now_ns(a->bus->cfg.loop) +
                           (status == 0 && span > AGAIN_NS ? span : AGAIN_NS);
    }
    free(a);
}

static void enter(struct um_bus *bus, struct um_bus_entry *e, const char *ns)
{
    struct asked *a = asked_new(bus, e);

    e->meet.registering =
        a != NULL && p2p_rendezvous_register(bus->host, &e->id, ns, TTL_S,
                                             on_registered, a) == 0;
    if (!e->meet.registering) {
        e->meet.renew_ns = p2p_loop_now_ns(bus->cfg.loop) + AGAIN_NS;
        free(a);
    }
}

static void on_found(void *user, const struct p2p_rendezvous_peer *found)
{
    const struct asked *a = user;
    const struct p2p_peer_info info = {
        .peer = found->peer, .addrs = found->addrs, .n_addrs = found->n_addrs};

    um_bus_moved(a->bus, &info, "a rendezvous point", true);
}

static void on_done(void *user, int status,
                    const struct p2p_rendezvous_cookie *cookie)
{
    struct asked *a = user;
    struct um_bus_entry *e = um_bus_find(a->bus, &a->point);

    if (e != NULL) {
        e->meet.asking = false;
    }
    if (e != NULL && e->meet.turn == a->turn) {
        e->meet.ask_ns = p2p_loop_now_ns(a->bus->cfg.loop) +
                         (status == 0 ? NEWS_NS : AGAIN_NS);
        e->meet.cookie = *cookie; /* of none: from the beginning */
    }
    free(a);
}

static void ask(struct um_bus *bus, struct um_bus_entry *e, const char *ns)
{
    static const struct p2p_rendezvous_events events = {.found = on_found,
                                                        .done = on_done};
    const struct p2p_rendezvous_search search = {.ns = ns,
                                                 .cookie = &e->meet.cookie};
    struct asked *a = asked_new(bus, e);

    e->meet.asking =
        a != NULL &&
        p2p_rendezvous_discover(bus->host, &e->id, &search, &events, a) == 0;
    if (!e->meet.asking) {
        e->meet.ask_ns = p2p_loop_now_ns(bus->cfg.loop) + AGAIN_NS;
        free(a);
    }
}

/* The points of a host, those first that all others prefer, too. */
struct ranks {
    struct um_bus_entry *e[UM_BUS_POINTS_ASKED];
    uint8_t sum[UM_BUS_POINTS_ASKED][P2P_SHA256_BYTES];
    size_t n;
};

static void rank(struct ranks *r, struct um_bus_entry *e, const char *ns)
{
    uint8_t sum[P2P_SHA256_BYTES];
    size_t at = r->n;

    p2p_hmac_sha256(ns, strlen(ns), e->id.bytes, e->id.len, sum);
    while (at > 0 && memcmp(sum, r->sum[at - 1], sizeof sum) < 0) {
        at--;
    }
    if (at == UM_BUS_POINTS_ASKED) {
        return;
    }
    r->n += r->n < UM_BUS_POINTS_ASKED;
    for (size_t i = r->n - 1; i > at; i--) {
        r->e[i] = r->e[i - 1];
        memcpy(r->sum[i], r->sum[i - 1], sizeof sum);
    }
    r->e[at] = e;
    memcpy(r->sum[at], sum, sizeof sum);
}

void um_meet_moved(struct um_bus *bus)
{
    for (struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        e->meet.renew_ns = 0;
        e->meet.turn++;
    }
}

void um_bus_meet(struct um_bus *bus, const char *ns, bool missed)
{
    uint64_t now = p2p_loop_now_ns(bus->cfg.loop);
    struct ranks r = {.n = 0};

    for (struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        if (e->meet.point && e->connected && um_bus_is_part(bus, &e->id)) {
            rank(&r, e, ns);
        }
    }
    for (size_t i = 0; i < r.n; i++) {
        const struct um_meet *m = &r.e[i]->meet;

        if (i < UM_BUS_POINTS && !m->registering && m->renew_ns <= now) {
            enter(bus, r.e[i], ns);
        }
        if (missed && !m->asking && m->ask_ns <= now) {
            ask(bus, r.e[i], ns);
        }
    }
}

void um_bus_unmeet(struct um_bus *bus, const char *ns)
{
    for (struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        if (e->connected && (e->meet.registered || e->meet.registering)) {
            (void)p2p_rendezvous_unregister(bus->host, &e->id, ns, NULL, NULL);
        }
        begin_anew(&e->meet);
        e->meet.registered = false;
    }
}
