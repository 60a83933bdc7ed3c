/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Making and ending a host, and its calls that are about peers and
 * connections. Streams, identify, ping, perf, mDNS and pubsub have files of
 * their own.
 */
#include "host/internal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "chan/noise/noise.h"
#include "base/config.h"
#include "host/autonat.h"
#include "host/circuit.h"
#include "p2p/p2p.h"
#include "uv/loop.h"
#include "wire/maddr.h"

#define AGENT "p2p/" P2P_VERSION

static void on_log(void *user, enum p2p__log_level level, const char *text)
{
    const struct p2p_host *h = user;

    if (h->events->log != NULL) {
        h->events->log(h->user, (int)level, text);
    }
}

/* The environment of the host: the world's, with our own logger. */
static void env_random(struct p2p__env *env, void *p, size_t len)
{
    struct p2p__env *up = P2P__CONTAINER(env, struct p2p_host, env)->world_env;

    up->random(up, p, len);
}

static void env_map_seed(struct p2p__env *env, uint64_t seed[2])
{
    p2p__env_seed(P2P__CONTAINER(env, struct p2p_host, env)->world_env, seed);
}

static int64_t env_wall(struct p2p__env *env)
{
    struct p2p__env *up = P2P__CONTAINER(env, struct p2p_host, env)->world_env;

    return up->wall_ns(up);
}

void p2p__host_conn_info(const struct p2p__conn *c, struct p2p_conn_info *out)
{
    *out = (struct p2p_conn_info){
        .peer = c->peer->id,
        .outbound = c->dialer,
        .early_mux = c->early_mux,
        .security = c->security->chan->protocol,
        .muxer = c->sess_ops->protocol,
        .transport = c->place.via->ops->name,
        .rtt_us = c->rtt_ns / 1000,
        .limited = c->limited,
    };
    p2p__conn_maddr(c, &out->addr);
}

static void on_conn_open(void *user, struct p2p__conn *c, p2p_ns now)
{
    struct p2p_host *h = user;
    struct p2p_conn_info info;

    p2p__host_identify_conn(h, c);
    p2p__host_dcutr_conn(h, c, now);
    if (h->events->connected != NULL) {
        p2p__host_conn_info(c, &info);
        h->events->connected(h->user, &info);
    }
}

/* Others see us elsewhere now: where, the peer is asked. */
static void on_conn_moved(void *user, struct p2p__conn *c, p2p_ns now)
{
    struct p2p_host *h = user;

    p2p__host_autonat_closed(h, c);
    p2p__host_identify_again(h, c->peer, now);
}

static void on_conn_closed(void *user, struct p2p__conn *c, int why, p2p_ns now)
{
    struct p2p_host *h = user;
    struct p2p_conn_info info;

    (void)now;
    p2p__host_autonat_closed(h, c);
    if (h->events->disconnected != NULL) {
        p2p__host_conn_info(c, &info);
        h->events->disconnected(h->user, &info, why);
    }
}

static void on_peer_up(void *user, struct p2p__peer *peer, p2p_ns now)
{
    struct p2p_host *h = user;

    (void)now;
    if (h->events->peer_up != NULL) {
        h->events->peer_up(h->user, &peer->id);
    }
    if (h->pubsub != NULL) {
        p2p__pubsub_peer_up(h->pubsub, peer);
    }
}

static void on_peer_down(void *user, struct p2p__peer *peer, p2p_ns now)
{
    struct p2p_host *h = user;

    if (h->pubsub != NULL) {
        p2p__pubsub_peer_down(h->pubsub, peer);
    }
    p2p__host_identify_gone(peer);
    p2p__host_dcutr_gone(h, peer, now);
    p2p__host_autonat_gone(h, &peer->id);
    p2p__host_relay_gone(h, peer);
    p2p__host_reserve_gone(h, peer, now);
    p2p__host_mdns_gone(h, &peer->id, now);
    p2p__host_bootstrap_gone(h, now);
    if (h->events->peer_down != NULL) {
        h->events->peer_down(h->user, &peer->id);
    }
}

