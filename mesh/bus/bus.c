/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host, its pubsub, and a list of peers that outlives their connections.
 * Happy path: the host's events keep the list; the rest looks things up in it.
 */
#include "mesh/bus/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p2p/p2p.h>

#include "mesh/bus/gateway.h"
#include "mesh/bus/inner.h"
#include "mesh/bus/reach.h"
#include "mesh/bus/relays.h"
#include "mesh/bus/ways.h"

/* A peer at two addresses is told of again after so long. */
#define TWIN_NS UINT64_C(600000000000)

struct um_bus_entry *um_bus_find(const struct um_bus *bus,
                                 const struct p2p_peer_id *id)
{
    struct um_bus_entry *e = bus->peers;

    while (e != NULL && !p2p_peer_id_equal(&e->id, id)) {
        e = e->next;
    }
    return e;
}

bool um_bus_is_part(const struct um_bus *bus, const struct p2p_peer_id *id)
{
    return !bus->closing && bus->cfg.may != NULL &&
           bus->cfg.may(bus->cfg.user, id);
}

bool um_bus_is_member(const struct um_bus *bus, const struct p2p_peer_id *id)
{
    return um_bus_is_part(bus, id) &&
           (bus->cfg.member == NULL || bus->cfg.member(bus->cfg.user, id));
}

bool um_bus_is_named(const struct um_bus *bus, const struct p2p_peer_id *id)
{
    return um_named_among(bus->cfg.peers, bus->cfg.n_peers, id);
}

/* Forgets the peer that has been gone for longest. */
static void forget_one(struct um_bus *bus)
{
    struct um_bus_entry **oldest = NULL;

    for (struct um_bus_entry **at = &bus->peers; *at != NULL;
         at = &(*at)->next) {
        if (!(*at)->connected &&
            (oldest == NULL || (*at)->changed_ns < (*oldest)->changed_ns)) {
            oldest = at;
        }
    }
    if (oldest != NULL) {
        struct um_bus_entry *e = *oldest;

        *oldest = e->next;
        um_relays_let_go(bus, e);
        um_kept_drop(&e->kept, bus->host, &e->id);
        free(e);
        bus->n_peers--;
    }
}

struct um_bus_entry *um_bus_entry_for(struct um_bus *bus,
                                      const struct p2p_peer_id *id)
{
    struct um_bus_entry *e = um_bus_find(bus, id);

    if (e != NULL) {
        return e;
    }
    if (bus->n_peers >= UM__CAP_BUS_PEERS) {
        forget_one(bus);
    }
    e = calloc(1, sizeof *e);
    if (e != NULL) {
        e->id = *id;
        e->next = bus->peers;
        bus->peers = e;
        bus->n_peers++;
    }
    return e;
}

static void on_peer_up(void *user, const struct p2p_peer_id *peer)
{
    struct um_bus *bus = user;
    struct um_bus_entry *e = um_bus_entry_for(bus, peer);

    if (e != NULL) {
        e->connected = true;
        e->changed_ns = p2p_loop_now_ns(bus->cfg.loop);
        um_kept_guard(&e->kept, bus->host, peer, um_bus_is_member(bus, peer));
    }
    bus->n_connected++;
    bus->cfg.cb->peer_up(bus->cfg.user, peer);
}

struct p2p_conn_info *um_bus_conns(const struct um_bus *bus, size_t *n)
{
    struct p2p_conn_info *conns;

    *n = p2p_host_conns(bus->host, NULL, 0, sizeof *conns);
    *n = *n < UM_BUS_CONNS ? *n : UM_BUS_CONNS;
    conns = calloc(*n + 1, sizeof *conns);
    if (conns == NULL) {
        *n = 0;
        return NULL;
    }
    (void)p2p_host_conns(bus->host, conns, *n, sizeof *conns);
    return conns;
}

/* Whether both are the same host; all loopback addresses are this one. */
static bool same_host(const struct um_ip *a, const struct um_ip *b)
{
    return um_ip_eq(a, b) || (um_ip_is_loopback(a) && um_ip_is_loopback(b));
}

