/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See fleet.h. The happy path: points and relays start, then the nodes, which
 * find relays, reserve, register, and find each other. In the storm machines go
 * dark or their processes end, and come back with other addresses; one relay in
 * three goes for good, and a point; a site is cut off. All of it is drawn from
 * one seed.
 */
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>

#include "ident/key.h"
#include "internal.h"

/* Points start first, then the others on the internet, then the rest. */
#define FIRST_BY    P2P__SEC(2)
#define PUBLIC_BY   P2P__SEC(5)
#define ALL_BY      P2P__SEC(25)
#define AWAY_MIN    P2P__SEC(5)
#define AWAY_MAX    P2P__SEC(60)
#define MESSAGE_LEN 100U
#define WINDOW      P2P__MS(TALLY_WINDOW_MS)
/* The moments of a storm. */
#define CHURN_UNTIL P2P__SEC(150)
#define RELAYS_AT   P2P__SEC(40)
#define CUT_AT      P2P__SEC(80)
#define CUT_FOR     P2P__SEC(60)
#define FORGET      P2P__SEC(150)

struct happening {
    struct sim_event ev;
    struct fleet *f;
    struct fleet_node *n; /* or NULL */
    unsigned life;
    void (*run)(struct fleet *f, struct fleet_node *n);
};

static void on_happening(struct sim *sim, struct sim_event *ev)
{
    struct happening *h = P2P__CONTAINER(ev, struct happening, ev);
    const struct happening now = *h;

    (void)sim;
    free(h);
    if (now.n == NULL || now.n->life == now.life) {
        now.run(now.f, now.n);
    }
}

void fleet_at(struct fleet *f, p2p_ns when, struct fleet_node *n,
              void (*run)(struct fleet *f, struct fleet_node *n))
{
    struct happening *h = calloc(1, sizeof *h);

    assert(h != NULL);
    h->ev.run = on_happening;
    h->f = f;
    h->n = n;
    h->life = n != NULL ? n->life : 0;
    h->run = run;
    sim_at(&f->sim, &h->ev, when);
}

p2p_ns fleet_between(struct fleet *f, p2p_ns from, p2p_ns to)
{
    assert(from < to);
    return from + p2p__rng_below(&f->rng, to - from);
}

void fleet_addr(const struct fleet_node *n, char *buf)
{
    const uint8_t *ip = n->fleet->sim.hosts[n->index].addr.ip;
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)snprintf(buf, P2P_MULTIADDR_TEXT_MAX,
                   "/ip4/%d.%d.%d.%d/tcp/%d/p2p/%s", ip[0], ip[1], ip[2], ip[3],
                   SIMHOST_PORT, p2p_peer_id_text(&n->id, id));
}

struct fleet_node *fleet_find_node(const struct fleet *f,
                                   const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        if (p2p_peer_id_equal(&f->nodes[i].id, id)) {
            return &f->nodes[i];
        }
    }
    return NULL;
}

bool fleet_is_settled(const struct fleet_node *n, p2p_ns when)
{
    return n->up_since != P2P_NEVER && n->up_since + FLEET_SETTLE <= when;
}

bool fleet_together(const struct fleet *f, const struct fleet_node *a,
                    const struct fleet_node *b)
{
    return a->site == b->site || (a->site != f->cut && b->site != f->cut);
}

static void new_key(struct fleet_node *n)
{
    struct sim_host *machine = &n->fleet->sim.hosts[n->index];
    const uint8_t *pub;
    size_t len;
    int rv;

    p2p_key_free(n->key);
    rv = p2p__key_generate_env(P2P_KEY_ED25519, &machine->env, &n->key);
    assert(rv == 0);
    pub = p2p_key_public(n->key, &len);
    rv = p2p_peer_id_from_pubkey(pub, len, &n->id);
    assert(rv == 0);
    (void)rv;
}

/* A host found a mate by mDNS. */
static void on_mate(void *user, const struct p2p_peer_id *peer,
                    const struct p2p_multiaddr *addrs, size_t n_addrs)
{
    (void)addrs;
    (void)n_addrs;
    fleet_keep_mate(user, peer);
}

static const struct p2p_host_events host_events = {.found = on_mate};

static void on_punched(void *user, const struct p2p_dcutr_result *result)
{
    struct fleet *f = ((struct fleet_node *)user)->fleet;

    *(result->ok ? &f->punched : &f->not_punched) += 1;
}

static uint32_t number_of(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *msg)
{
    struct fleet_node *n = user;
    struct fleet *f = n->fleet;
    const uint32_t number = number_of(msg->data);
    const struct tally_msg *said;

    sim_trace(&f->sim, msg->data, 4);
    assert(msg->len == MESSAGE_LEN && number < f->tally.n_msgs);
    said = f->tally.msgs[number];
    if (said != NULL && said->at < n->up_since) {
        f->tally.extra++; /* perhaps once more, in another life */
    } else {
        tally_get(&f->tally, number, n->index, f->sim.now);
    }
    return P2P_ACCEPT;
}