static void on_peer_moved(void *user, struct p2p__peer *peer, p2p_ns now)
{
    struct p2p_host *h = user;

    (void)now;
    if (h->pubsub != NULL) {
        p2p__pubsub_peer_moved(h->pubsub, peer);
    }
}

static void on_pong(void *user, struct p2p__conn *c, p2p_ns now)
{
    (void)user;
    (void)c;
    (void)now;
}

static void on_self(void *user, struct p2p__conn *c, p2p_ns now)
{
    p2p__host_twin(user, c, now);
}

static void on_limited(void *user, unsigned row,
                       const struct p2p__refusal_row *what)
{
    p2p__host_limited(user, row, what);
}

static const struct p2p__swarm_cb swarm_cb = {
    .conn_open = on_conn_open,
    .conn_closed = on_conn_closed,
    .peer_up = on_peer_up,
    .peer_down = on_peer_down,
    .peer_moved = on_peer_moved,
    .pong = on_pong,
    .self = on_self,
    .limited = on_limited,
    .conn_moved = on_conn_moved,
};

static void set_limits(const struct p2p_host_config *cfg, struct p2p__limits *l)
{
    p2p__limits_default(l);
    if (cfg->max_conns != 0) {
        l->host_conns_in = l->host_conns_out = cfg->max_conns;
    }
    if (cfg->max_memory != 0) {
        l->host_memory = cfg->max_memory;
    }
    if (cfg->low_water != 0) {
        l->low_water = cfg->low_water;
    }
    if (cfg->high_water != 0) {
        l->high_water = cfg->high_water;
    }
    if (cfg->max_pending_per_addr != 0) {
        l->pending_per_addr = cfg->max_pending_per_addr;
    }
}

static int make_swarm(struct p2p_host *h, const struct p2p_host_config *cfg)
{
    struct p2p__limits limits;
    struct p2p__swarm_cfg sc = {.q = h->world->q,
                                .env = &h->env,
                                .net = h->world->net,
                                .dns = h->world->dns,
                                .key = cfg->key,
                                .limits = &limits,
                                .cb = &swarm_cb,
                                .user = h,
                                .security = cfg->security,
                                .transports = cfg->transports,
                                .psk = cfg->psk,
                                .mplex = cfg->mplex,
                                .no_yamux = cfg->no_yamux};
    int rv;

    set_limits(cfg, &limits);
    if (limits.low_water > limits.high_water) {
        return P2P_EINVAL;
    }
    rv = p2p__swarm_new(&sc, &h->swarm);
    if (rv == 0) {
        h->swarm->circuit =
            (struct p2p__via){.ops = &p2p__circuit_transport, .host = h};
    }
    return rv;
}

static int init_protocols(struct p2p_host *h, const struct p2p_host_config *cfg)
{
    int rv = p2p__host_roam_init(h);

    if (rv == 0) {
        rv = p2p__host_identify_init(h);
    }
    if (rv == 0) {
        rv = p2p__host_ping_init(h);
    }
    if (rv == 0) {
        rv = p2p__host_perf_init(h);
    }
    if (rv == 0) {
        rv = p2p__host_mdns_init(h, cfg);
    }
    if (rv == 0) {
        rv = p2p__host_relay_init(h, cfg->relay);
    }
    if (rv == 0) {
        rv = p2p__host_point_init(h, cfg->rendezvous);
    }
    if (rv == 0) {
        rv = p2p__host_dcutr_init(h, cfg->dcutr);
    }
    if (rv == 0) {
        rv = p2p__host_autonat_init(h, cfg->autonat);
    }
    if (rv == 0) {
        rv = p2p__host_autonat_server_init(h, cfg);
    }
    if (rv == 0) {
        rv = p2p__host_kad_init(h, cfg->dht);
    }
    return rv;
}

/* The safeguard of who never wants to be in a public network.
 * Spec: libp2p pnet, PSK v1, "Safeguard". */