/* Whether a connection's peer is connected from another address; which. */
static bool conn_elsewhere(const struct um_bus *bus,
                           const struct p2p_conn_info *conn,
                           struct p2p_multiaddr *other)
{
    size_t n;
    struct p2p_conn_info *conns = um_bus_conns(bus, &n);
    struct um_ip here, there;
    bool found = false;

    for (size_t i = 0; i < n && !found; i++) {
        found = p2p_peer_id_equal(&conns[i].peer, &conn->peer) &&
                um_kept_ip(&conn->addr, &here) &&
                um_kept_ip(&conns[i].addr, &there) && here.len == there.len &&
                !same_host(&here, &there);
        if (found) {
            *other = conns[i].addr;
        }
    }
    free(conns);
    return found;
}

/* A connection opened; is its peer connected from another address as well? */
static void on_connected(void *user, const struct p2p_conn_info *conn)
{
    struct um_bus *bus = user;
    struct um_bus_entry *e = um_bus_find(bus, &conn->peer);
    uint64_t now = p2p_loop_now_ns(bus->cfg.loop);
    char id[P2P_PEER_ID_TEXT_MAX];
    char here[P2P_MULTIADDR_TEXT_MAX], there[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_multiaddr other;

    if (e == NULL || (e->twin_ns != 0 && now - e->twin_ns < TWIN_NS) ||
        !conn_elsewhere(bus, conn, &other)) {
        return;
    }
    e->twin_ns = now;
    um_log_line(bus->cfg.log, UM_LOG_WARN,
                "%s is at two addresses, %s and %s: it has a new one, or two "
                "networks, or a second node runs on a copy of its state "
                "folder, which must not be",
                p2p_peer_id_text(&conn->peer, id),
                p2p_multiaddr_text(&other, there),
                p2p_multiaddr_text(&conn->addr, here));
}

static void on_peer_down(void *user, const struct p2p_peer_id *peer)
{
    struct um_bus *bus = user;
    struct um_bus_entry *e = um_bus_find(bus, peer);

    if (e != NULL) {
        e->connected = false;
        e->changed_ns = p2p_loop_now_ns(bus->cfg.loop);
        e->observed.len = 0;
        um_meet_gone(e);
    }
    bus->n_connected--;
    if (e != NULL && um_bus_is_part(bus, peer) && !um_bus_is_named(bus, peer)) {
        um_kept_hold(&e->kept, bus->host, peer);
    }
    um_named_gone(bus->named, peer);
    bus->cfg.cb->peer_down(bus->cfg.user, peer);
}

/* What um_bus_known() tells may be another. */
static void tell_learned(const struct um_bus *bus)
{
    if (bus->cfg.cb->learned != NULL) {
        bus->cfg.cb->learned(bus->cfg.user);
    }
}

static void on_identified(void *user, const struct p2p_peer_info *info)
{
    const struct um_bus *bus = user;
    struct um_bus_entry *e = um_bus_find(bus, &info->peer);
    size_t n;

    if (e == NULL) {
        return;
    }
    if (info->observed.len > 0) {
        e->observed = info->observed;
    }
    if (info->n_addrs > 0) {
        um_kept_note(&e->kept, info);
        um_relays_note(bus, e, info);
    }
    if (info->n_addrs > 0 && um_bus_is_part(bus, &info->peer)) {
        tell_learned(bus);
    }
    if (info->n_protocols > 0) {
        um_relays_told(bus, e, info);
        um_meet_told(e, info);
    }
    if (info->push && info->agent[0] == '\0') {
        return; /* a push leaves out what has not changed */
    }
    n = strlen(info->agent);
    n = n < sizeof e->agent ? n : sizeof e->agent - 1;
    memcpy(e->agent, info->agent, n);
    e->agent[n] = '\0';
}

static void on_found(void *user, const struct p2p_peer_id *peer,
                     const struct p2p_multiaddr *addrs, size_t n_addrs)
{
    const struct um_bus *bus = user;

    (void)addrs;
    (void)n_addrs;
    if (um_bus_find(bus, peer) == NULL || !um_bus_find(bus, peer)->connected) {
        bus->cfg.cb->found(bus->cfg.user, peer);
    }
}

static void on_twin(void *user, const struct p2p_multiaddr *addr)
{
    struct um_bus *bus = user;
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)snprintf(bus->twin, sizeof bus->twin, "%s",
                   p2p_multiaddr_text(addr, text));
    bus->cfg.cb->twin(bus->cfg.user, bus->twin);
}

