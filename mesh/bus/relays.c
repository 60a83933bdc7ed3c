/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See relays.h, and bus.h for what the daemon asks for. The library keeps a
 * reservation, once it is told of a relay, and asks again when it is lost.
 * Failure mode: no relay has room; then this host has no address by one, and
 * um_bus_relays_held() says so.
 */
#include "mesh/bus/relays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/bus/inner.h"

#define HOP     "/libp2p/circuit/relay/0.2.0/hop"
#define CIRCUIT "/p2p-circuit"

/* What a relay of a mesh grants: ADR 0021 says why so much. */
#define CIRCUIT_S     3600U
#define CIRCUIT_BYTES (UINT64_C(256) << 20)
#define PER_ADDR      64U

bool um_relays_via(const struct p2p_multiaddr *ma, struct p2p_peer_id *out)
{
    struct p2p_multiaddr_part part, last = {0};
    size_t at = 0;

    while (p2p_multiaddr_next(ma, &at, &part)) {
        if (part.code == P2P_MULTIADDR_CIRCUIT) {
            return last.code == P2P_MULTIADDR_P2P &&
                   p2p_peer_id_from_bytes(last.value, last.len, out) == 0;
        }
        last = part;
    }
    return false;
}

int um_relays_keep(struct p2p_host *host, const char *text)
{
    char at[P2P_MULTIADDR_TEXT_MAX];
    size_t len = strlen(text), tail = sizeof CIRCUIT - 1;
    bool whole = len > tail && strcmp(text + len - tail, CIRCUIT) == 0;
    int n = snprintf(at, sizeof at, "%s%s", text, whole ? "" : CIRCUIT);

    return n < (int)sizeof at ? p2p_host_listen(host, at) : P2P_ETOOBIG;
}

void um_relays_told(const struct um_bus *bus, struct um_bus_entry *e,
                    const struct p2p_peer_info *info)
{
    e->relays = false;
    for (size_t i = 0; i < info->n_protocols; i++) {
        e->relays = e->relays || strcmp(info->protocols[i], HOP) == 0;
    }
    if (!e->relays) {
        um_relays_let_go(bus, e);
    }
}

/* ---- this host as a relay */

/* What was asked before this host ceased to be a relay is still answered, and
 * without a mesh everybody has a part: `relays` says that it serves. */
static bool may_reserve(void *user, const struct p2p_peer_id *peer)
{
    const struct um_bus *bus = user;

    return bus->relays && um_bus_is_part(bus, peer);
}

static bool may_meet(void *user, const struct p2p_peer_id *from,
                     const struct p2p_peer_id *to)
{
    const struct um_bus *bus = user;

    return bus->relays && um_bus_is_part(bus, to) &&
           (um_bus_is_part(bus, from) ||
            (bus->cfg.awaits != NULL && bus->cfg.awaits(bus->cfg.user, to)));
}

bool um_bus_is_relay(const struct um_bus *bus)
{
    return bus->relays;
}

int um_bus_relay(struct um_bus *bus, bool on)
{
    struct p2p_relay_config cfg = P2P_RELAY_CONFIG_INIT;
    int rv;

    if (on == bus->relays) {
        return 0;
    }
    cfg.circuit_s = CIRCUIT_S;
    cfg.circuit_bytes = CIRCUIT_BYTES;
    cfg.max_reservations_per_addr = PER_ADDR;
    cfg.allow = may_reserve;
    cfg.allow_circuit = may_meet;
    cfg.user = bus;
    rv = p2p_relay_serve(bus->host, on ? &cfg : NULL);
    bus->relays = rv == 0 ? on : bus->relays;
    return rv;
}

/* ---- relays of others */

/* By how many relays this host is reached now, UM_BUS_RELAYS at most; `open`:
 * from everywhere. */
static size_t held(const struct um_bus *bus, bool open)
{
    struct p2p_multiaddr addrs[UM_BUS_ADDRS];
    size_t n = p2p_host_addrs(bus->host, addrs, UM_BUS_ADDRS), count = 0;
    struct p2p_peer_id via, all[UM_BUS_RELAYS];

    for (size_t i = 0; i < n && i < UM_BUS_ADDRS && count < UM_BUS_RELAYS;
         i++) {
        size_t j = 0;

        if (!um_relays_via(&addrs[i], &via) ||
            (open && !p2p_multiaddr_is_public(&addrs[i]))) {
            continue;
        }
        while (j < count && !p2p_peer_id_equal(&all[j], &via)) {
            j++;
        }
        if (j == count) {
            all[count++] = via;
        }
    }
    return count;
}

size_t um_bus_relays_held(const struct um_bus *bus)
{
    return held(bus, false);
}

int um_bus_relay_status(const struct um_bus *bus, const char *relay)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id id;

    if (p2p_multiaddr_from_text(relay, strlen(relay), &ma) != 0 ||
        (!um_relays_via(&ma, &id) && !p2p_multiaddr_peer(&ma, &id))) {
        return P2P_EFORMAT;
    }
    return p2p_relay_status(bus->host, &id);
}

/* Asks who is at the other end of a connection for a reservation. */
static void lean_on(struct um_bus *bus, struct um_bus_entry *e,
                    const struct p2p_conn_info *c)
{
    struct p2p_multiaddr at = c->addr;
    char text[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];

    if (p2p_multiaddr_append_peer(&at, &e->id) != 0 ||
        um_relays_keep(bus->host, p2p_multiaddr_text(&at, text)) != 0) {
        return;
    }
    e->leaned = true;
    um_log_line(bus->cfg.log, UM_LOG_INFO,
                "%s is asked to be a relay for this node",
                p2p_peer_id_text(&e->id, id));
}