static void make_host(struct fleet_node *n)
{
    const struct p2p_autonat_server_config server =
        P2P_AUTONAT_SERVER_CONFIG_INIT;
    const struct p2p_autonat_config autonat = P2P_AUTONAT_CONFIG_INIT;
    const struct p2p_relay_config relay = P2P_RELAY_CONFIG_INIT;
    const struct fleet_cfg *cfg = &n->fleet->cfg;
    struct p2p_dcutr_config dcutr = P2P_DCUTR_CONFIG_INIT;
    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;
    const bool is_public = fleet_is_public(n);
    int rv;

    hc.key = n->key;
    hc.events = &host_events;
    hc.user = n;
    hc.mdns = !is_public && !cfg->no_mdns;
    hc.relay = is_public && !cfg->no_relay ? &relay : NULL;
    dcutr.done = on_punched;
    dcutr.user = n;
    hc.dcutr = !cfg->no_dcutr ? &dcutr : NULL;
    hc.autonat = cfg->autonat && !is_public ? &autonat : NULL;
    hc.autonat_server = cfg->autonat && is_public ? &server : NULL;
    fleet_find_config(n, &hc);
    rv = p2p__host_new(&n->fleet->sim.hosts[n->index].world, &hc, &n->host);
    assert(rv == 0);
    rv = p2p_host_listen(n->host, "/ip4/0.0.0.0/tcp/4001");
    assert(rv == 0);
    (void)rv;
}

static void start(struct fleet *f, struct fleet_node *n)
{
    struct p2p_pubsub_config pc = P2P_PUBSUB_CONFIG_INIT;
    int rv = 0;

    memset(n->far, 0, sizeof n->far);
    memset(n->mates, 0, sizeof n->mates);
    memset(n->relays, 0, sizeof n->relays);
    memset(n->found, 0, sizeof n->found);
    memset(n->searches, 0, sizeof n->searches);
    n->seen.n = 0;
    n->registering = false;
    n->registered = 0;
    make_host(n);
    if (!f->cfg.no_gossip) {
        pc.scoring = true;
        rv = p2p_pubsub_new(n->host, &pc, &n->pubsub);
        assert(rv == 0);
        rv = p2p_pubsub_subscribe(n->pubsub, FLEET_TOPIC, on_message, n);
        assert(rv == 0);
    }
    (void)rv;
    n->up_since = n->fine = f->sim.now;
    fleet_find_start(n);
    fleet_keep(n);
}

static void end(struct fleet_node *n)
{
    n->life++;
    p2p_host_free(n->host);
    n->host = NULL;
    n->pubsub = NULL;
    n->up_since = P2P_NEVER;
}

/* Port-restricted NATs are the most; the firsts are on the internet. */
static void add_sites(struct fleet *f)
{
    static const struct sim_nat kinds[] = {
        {.filtering = SIM_BY_PORT},
        {.filtering = SIM_BY_ADDRESS},
        {.filtering = SIM_BY_NOTHING},
        {.mapping = SIM_BY_PORT, .filtering = SIM_BY_PORT},
        {.filtering = SIM_BY_PORT},
    };

    f->sites = calloc(f->cfg.sites, sizeof(struct sim_site *));
    assert(f->sites != NULL);
    for (size_t i = 0; i < f->cfg.sites; i++) {
        f->sites[i] = sim_add_site(&f->sim, &kinds[i % P2P__COUNT(kinds)]);
    }
}

static void place(struct fleet *f, size_t i)
{
    struct fleet_node *n = &f->nodes[i];

    n->fleet = f;
    n->index = i;
    n->up_since = P2P_NEVER;
    n->site =
        fleet_is_public(n) ? f->cfg.sites : (i - f->n_public) % f->cfg.sites;
    sim_settle(&f->sim, i, fleet_is_public(n) ? NULL : f->sites[n->site]);
    new_key(n);
    fleet_at(f,
             i < f->n_points ? fleet_between(f, f->began, f->began + FIRST_BY)
             : fleet_is_public(n)
                 ? fleet_between(f, f->began + FIRST_BY, f->began + PUBLIC_BY)
                 : fleet_between(f, f->began + PUBLIC_BY, f->began + ALL_BY),
             n, start);
}