/* Peers want more than this host holds for them. */
static void on_limited(void *user, const struct p2p_limited *what)
{
    const struct um_bus *bus = user;
    char peer[P2P_PEER_ID_TEXT_MAX] = "", addr[P2P_MULTIADDR_TEXT_MAX] = "";

    if (what->peer.len > 0) {
        (void)p2p_peer_id_text(&what->peer, peer);
    }
    if (what->addr.len > 0) {
        (void)p2p_multiaddr_text(&what->addr, addr);
    }
    um_log_line(bus->cfg.log, UM_LOG_WARN,
                "a limit was hit: %s (%s), %llu times%s%s%s%s", what->what,
                what->scope, (unsigned long long)what->times,
                peer[0] != '\0' ? ", last by " : "", peer,
                addr[0] != '\0' ? ", last from " : "", addr);
}

static void on_addrs_changed(void *user)
{
    struct um_bus *bus = user;

    um_meet_moved(bus);
    if (bus->cfg.cb->moved != NULL) {
        bus->cfg.cb->moved(bus->cfg.user);
    }
}

static void on_log(void *user, int level, const char *text)
{
    const struct um_bus *bus = user;

    um_log_line(bus->cfg.log, (enum um_log_level)level, "%s", text);
}

static const struct p2p_host_events events = {
    .connected = on_connected,
    .peer_up = on_peer_up,
    .peer_down = on_peer_down,
    .identified = on_identified,
    .found = on_found,
    .twin = on_twin,
    .limited = on_limited,
    .addrs_changed = on_addrs_changed,
    .log = on_log,
};

/* One answer for all topics: the mesh has none for others. */
static bool peer_may(void *user, const struct p2p_peer_id *peer,
                     const char *topic)
{
    const struct um_bus *bus = user;

    (void)topic;
    return bus->cfg.may(bus->cfg.user, peer);
}

/* A peer that came by a relay needs it no more, or goes on needing it. */
static void on_punched(void *user, const struct p2p_dcutr_result *r)
{
    const struct um_bus *bus = user;
    char id[P2P_PEER_ID_TEXT_MAX];

    um_log_line(bus->cfg.log, r->ok ? UM_LOG_INFO : UM_LOG_DEBUG,
                r->ok ? "%s is met without a relay now"
                      : "%s is met by a relay alone: no way through the NATs",
                p2p_peer_id_text(&r->peer, id));
}

static int start_host(struct um_bus *bus)
{
    const struct um_bus_cfg *cfg = &bus->cfg;
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    struct p2p_pubsub_config pc = P2P_PUBSUB_CONFIG_INIT;
    struct p2p_dcutr_config punch = P2P_DCUTR_CONFIG_INIT;
    struct um_reach_cfg reach;
    struct um_ways ways;
    int rv;

    um_ways_fill(&ways, cfg->article); /* that speaks no other */
    um_reach_fill(&reach, bus, &hc);
    hc.transports = ways.transports;
    hc.security = ways.security;
    hc.key = cfg->key;
    hc.agent = cfg->agent;
    hc.events = &events;
    hc.user = bus;
    hc.mplex = cfg->article;
    hc.mdns = cfg->mdns;
    hc.mdns_2021 = cfg->mdns && cfg->article;
    hc.mdns_dial = true;
    punch.done = on_punched;
    punch.user = bus;
    hc.dcutr = cfg->article ? NULL : &punch;
    hc.log_level = cfg->log != NULL ? (int)cfg->log->level : 0;
    pc.peer_may = cfg->may != NULL ? peer_may : NULL;
    pc.may_user = bus;
    pc.limited = true;
    rv = p2p_host_new(cfg->loop, &hc, &bus->host);
    if (rv == 0) {
        rv = p2p_pubsub_new(bus->host, &pc, &bus->pubsub);
    }
    if (rv == 0 && cfg->may != NULL) {
        /* It sends any number of bytes to whoever asks. */
        rv = p2p_host_handle(bus->host, "/perf/1.0.0", NULL, NULL);
    }
    if (rv != 0) {
        um_log_line(cfg->log, UM_LOG_ERROR, "cannot start the host: %s",
                    p2p_err_text(rv));
    }
    return rv;
}