static bool must_be_private(void)
{
    const char *force = getenv("LIBP2P_FORCE_PNET");

    return force != NULL && strcmp(force, "1") == 0;
}

int p2p__host_new(struct p2p__world *world, const struct p2p_host_config *given,
                  struct p2p_host **out)
{
    static const struct p2p_host_events no_events;
    struct p2p_host_config own;
    const struct p2p_host_config *cfg = &own;
    struct p2p_host *h;
    int rv = p2p__config_read(&own, sizeof own, given);

    *out = NULL;
    if (rv != 0 || cfg->key == NULL) {
        return P2P_EINVAL;
    }
    if (cfg->psk == NULL && must_be_private()) {
        return P2P_EACCES;
    }
    h = p2p__zalloc(sizeof *h);
    if (h == NULL) {
        return P2P_ENOMEM;
    }
    h->world = world;
    h->world_env = world->env;
    h->logger =
        (struct p2p__logger){.level = (enum p2p__log_level)cfg->log_level,
                             .user = h,
                             .sink = on_log};
    h->env = (struct p2p__env){.random = env_random,
                               .wall_ns = env_wall,
                               .map_seed = env_map_seed,
                               .log = &h->logger};
    h->key = cfg->key;
    h->events = cfg->events != NULL ? cfg->events : &no_events;
    h->user = cfg->user;
    h->mdns_dial = cfg->mdns_dial;
    p2p__list_init(&h->reservations);
    h->agent = p2p__strdup(cfg->agent != NULL ? cfg->agent : AGENT);
    rv = h->agent == NULL ? P2P_ENOMEM : make_swarm(h, cfg);
    if (rv == 0) {
        rv = init_protocols(h, cfg);
    }
    if (rv != 0) {
        p2p_host_free(h);
        return rv;
    }
    *out = h;
    return 0;
}

const struct p2p_security *p2p_security_noise(void)
{
    return &p2p__noise_security;
}

const struct p2p_transport *p2p_transport_tcp(void)
{
    return &p2p__tcp_transport;
}

int p2p_host_new(struct p2p_loop *loop, const struct p2p_host_config *cfg,
                 struct p2p_host **out)
{
    return p2p__host_new(&loop->world, cfg, out);
}

void p2p_host_free(struct p2p_host *host)
{
    if (host == NULL) {
        return;
    }
    p2p__host_mdns_fini(host);
    if (host->swarm != NULL) {
        p2p__swarm_close(host->swarm, p2p__host_now(host));
    }
    p2p__host_bootstrap_fini(host);
    p2p__host_dcutr_fini(host);
    p2p__host_autonat_fini(host);
    p2p__host_autonat_server_fini(host);
    p2p__host_reserve_fini(host);
    p2p__host_relay_fini(host);
    p2p__host_point_fini(host);
    p2p__host_kad_fini(host);
    p2p__host_identify_fini(host);
    p2p__host_roam_fini(host);
    p2p__pubsub_free(host->pubsub);
    if (host->swarm != NULL) {
        p2p__swarm_free(host->swarm, p2p__host_now(host));
    }
    p2p__free(host->agent);
    p2p__free(host);
}

const struct p2p_peer_id *p2p_host_id(const struct p2p_host *host)
{
    return &host->swarm->self;
}

struct p2p__peer *p2p__host_peer(struct p2p_host *h,
                                 const struct p2p_peer_id *id)
{
    return p2p__peer_get(h->swarm, id);
}

int p2p_host_listen(struct p2p_host *host, const char *addr)
{
    struct p2p_multiaddr ma;
    int rv = p2p_multiaddr_from_text(addr, strlen(addr), &ma);

    if (rv != 0) {
        return rv;
    }
    if (host->n_listen >= P2P__CAP_LISTEN_ADDRS) {
        return P2P_ELIMIT;
    }
    rv = p2p__maddr_has(&ma, P2P_MULTIADDR_CIRCUIT)
             ? p2p__host_reserve(host, &ma)
             : p2p__listener_open(host->swarm, &ma);
    if (rv == 0) {
        host->n_listen++;
        p2p__host_addrs_changed(host);
        p2p__host_roam_told(host);
    }
    return rv;
}

