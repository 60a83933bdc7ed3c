/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How a node finds others: it is told, or by rendezvous, or by a DHT. Nodes
 * register in groups, by their ids; who looks for others looks in a group at
 * random. Relays are a group of their own.
 */
#include <stdio.h>

#include "base/map.h"
#include "fleet.h"

/* A search is not tried again before that. */
#define PAUSE P2P__SEC(10)
/* Whom one is told of at once. */
#define TOLD 8U
/* What was found is believed so long. */
#define BELIEVED_S 900U

static const uint64_t hash_seed[2] = {3, 4};

static size_t groups(const struct fleet *f)
{
    return f->cfg.nodes / FLEET_GROUP + 1;
}

/* The group of a node, or of those that are looked for. */
static void name_group(char name[32], enum fleet_what what, size_t group)
{
    if (what == FLEET_RELAY) {
        (void)snprintf(name, 32, "fleet/relays");
    } else {
        (void)snprintf(name, 32, "fleet/%zu", group);
    }
}

static void own_group(const struct fleet_node *n, enum fleet_what what,
                      char name[32])
{
    name_group(
        name, what,
        p2p__siphash(hash_seed, n->id.bytes, n->id.len) % groups(n->fleet));
}

static void any_group(const struct fleet_node *n, enum fleet_what what,
                      char name[32])
{
    name_group(name, what,
               (size_t)p2p__rng_below(&n->fleet->rng, groups(n->fleet)));
}

static void note_addrs(struct fleet_node *n, const struct p2p_peer_id *id,
                       const struct p2p_multiaddr *addrs, size_t count)
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        struct p2p_multiaddr at = addrs[i];

        if (p2p_multiaddr_peer(&at, NULL) ||
            p2p_multiaddr_append_peer(&at, id) == 0) {
            (void)p2p_host_add_addr(n->host, p2p_multiaddr_text(&at, text),
                                    BELIEVED_S);
        }
    }
}

/* Payload of finding, both ways, of a node so far. */
static uint64_t bytes_so_far(const struct fleet_node *n)
{
    const char *begins =
        n->fleet->cfg.how == FLEET_DHT ? "/fleet/kad/" : "/rendezvous/";
    struct p2p_traffic rows[32];
    const size_t count =
        p2p_host_traffic(n->host, rows, P2P__COUNT(rows), sizeof rows[0]);
    uint64_t sum = 0;

    for (size_t i = 0; i < p2p__min(count, P2P__COUNT(rows)); i++) {
        if (strncmp(rows[i].protocol, begins, strlen(begins)) == 0) {
            sum += rows[i].bytes_in + rows[i].bytes_out;
        }
    }
    return sum;
}

/* Something is done that took all bytes since; who serves has others. */
static void bill(struct fleet_node *n, struct fleet_times *t, uint64_t before)
{
    t->done++;
    if (!fleet_is_public(n)) {
        t->billed++;
        t->bytes += bytes_so_far(n) - before;
    }
}

/* Somebody was found. */
static void note(struct fleet_search *s, const struct p2p_peer_id *id,
                 const struct p2p_multiaddr *addrs, size_t count)
{
    struct fleet_node *n = s->node;

    if (p2p_peer_id_equal(id, &n->id)) {
        return;
    }
    n->fleet->searches[s->what].found++;
    note_addrs(n, id, addrs, count);
    fleet_list_add(&n->found[s->what], id);
}

static void ended(struct fleet_search *s, int status)
{
    struct fleet_node *n = s->node;
    struct fleet_times *t = &n->fleet->searches[s->what];
    const p2p_ns took = n->fleet->sim.now - s->began;

    s->under_way = false;
    n->point++; /* another one is asked next */
    if (status != 0 && status != P2P_ENOTFOUND) {
        t->failed++;
        return;
    }
    bill(n, t, s->before);
    t->took += took;
    t->longest = took > t->longest ? took : t->longest;
}

static void on_found(void *user, const struct p2p_rendezvous_peer *peer)
{
    note(user, &peer->peer, peer->addrs, peer->n_addrs);
}

static void on_done(void *user, int status,
                    const struct p2p_rendezvous_cookie *cookie)
{
    (void)cookie;
    ended(user, status);
}

static const struct p2p_rendezvous_events rendezvous_events = {
    .found = on_found,
    .done = on_done};

static void on_provider(void *user, const struct p2p_peer_id *peer,
                        const struct p2p_multiaddr *addrs, size_t n_addrs)
{
    note(user, peer, addrs, n_addrs);
}

static void on_dht_done(void *user, const struct p2p_dht_result *result)
{
    ended(user, result->status);
}

static const struct p2p_peer_id *point_of(const struct fleet_node *n)
{
    const struct fleet *f = n->fleet;
    size_t point = n->point % f->n_points;

    if (point == n->index) {
        point = (point + 1) % f->n_points; /* not oneself */
    }
    return &f->nodes[point].id;
}

/* A hand that knows. */
static void tell(struct fleet_search *s)
{
    struct fleet_node *n = s->node;
    struct fleet *f = n->fleet;
    const bool relay = s->what == FLEET_RELAY || f->cfg.no_relay;
    const size_t among = relay ? f->n_public : f->cfg.nodes;

    for (size_t i = 0; i < TOLD; i++) {
        const struct fleet_node *who =
            &f->nodes[p2p__rng_below(&f->rng, among)];
        struct p2p_multiaddr addrs[8];

        if (who->host != NULL &&
            (fleet_is_public(who) || who->registered != 0)) {
            note(s, &who->id, addrs,
                 p2p__min(p2p_host_addrs(who->host, addrs, 8), 8));
        }
    }
    ended(s, 0);
}