static int start_listening(struct um_bus *bus)
{
    const struct um_bus_cfg *cfg = &bus->cfg;
    size_t listening = 0;

    for (size_t i = 0; i < cfg->n_listen; i++) {
        int rv = p2p_host_listen(bus->host, cfg->listen[i]);

        if (rv != 0) {
            um_log_line(cfg->log, UM_LOG_WARN, "cannot listen at %s: %s",
                        cfg->listen[i],
                        rv == P2P_EUNREACH  ? "this machine has no such address"
                        : rv == P2P_ENOTSUP ? "this build has no such transport"
                                            : p2p_err_text(rv));
        } else {
            listening++;
        }
    }
    if (listening == 0) {
        um_log_line(cfg->log, UM_LOG_ERROR, "there is no address to listen at");
        return -1;
    }
    return 0;
}

/* Peers named by hand are kept: dialed now, and again when they go. */
static int add_peers(struct um_bus *bus)
{
    for (size_t i = 0; i < bus->cfg.n_peers; i++) {
        const char *text = bus->cfg.peers[i];
        int rv = um_named_add(&bus->named, bus->cfg.loop, bus->host, text,
                              bus->cfg.log);

        if (rv != 0) {
            um_log_line(bus->cfg.log, UM_LOG_ERROR, "--peer %s: %s", text,
                        p2p_err_text(rv));
            return rv;
        }
    }
    return 0;
}

/* Reservations at relays that were named by hand. */
static int add_relays(struct um_bus *bus)
{
    for (size_t i = 0; i < bus->cfg.n_relays; i++) {
        const char *text = bus->cfg.relays[i];
        int rv = um_relays_keep(bus->host, text);

        if (rv == P2P_ESELF) {
            um_log_line(bus->cfg.log, UM_LOG_WARN, "--relay %s is this node",
                        text);
        } else if (rv != 0) {
            um_log_line(bus->cfg.log, UM_LOG_ERROR, "--relay %s: %s", text,
                        p2p_err_text(rv));
            return rv;
        }
    }
    return 0;
}

/* Peers that are dialed while nobody is connected. */
static int add_entries(struct um_bus *bus)
{
    int rv = 0;

    for (size_t i = 0; i < bus->cfg.n_entries && rv == 0; i++) {
        rv = p2p_host_bootstrap(bus->host, bus->cfg.entries[i]);
        if (rv != 0) {
            um_log_line(bus->cfg.log, UM_LOG_ERROR, "--bootstrap %s: %s",
                        bus->cfg.entries[i], p2p_err_text(rv));
        }
    }
    return rv;
}

/* Without a gateway that lets peers in the rest goes on. */
static void begin_gateway(struct um_bus *bus)
{
    int rv = um_gateway_begin(bus);

    if (rv != 0) {
        um_log_line(bus->cfg.log, UM_LOG_WARN, "--portmap: %s",
                    rv == P2P_ENOTSUP ? "this build cannot ask a gateway"
                                      : p2p_err_text(rv));
    }
}

struct um_bus *um_bus_new(const struct um_bus_cfg *cfg)
{
    struct um_bus *bus = calloc(1, sizeof *bus);