void um_relays_let_go(const struct um_bus *bus, struct um_bus_entry *e)
{
    if (e->leaned) {
        e->leaned = false;
        (void)p2p_relay_forget(bus->host, &e->id);
    }
}

void um_relays_deny(const struct um_bus *bus, const struct um_bus_entry *e)
{
    (void)p2p_relay_drop(bus->host, &e->id);
}

/* Relays that few reach make room: only so many addresses are told. */
static void let_near_go(const struct um_bus *bus)
{
    for (struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        if (e->open.len == 0) {
            um_relays_let_go(bus, e);
        }
    }
}

/* Whether two addresses begin alike: with an IP address and a port. */
static bool same_place(const struct p2p_multiaddr *a,
                       const struct p2p_multiaddr *b)
{
    struct p2p_multiaddr_part x, y;
    size_t i = 0, j = 0;

    for (unsigned k = 0; k < 2; k++) {
        if (!p2p_multiaddr_next(a, &i, &x) || !p2p_multiaddr_next(b, &j, &y) ||
            x.code != y.code || x.len != y.len ||
            memcmp(x.value, y.value, x.len) != 0) {
            return false;
        }
    }
    return true;
}

/* Whether a peer says that it listens at a public address. */
static bool listens(const struct p2p_peer_info *info,
                    const struct p2p_multiaddr *ma)
{
    bool does = false;

    for (size_t i = 0; i < info->n_addrs && !does; i++) {
        does = same_place(&info->addrs[i], ma);
    }
    return does && p2p_multiaddr_is_public(ma);
}

/* Whether a peer says that it has any public address. */
static bool tells_public(const struct p2p_peer_info *info)
{
    bool does = false;

    for (size_t i = 0; i < info->n_addrs && !does; i++) {
        does = p2p_multiaddr_is_public(&info->addrs[i]);
    }
    return does;
}

void um_relays_note(const struct um_bus *bus, struct um_bus_entry *e,
                    const struct p2p_peer_info *info)
{
    struct p2p_conn_info *conns;
    struct p2p_peer_id via;
    size_t n;

    if (listens(info, &e->open)) {
        return; /* as before */
    }
    e->open.len = 0;
    if (!tells_public(info)) {
        return;
    }
    conns = um_bus_conns(bus, &n);
    for (size_t i = 0; i < n && e->open.len == 0; i++) {
        if (conns[i].outbound && p2p_peer_id_equal(&conns[i].peer, &e->id) &&
            !um_relays_via(&conns[i].addr, &via) &&
            listens(info, &conns[i].addr)) {
            e->open = conns[i].addr;
        }
    }
    free(conns);
}

/* Whether a peer can be asked: it has a part, serves, is no relay of ours yet
 * and was dialed; `open`: where everybody can dial it, and not, as it may be,
 * in the network of a site or through a hole in a NAT. */
static struct um_bus_entry *candidate(const struct um_bus *bus,
                                      const struct p2p_conn_info *c, bool open)
{
    struct um_bus_entry *e = um_bus_find(bus, &c->peer);
    struct p2p_peer_id via;

    return e != NULL && e->relays && c->outbound &&
                   !um_relays_via(&c->addr, &via) &&
                   (!open || p2p_multiaddr_equal(&c->addr, &e->open)) &&
                   p2p_relay_status(bus->host, &c->peer) == P2P_ESTATE &&
                   um_bus_is_part(bus, &c->peer)
               ? e
               : NULL;
}

/* How many were asked and have not answered. */
static size_t pending(const struct um_bus *bus, bool open)
{
    size_t n = 0;

    for (const struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        n += e->leaned && (!open || e->open.len > 0) &&
             p2p_relay_status(bus->host, &e->id) == P2P_EAGAIN;
    }
    return n;
}

/* Asks whom it can as long as there are too few; how many there are then. */
static size_t seek(struct um_bus *bus, bool open)
{
    size_t have = held(bus, open) + pending(bus, open), n;
    struct p2p_conn_info *conns = um_bus_conns(bus, &n);

    for (size_t i = 0; i < n && have < UM_BUS_RELAYS; i++) {
        struct um_bus_entry *e = candidate(bus, &conns[i], open);

        if (e != NULL) {
            if (open) {
                let_near_go(bus);
            }
            lean_on(bus, e, &conns[i]);
            have += e->leaned;
        }
    }
    free(conns);
    return have;
}

/* A relay that all reach is worth more than any that a site has: these are
 * asked where there is no other. */
void um_bus_seek_relays(struct um_bus *bus)
{
    if (seek(bus, true) == 0) {
        (void)seek(bus, false);
    }
}

bool um_bus_sparing(const struct um_bus *bus, const struct p2p_peer_id *peer)
{
    size_t n;
    struct p2p_conn_info *conns = um_bus_conns(bus, &n);
    bool limited = false, whole = false;

    for (size_t i = 0; i < n; i++) {
        if (p2p_peer_id_equal(&conns[i].peer, peer)) {
            limited = limited || conns[i].limited;
            whole = whole || !conns[i].limited;
        }
    }
    free(conns);
    return limited && !whole;
}