void fleet_find(struct fleet_node *n, enum fleet_what what)
{
    struct fleet_search *s = &n->searches[what];
    struct p2p_rendezvous_search search = {.limit = FLEET_FOUND};
    struct p2p_dht_want want = P2P_DHT_WANT_INIT;
    char name[32];
    int rv = 0;

    if (s->under_way ||
        (s->began != 0 && n->fleet->sim.now - s->began < PAUSE)) {
        return;
    }
    s->node = n;
    s->what = what;
    s->under_way = true;
    s->began = n->fleet->sim.now;
    s->before = bytes_so_far(n);
    any_group(n, what, name);
    if (n->fleet->cfg.how == FLEET_TOLD) {
        tell(s);
    } else if (n->fleet->cfg.how == FLEET_RENDEZVOUS) {
        search.ns = name;
        rv = p2p_rendezvous_discover(n->host, point_of(n), &search,
                                     &rendezvous_events, s);
    } else {
        want.key = name;
        want.key_len = strlen(name);
        want.enough = FLEET_FOUND;
        want.done = on_dht_done;
        want.provider = on_provider;
        want.user = s;
        rv = p2p_dht_find_providers(n->host, &want, NULL);
    }
    if (rv != 0) {
        ended(s, rv);
    }
}

/* Of the addresses that we tell. */
static uint64_t hash_addrs(const struct fleet_node *n)
{
    struct p2p_multiaddr addrs[16];
    const size_t count = p2p__min(p2p_host_addrs(n->host, addrs, 16), 16);
    uint64_t hash = count;

    for (size_t i = 0; i < count; i++) {
        hash =
            hash * 31 + p2p__siphash(hash_seed, addrs[i].bytes, addrs[i].len);
    }
    return hash;
}

static void registered(struct fleet_node *n, int status)
{
    struct fleet *f = n->fleet;
    struct fleet_times *t = &f->registrations;

    n->registering = false;
    if (status != 0) {
        t->failed++;
        n->point++;
        return;
    }
    bill(n, t, n->before);
    /* The first time at random, so that not all do so at once later. */
    n->renew =
        f->sim.now + fleet_between(f,
                                   n->registered == 0 ? P2P__SEC(30)
                                                      : f->cfg.renewal / 3 * 2,
                                   f->cfg.renewal);
    n->registered = f->sim.now;
}

static void on_registered(void *user, int status, uint32_t ttl_s)
{
    (void)ttl_s;
    registered(user, status);
}

static void on_provided(void *user, const struct p2p_dht_result *result)
{
    registered(user, result->status);
}

static void on_provided_too(void *user, const struct p2p_dht_result *result)
{
    (void)user;
    (void)result;
}

static int register_in(struct fleet_node *n, const char *name, bool last)
{
    struct p2p_dht_want want = P2P_DHT_WANT_INIT;

    if (n->fleet->cfg.how == FLEET_RENDEZVOUS) {
        return p2p_rendezvous_register(n->host, point_of(n), name, FLEET_TTL_S,
                                       last ? on_registered : NULL, n);
    }
    want.key = name;
    want.key_len = strlen(name);
    want.done = last ? on_provided : on_provided_too;
    want.user = n;
    return p2p_dht_provide(n->host, &want, NULL);
}

void fleet_register(struct fleet_node *n)
{
    const uint64_t hash = hash_addrs(n);
    const p2p_ns now = n->fleet->sim.now;
    char name[32];
    int rv = 0;

    if (n->registering ||
        (n->registered != 0 && n->told == hash && now < n->renew)) {
        return;
    }
    n->told = hash;
    if (n->fleet->cfg.how == FLEET_TOLD) {
        n->registered = now;
        n->renew = P2P_NEVER;
        return;
    }
    n->registering = true;
    n->before = bytes_so_far(n);
    if (fleet_is_public(n) && !n->fleet->cfg.no_relay) {
        own_group(n, FLEET_RELAY, name);
        rv = register_in(n, name, false);
    }
    if (rv == 0) {
        own_group(n, FLEET_ANY, name);
        rv = register_in(n, name, true);
    }
    if (rv != 0) {
        registered(n, rv);
    }
}

void fleet_find_config(const struct fleet_node *n, struct p2p_host_config *cfg)
{
    static const struct p2p_rendezvous_config point =
        P2P_RENDEZVOUS_CONFIG_INIT;
    static const struct p2p_dht_config client = {.size = sizeof client,
                                                 .prefix = "/fleet"};
    static const struct p2p_dht_config server = {
        .size = sizeof server, .prefix = "/fleet", .server = true};

    if (n->fleet->cfg.how == FLEET_RENDEZVOUS &&
        n->index < n->fleet->n_points) {
        cfg->rendezvous = &point;
    }
    if (n->fleet->cfg.how == FLEET_DHT) {
        cfg->dht = fleet_is_public(n) ? &server : &client;
    }
}

void fleet_find_start(struct fleet_node *n)
{
    struct fleet *f = n->fleet;

    n->point = (unsigned)p2p__rng_below(&f->rng, f->n_points);
    for (size_t i = 0; i < f->n_points; i++) {
        char at[P2P_MULTIADDR_TEXT_MAX];
        int rv;

        if (i == n->index) {
            continue;
        }
        fleet_addr(&f->nodes[i], at);
        rv = f->cfg.how == FLEET_DHT ? p2p_dht_bootstrap(n->host, at)
                                     : p2p_host_add_addr(n->host, at, 0);
        assert(rv == 0);
        (void)rv;
    }
}