    if (bus == NULL) {
        return NULL;
    }
    bus->cfg = *cfg;
    if (start_host(bus) != 0 || start_listening(bus) != 0 ||
        add_peers(bus) != 0 || add_relays(bus) != 0 || add_entries(bus) != 0) {
        um_bus_free(bus);
        return NULL;
    }
    if (cfg->portmap) {
        begin_gateway(bus);
    }
    return bus;
}

void um_bus_free(struct um_bus *bus)
{
    if (bus == NULL) {
        return;
    }
    bus->closing = true;
    um_named_close(bus->named);
    um_gateway_end(bus);
    p2p_host_free(bus->host);
    um_named_free(bus->named);
    while (bus->peers != NULL) {
        struct um_bus_entry *e = bus->peers;

        bus->peers = e->next;
        free(e);
    }
    while (bus->subs != NULL) {
        struct um_bus_subscription *s = bus->subs;

        bus->subs = s->next;
        free(s);
    }
    free(bus);
}

const struct p2p_peer_id *um_bus_id(const struct um_bus *bus)
{
    return p2p_host_id(bus->host);
}

void um_bus_addrs(const struct um_bus *bus,
                  void (*each)(void *user, const char *addr), void *user)
{
    struct p2p_multiaddr addrs[UM_BUS_ADDRS];
    char text[P2P_MULTIADDR_TEXT_MAX];
    size_t n = p2p_host_addrs(bus->host, addrs, UM_BUS_ADDRS);

    for (size_t i = 0; i < n && i < UM_BUS_ADDRS; i++) {
        each(user, p2p_multiaddr_text(&addrs[i], text));
    }
}

const char *um_bus_twin(const struct um_bus *bus)
{
    return bus->twin;
}

size_t um_bus_connected(const struct um_bus *bus)
{
    return bus->n_connected;
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *msg)
{
    const struct um_bus_subscription *s = user;

    char from[P2P_PEER_ID_TEXT_MAX], via[P2P_PEER_ID_TEXT_MAX];

    if (msg->len > UM__CAP_BUS_MESSAGE_BYTES) {
        return P2P_REJECT;
    }
    if (um_log_takes(s->bus->cfg.log, UM_LOG_DEBUG)) {
        um_log_line(s->bus->cfg.log, UM_LOG_DEBUG, "message of %s on %s via %s",
                    p2p_peer_id_text(&msg->from, from), msg->topic,
                    p2p_peer_id_text(&msg->via, via));
    }
    switch (s->on_message(s->user, &msg->from, msg->data, msg->len)) {
        case UM_BUS_ACCEPT:
            return P2P_ACCEPT;
        case UM_BUS_IGNORE:
            return P2P_IGNORE;
        case UM_BUS_REJECT:
            break;
    }
    return P2P_REJECT;
}

int um_bus_subscribe(struct um_bus *bus, const char *topic,
                     um_bus_message *on_msg, void *user)
{
    struct um_bus_subscription *s = calloc(1, sizeof *s);
    int rv;

    if (s == NULL) {
        return P2P_ENOMEM;
    }
    s->bus = bus;
    s->on_message = on_msg;
    s->user = user;
    rv = p2p_pubsub_subscribe(bus->pubsub, topic, on_message, s);
    if (rv != 0) {
        free(s);
        return rv;
    }
    s->next = bus->subs;
    bus->subs = s;
    return 0;
}

int um_bus_unsubscribe(struct um_bus *bus, const char *topic)
{
    return p2p_pubsub_unsubscribe(bus->pubsub, topic);
}

int um_bus_publish(struct um_bus *bus, const char *topic, const void *data,
                   size_t len)
{
    return p2p_pubsub_publish(bus->pubsub, topic, data, len);
}