void fleet_init(struct fleet *f, const struct fleet_cfg *cfg)
{
    *f = (struct fleet){.cfg = *cfg, .cut = cfg->sites};
    sim_init(&f->sim, &cfg->net, cfg->nodes);
    p2p__rng_seed(&f->rng, ~cfg->net.seed);
    tally_init(&f->tally, cfg->nodes);
    f->began = f->sim.now;
    f->n_points = FLEET_POINTS;
    f->n_public = cfg->nodes / FLEET_PUBLIC;
    f->n_public =
        f->n_public > 2 * FLEET_POINTS ? f->n_public : 2 * FLEET_POINTS;
    f->nodes = calloc(cfg->nodes, sizeof *f->nodes);
    assert(f->nodes != NULL && cfg->nodes > f->n_public);
    add_sites(f);
    for (size_t i = 0; i < cfg->nodes; i++) {
        place(f, i);
    }
}

void fleet_run(struct fleet *f, p2p_ns span)
{
    sim_run(&f->sim, f->sim.now + span);
}

/* Once the window of a message has passed: who should have it by now? */
static void settle(struct fleet *f, uint32_t number)
{
    const struct tally_msg *msg = f->tally.msgs[number];
    const struct fleet_node *from = &f->nodes[msg->from];

    for (size_t i = 0; i < f->cfg.nodes; i++) {
        const struct fleet_node *n = &f->nodes[i];

        if (n != from && msg->reach[i] && fleet_is_settled(n, msg->at) &&
            !tally_expect(&f->tally, number, i) && f->cfg.trace) {
            (void)printf(
                "missing: message %u of node %u of site %zu, said at "
                "%.3f s, at node %zu of site %zu, up since %.3f s\n",
                number, msg->from, from->site,
                (double)(msg->at - f->began) / 1e9, i, n->site,
                (double)(n->up_since - f->began) / 1e9);
        }
    }
    tally_settle(&f->tally, number);
}

struct window {
    struct sim_event ev;
    struct fleet *f;
    uint32_t number;
};

static void on_window(struct sim *sim, struct sim_event *ev)
{
    struct window *w = P2P__CONTAINER(ev, struct window, ev);

    (void)sim;
    settle(w->f, w->number);
    free(w);
}

/* Whether the cut of a site may be between two now: or it was just healed. */
static bool may_miss(const struct fleet *f, const struct fleet_node *a,
                     const struct fleet_node *b)
{
    const p2p_ns now = f->sim.now;

    if (f->cut_at == 0 || a->site == b->site || now + WINDOW < f->cut_at ||
        now >= f->healed_at + f->cfg.heal) {
        return false;
    }
    return a->site == f->cfg.sites - 1 || b->site == f->cfg.sites - 1;
}

static struct fleet_node *any_node(struct fleet *f)
{
    struct fleet_node *n;

    do {
        n = &f->nodes[p2p__rng_below(&f->rng, f->cfg.nodes)];
    } while (!fleet_is_settled(n, f->sim.now));
    return n;
}

static void say(struct fleet *f, struct fleet_node *nobody)
{
    struct fleet_node *n = any_node(f);
    struct window *w = calloc(1, sizeof *w);
    uint8_t data[MESSAGE_LEN] = {0};
    bool *reach;
    int rv;

    (void)nobody;
    assert(w != NULL);
    w->ev.run = on_window;
    w->f = f;
    w->number =
        tally_send(&f->tally, (uint32_t)n->index,
                   f->cut_at != 0 ? TALLY_APART : TALLY_WHOLE, f->sim.now);
    reach = f->tally.msgs[w->number]->reach;
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        reach[i] = !may_miss(f, n, &f->nodes[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        data[i] = (uint8_t)(w->number >> (8 * i));
    }
    rv = p2p_pubsub_publish(n->pubsub, FLEET_TOPIC, data, sizeof data);
    assert(rv >= 0);
    (void)rv;
    sim_at(&f->sim, &w->ev, f->sim.now + WINDOW + 1);
}

/* Messages, until the windows of all have passed. */
static void plan_talk(struct fleet *f, p2p_ns span)
{
    for (p2p_ns at = 0; at + WINDOW < span; at += P2P__SEC(1)) {
        fleet_at(f, f->sim.now + at, NULL, say);
    }
}

void fleet_talk(struct fleet *f, p2p_ns span)
{
    plan_talk(f, span);
    fleet_run(f, span);
}

static void probe_search(struct fleet *f, struct fleet_node *nobody)
{
    struct fleet_node *n = any_node(f);

    (void)nobody;
    n->searches[FLEET_ANY].began = 0;
    fleet_find(n, FLEET_ANY);
}

static void probe_registration(struct fleet *f, struct fleet_node *nobody)
{
    struct fleet_node *n = any_node(f);

    (void)nobody;
    if (n->registered != 0) {
        n->renew = 0;
        fleet_register(n);
    }
}

void fleet_probe(struct fleet *f, unsigned count, bool registering)
{
    const p2p_ns now = f->sim.now;

    for (unsigned i = 0; i < count; i++) {
        fleet_at(f, now + i * P2P__MS(500), NULL,
                 registering ? probe_registration : probe_search);
    }
    fleet_run(f, count * P2P__MS(500) + P2P__SEC(10));
}

/* It comes back at another address, as it was or installed anew. */
static void come_back(struct fleet *f, struct fleet_node *n)
{
    if (!f->sim.hosts[n->index].alive) {
        sim_revive(&f->sim, n->index);
    }
    sim_renumber(&f->sim, n->index);
    if (p2p__rng_below(&f->rng, 2) == 0) {
        f->fresh++;
        new_key(n);
    }
    start(f, n);
}

static void go(struct fleet *f, struct fleet_node *n)
{
    f->went++;
    if (p2p__rng_below(&f->rng, 2) == 0) {
        f->dark++;
        sim_power_off(&f->sim, n->index);
    }
    end(n);
}

static void leave(struct fleet *f, struct fleet_node *nobody)
{
    struct fleet_node *n;

    (void)nobody;
    do {
        n = any_node(f);
    } while (fleet_is_public(n));
    go(f, n);
    fleet_at(f, f->sim.now + fleet_between(f, AWAY_MIN, AWAY_MAX), n,
             come_back);
}

/* One relay in three goes for good, half of them without a word, and with them
 * a point. */
static void lose_relays(struct fleet *f, struct fleet_node *nobody)
{
    (void)nobody;
    for (size_t i = 0; i < f->n_public; i += 3) {
        f->relays_gone++;
        go(f, &f->nodes[i]);
    }
}

static void set_cut(struct fleet *f, bool apart)
{
    f->cut = apart ? f->cfg.sites - 1 : f->cfg.sites;
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        if (f->nodes[i].site == f->cfg.sites - 1) {
            sim_set_group(&f->sim, i, apart);
        }
    }
}