/* A dial that somebody waits for. */
struct waiter {
    p2p_dial_done done;
    void *user;
};

static void on_dialed(void *user, int status, struct p2p__conn *c, p2p_ns now)
{
    struct waiter *w = user;

    (void)now;
    w->done(w->user, status, c != NULL ? &c->peer->id : NULL);
    p2p__free(w);
}

int p2p_host_dial(struct p2p_host *host, const char *addr, p2p_dial_done done,
                  void *user)
{
    struct p2p_multiaddr ma;
    struct waiter *w = NULL;
    int rv = p2p_multiaddr_from_text(addr, strlen(addr), &ma);

    if (rv != 0) {
        return rv;
    }
    if (done != NULL) {
        w = p2p__zalloc(sizeof *w);
        if (w == NULL) {
            return P2P_ENOMEM;
        }
        w->done = done;
        w->user = user;
    }
    rv = p2p__dial_addr(host->swarm, &ma, w != NULL ? on_dialed : NULL, w,
                        p2p__host_now(host));
    if (rv != 0) {
        p2p__free(w);
    }
    return rv;
}

int p2p_host_add_addr(struct p2p_host *host, const char *addr, uint32_t ttl_s)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id id;
    struct p2p__peer *peer;
    p2p_ns expires = ttl_s == 0
                         ? P2P_NEVER
                         : p2p__ns_after(p2p__host_now(host), P2P__SEC(ttl_s));
    int rv = p2p_multiaddr_from_text(addr, strlen(addr), &ma);

    if (rv == 0 && !p2p_multiaddr_peer(&ma, &id)) {
        rv = P2P_EFORMAT;
    }
    if (rv != 0) {
        return rv;
    }
    p2p_multiaddr_strip_peer(&ma);
    peer = p2p__host_peer(host, &id);
    if (peer == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p__peer_add_addr(peer, ma.bytes, ma.len, P2P__ADDR_USER, expires);
    p2p__peer_unref(peer);
    return rv;
}

int p2p_host_keep(struct p2p_host *host, const struct p2p_peer_id *peer,
                  bool keep)
{
    struct p2p__peer *p = p2p__host_peer(host, peer);

    if (p == NULL) {
        return P2P_ENOMEM;
    }
    if (keep && !p->keep) {
        p->keep = true;
        p2p__peer_ref(p); /* until it is let go, or the swarm ends */
        p2p__peer_met(p);
        p2p__dial_redial_due(&p->redial, p2p__host_now(host));
    } else if (!keep) {
        p2p__peer_let_go(p);
    }
    p2p__peer_unref(p);
    return 0;
}

struct p2p_stream *p2p__host_open(struct p2p_host *h,
                                  const struct p2p_peer_id *peer,
                                  const char *protocol, enum p2p__path path,
                                  int *err)
{
    const struct p2p__stream_want want = {.peer = p2p__host_peer(h, peer),
                                          .protocols = &protocol,
                                          .n = 1,
                                          .path = path};
    struct p2p_stream *s;

    if (want.peer == NULL) {
        *err = P2P_ENOMEM;
        return NULL;
    }
    s = p2p__stream_want(&want, p2p__host_now(h), err);
    p2p__peer_unref(want.peer);
    return s;
}

int p2p_host_disconnect(struct p2p_host *host, const struct p2p_peer_id *peer)
{
    return p2p__swarm_disconnect(host->swarm, peer);
}

size_t p2p_host_conns(const struct p2p_host *host, struct p2p_conn_info *out,
                      size_t cap, size_t size)
{
    char *at = (char *)out;
    size_t count = 0;

    P2P__LIST_EACH (it, &host->swarm->conns) {
        const struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->state != P2P__CONN_OPEN || c->err != 0) {
            continue;
        }
        if (count < cap) {
            struct p2p_conn_info info;

            p2p__host_conn_info(c, &info);
            p2p__out_write(at + count * size, size, &info, sizeof info);
        }
        count++;
    }
    return count;
}