void um_bus_recheck(struct um_bus *bus)
{
    p2p_pubsub_recheck(bus->pubsub);
    p2p_autonat_recheck(bus->host);
    tell_learned(bus);
    for (struct um_bus_entry *e = bus->peers; e != NULL; e = e->next) {
        if (!um_bus_is_part(bus, &e->id)) {
            um_relays_let_go(bus, e);
            um_relays_deny(bus, e);
            um_kept_drop(&e->kept, bus->host, &e->id);
            continue;
        }
        um_kept_guard(&e->kept, bus->host, &e->id,
                      um_bus_is_member(bus, &e->id));
        if (!e->connected && !um_bus_is_named(bus, &e->id)) {
            um_kept_hold(&e->kept, bus->host, &e->id);
        }
    }
}

int um_bus_serve(struct um_bus *bus, const char *protocol,
                 p2p_stream_handler on_stream, void *user)
{
    return p2p_host_handle(bus->host, protocol, on_stream, user);
}

int um_bus_open(struct um_bus *bus, const struct p2p_peer_id *peer,
                const char *const *protocol, const struct p2p_stream_events *on,
                void *user, struct p2p_stream **out)
{
    return p2p_stream_open_limited(bus->host, peer, protocol, 1, on, user, out);
}

int um_bus_dial(struct um_bus *bus, const char *addr, p2p_dial_done done,
                void *user)
{
    return p2p_host_dial(bus->host, addr, done, user);
}

bool um_bus_is_up(const struct um_bus *bus, const struct p2p_peer_id *peer)
{
    const struct um_bus_entry *e = um_bus_find(bus, peer);

    return e != NULL && e->connected;
}

size_t um_bus_subscribers(const struct um_bus *bus, const char *topic)
{
    return p2p_pubsub_peers(bus->pubsub, topic, false, NULL, 0);
}

/* Whether a connection (with `peer`, unless NULL) leads to an address. */
static bool conn_at(const struct um_bus *bus, const struct p2p_peer_id *peer,
                    const struct um_ip *ip)
{
    size_t n;
    struct p2p_conn_info *conns = um_bus_conns(bus, &n);
    bool found = false;

    for (size_t i = 0; i < n && !found; i++) {
        struct um_ip at;

        found = (peer == NULL || p2p_peer_id_equal(&conns[i].peer, peer)) &&
                um_kept_ip(&conns[i].addr, &at) && same_host(&at, ip);
    }
    free(conns);
    return found;
}

bool um_bus_peer_at(const struct um_bus *bus, const struct p2p_peer_id *peer,
                    const struct um_ip *ip)
{
    return conn_at(bus, peer, ip);
}

bool um_bus_anybody_at(const struct um_bus *bus, const struct um_ip *ip)
{
    return conn_at(bus, NULL, ip);
}

bool um_bus_observed(const struct um_bus *bus, struct um_ip *ip)
{
    size_t best = 0;

    for (const struct um_bus_entry *a = bus->peers; a != NULL; a = a->next) {
        struct um_ip x, y;
        size_t votes = 0;

        if (!a->connected || !um_kept_ip(&a->observed, &x)) {
            continue;
        }
        for (const struct um_bus_entry *b = bus->peers; b != NULL;
             b = b->next) {
            votes +=
                b->connected && um_kept_ip(&b->observed, &y) && um_ip_eq(&x, &y)
                    ? 1
                    : 0;
        }
        if (votes > best) {
            best = votes;
            *ip = x;
        }
    }
    return best > 0;
}

bool um_bus_own_ip(const struct um_bus *bus, const struct um_ip *ip)
{
    struct p2p_multiaddr addrs[UM_BUS_ADDRS];
    size_t n = p2p_host_addrs(bus->host, addrs, UM_BUS_ADDRS);
    struct um_ip own;

    if (um_ip_is_loopback(ip) ||
        (um_bus_observed(bus, &own) && um_ip_eq(&own, ip))) {
        return true;
    }
    for (size_t i = 0; i < n && i < UM_BUS_ADDRS; i++) {
        if (um_kept_ip(&addrs[i], &own) && um_ip_eq(&own, ip)) {
            return true;
        }
    }
    return false;
}