static void cut(struct fleet *f, struct fleet_node *nobody)
{
    (void)nobody;
    set_cut(f, true);
}

static void heal(struct fleet *f, struct fleet_node *nobody)
{
    (void)nobody;
    set_cut(f, false);
}

void fleet_storm(struct fleet *f)
{
    const p2p_ns now = f->sim.now;
    const size_t churn = f->cfg.nodes * f->cfg.churn_percent / 100;

    f->cut_at = now + CUT_AT;
    f->healed_at = f->cut_at + CUT_FOR;
    for (size_t i = 0; i < churn; i++) {
        fleet_at(f, fleet_between(f, now, now + CHURN_UNTIL), NULL, leave);
    }
    fleet_at(f, now + RELAYS_AT, NULL, lose_relays);
    fleet_at(f, f->cut_at, NULL, cut);
    fleet_at(f, f->healed_at, NULL, heal);
    plan_talk(f, FLEET_STORM);
    fleet_run(f, FLEET_STORM);
    fleet_watch_end(f);
}

/* Lets go of all who are connected. */
static void let_go(struct fleet_node *n)
{
    static struct p2p_conn_info info[2048];
    size_t count;

    if (n->pubsub != NULL) {
        (void)p2p_pubsub_unsubscribe(n->pubsub, FLEET_TOPIC);
    }
    n->life++; /* it looks after nothing any more */
    for (size_t i = 0; i < FLEET_FAR; i++) {
        if (n->far[i].used) {
            (void)p2p_host_keep(n->host, &n->far[i].id, false);
        }
    }
    count = p2p_host_conns(n->host, info, P2P__COUNT(info), sizeof *info);
    for (size_t i = 0; i < p2p__min(count, P2P__COUNT(info)); i++) {
        (void)p2p_host_disconnect(n->host, &info[i].peer);
    }
}

void fleet_part(struct fleet *f)
{
    for (size_t i = f->n_public; i < f->cfg.nodes; i++) {
        if (f->nodes[i].host != NULL) {
            end(&f->nodes[i]);
        }
        f->nodes[i].life++; /* nobody comes back */
    }
    for (size_t i = 0; i < f->n_public; i++) {
        if (f->nodes[i].host != NULL) {
            let_go(&f->nodes[i]);
        }
    }
    f->over = true;
    /* A point keeps registrations until their time is up. */
    fleet_run(f, FORGET + P2P__SEC(FLEET_TTL_S));
    fleet_watch_rest(f);
}

void fleet_fini(struct fleet *f)
{
    f->over = true;
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        if (f->nodes[i].host != NULL) {
            end(&f->nodes[i]);
        }
        p2p_key_free(f->nodes[i].key);
    }
    sim_fini(&f->sim);
    tally_fini(&f->tally);
    free(f->sites);
    free(f->nodes);
}