/* A handler of the application behind the stack's. */
static void on_stream(void *user, struct p2p_stream *s, p2p_ns now)
{
    (void)now;
    ((p2p_stream_handler)s->handler->app)(user, s);
}

int p2p_host_handle(struct p2p_host *host, const char *protocol,
                    p2p_stream_handler handler, void *user)
{
    int rv = 0;

    if (handler == NULL) {
        p2p__handlers_remove(&host->swarm->handlers, protocol);
    } else {
        rv = p2p__handlers_set(&host->swarm->handlers, protocol, on_stream,
                               user);
    }
    if (rv == 0 && handler != NULL) {
        struct p2p__handler *e = p2p__handlers_find(&host->swarm->handlers,
                                                    protocol, strlen(protocol));

        e->app = (void (*)(void))handler;
    }
    if (rv == 0) {
        p2p__host_identify_push(host);
    }
    return rv;
}

static uint64_t refused_handshakes(const struct p2p__refusals *r)
{
    return r->rows[P2P__REFUSED_HANDSHAKES].count +
           r->rows[P2P__REFUSED_HANDSHAKES_OF_ADDR].count +
           r->rows[P2P__REFUSED_STREAMS_NEGOTIATING].count;
}

static uint64_t refused_all(const struct p2p__refusals *r)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < P2P__REFUSAL_COUNT; i++) {
        sum += r->rows[i].count;
    }
    return sum;
}

void p2p_host_stats(const struct p2p_host *host, struct p2p_host_stats *out,
                    size_t size)
{
    const struct p2p__swarm *s = host->swarm;
    const struct p2p_host_stats own = {
        .conns_in = (uint32_t)s->quota.used[P2P__Q_CONNS_IN],
        .conns_out = (uint32_t)s->quota.used[P2P__Q_CONNS_OUT],
        .streams_in = (uint32_t)s->quota.used[P2P__Q_STREAMS_IN],
        .streams_out = (uint32_t)s->quota.used[P2P__Q_STREAMS_OUT],
        .peers_known = (uint32_t)s->book.map.count,
        .handshakes_pending = s->n_pending,
        .descriptors = (uint32_t)s->quota.used[P2P__Q_FDS],
        .memory_bytes = s->quota.used[P2P__Q_MEMORY],
        .refused_gate = s->refused_gate,
        .refused_pending = refused_handshakes(&s->refusals),
        .refused_quota =
            refused_all(&s->refusals) - refused_handshakes(&s->refusals),
        .trimmed = s->trimmed,
    };

    p2p__out_write(out, size, &own, sizeof own);
}

void p2p_host_set_log_level(struct p2p_host *host, int level)
{
    host->logger.level = level < P2P__LOG_ERROR   ? P2P__LOG_ERROR
                         : level > P2P__LOG_TRACE ? P2P__LOG_TRACE
                                                  : (enum p2p__log_level)level;
}

size_t p2p_host_traffic(const struct p2p_host *host, struct p2p_traffic *out,
                        size_t cap, size_t size)
{
    const struct p2p__traffic *rows = host->swarm->traffic;
    uint8_t *at = (uint8_t *)out;
    size_t n = 0;

    while (n < P2P__TRAFFIC_ROWS && rows[n].protocol[0] != '\0') {
        const struct p2p_traffic own = {.protocol = rows[n].protocol,
                                        .streams_in = rows[n].streams_in,
                                        .streams_out = rows[n].streams_out,
                                        .bytes_in = rows[n].bytes_in,
                                        .bytes_out = rows[n].bytes_out};

        if (n < cap) {
            p2p__out_write(at + n * size, size, &own, sizeof own);
        }
        n++;
    }
    return n;
}
