/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See mesh.h. The scenario is a few kinds of events in the simulated world:
 * a host starts, a message is said and settled some seconds later, a machine
 * goes away and comes back, the network is cut and healed. All of it is drawn
 * from one seed.
 */
#include "mesh.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ident/key.h"
#include "internal.h"
#include "reach.h"

/* All hosts have started by then. */
#define STARTING P2P__SEC(10)
/* From here on messages are said. */
#define WARM P2P__SEC(25)
/* A machine is away for so long. */
#define AWAY_MIN P2P__SEC(5)
#define AWAY_MAX P2P__SEC(60)
/* Sizes of messages: one in LONG_ONES is long enough for IDONTWANT. */
#define SHORT_BYTES 100U
#define LONG_BYTES  2048U
#define LONG_ONES   8U
/* The half that is cut off is one host in so many. */
#define SIDES 3U
/* Seen ids, back-offs and scores are forgotten after so long. */
#define FORGET P2P__SEC(150)

/* Something that happens to the mesh. */
struct happening {
    struct sim_event ev;
    struct mesh *mesh;
    uint32_t what; /* a node or a message */
};

static void at(struct mesh *m, p2p_ns when, uint32_t what,
               void (*run)(struct sim *sim, struct sim_event *ev))
{
    struct happening *h = calloc(1, sizeof *h);

    assert(h != NULL);
    h->ev.run = run;
    h->mesh = m;
    h->what = what;
    sim_at(&m->sim, &h->ev, when);
}

/* What happens now; the event is freed. */
static struct happening take(struct sim_event *ev)
{
    struct happening *h = P2P__CONTAINER(ev, struct happening, ev);
    const struct happening now = *h;

    free(h);
    return now;
}

static p2p_ns between(struct mesh *m, p2p_ns from, p2p_ns to)
{
    assert(from < to);
    return from + p2p__rng_below(&m->rng, to - from);
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *msg)
{
    struct mesh_node *n = user;
    struct mesh *m = n->mesh;
    const struct tally_msg *said;
    uint32_t number = 0;
    uint8_t got[8];

    assert(msg->len >= 4);
    for (size_t i = 0; i < 4; i++) {
        number |= (uint32_t)msg->data[i] << (8 * i);
        got[i] = msg->data[i];
        got[4 + i] = (uint8_t)(n->h.index >> (8 * i));
    }
    sim_trace(&m->sim, got, sizeof got);
    assert(number < m->tally.n_msgs);
    said = m->tally.msgs[number];
    if (said != NULL && said->at < n->up_since) {
        m->tally.extra++; /* perhaps once more, in another life */
    } else {
        tally_get(&m->tally, number, n->h.index, m->sim.now);
    }
    return P2P_ACCEPT;
}

/* A key of the machine's own random numbers. */
static void new_key(struct mesh_node *n)
{
    struct sim_host *machine = &n->mesh->sim.hosts[n->h.index];
    const uint8_t *pub;
    size_t len;
    int rv;

    p2p_key_free(n->h.key);
    rv = p2p__key_generate_env(P2P_KEY_ED25519, &machine->env, &n->h.key);
    assert(rv == 0);
    pub = p2p_key_public(n->h.key, &len);
    rv = p2p_peer_id_from_pubkey(pub, len, &n->id);
    assert(rv == 0);
    (void)rv;
}

/* A node dials a neighbour now, and again whenever it goes away. */
static void keep_neighbour(struct mesh_node *n, struct mesh_neighbour *next)
{
    const struct mesh_node *to = &n->mesh->nodes[next->node];
    const uint8_t *ip = n->mesh->sim.hosts[to->h.index].addr.ip;
    char addr[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];
    int rv;

    (void)snprintf(addr, sizeof addr, "/ip4/%d.%d.%d.%d/tcp/%d/p2p/%s", ip[0],
                   ip[1], ip[2], ip[3], SIMHOST_PORT,
                   p2p_peer_id_text(&to->id, id));
    next->id = to->id;
    rv = p2p_host_add_addr(n->h.host, addr, 0);
    if (rv == 0) {
        rv = p2p_host_keep(n->h.host, &next->id, true);
    }
    assert(rv == 0);
    (void)rv;
}

static void start(struct mesh_node *n)
{
    struct p2p_pubsub_config pc = P2P_PUBSUB_CONFIG_INIT;
    struct mesh *m = n->mesh;
    int rv;

    simhost_start(&n->h, &m->sim, n->h.index, NULL);
    pc.scoring = true;
    rv = p2p_pubsub_new(n->h.host, &pc, &n->h.pubsub);
    assert(rv == 0);
    rv = p2p_pubsub_subscribe(n->h.pubsub, MESH_TOPIC, on_message, n);
    assert(rv == 0);
    (void)rv;
    for (unsigned i = 0; i < m->cfg.degree; i++) {
        keep_neighbour(n, &n->neighbours[i]);
    }
    n->up_since = m->sim.now;
}

static void on_start(struct sim *sim, struct sim_event *ev)
{
    const struct happening h = take(ev);

    (void)sim;
    start(&h.mesh->nodes[h.what]);
}

/* Whether a node has been up for long enough at a moment. */
static bool settled(const struct mesh_node *n, p2p_ns when)
{
    return n->up_since != P2P_NEVER && n->up_since + MESH_SETTLE <= when;
}

/* One of the nodes that are settled. */
static struct mesh_node *any_node(struct mesh *m)
{
    struct mesh_node *n;

    do {
        n = &m->nodes[p2p__rng_below(&m->rng, m->cfg.hosts)];
    } while (!settled(n, m->sim.now));
    return n;
}

/* Whether what one side said then can have come to the other one. */
static bool both_sides(const struct mesh *m, p2p_ns said)
{
    return m->cut_at == 0 || said >= m->healed_at ||
           said + P2P__MS(TALLY_WINDOW_MS) < m->cut_at;
}

/* With --trace: which deliveries are missing, to look for the reason. */
static void say_missing(const struct mesh *m, uint32_t number,
                        const struct mesh_node *n)
{
    const struct tally_msg *msg = m->tally.msgs[number];

    if (m->cfg.trace) {
        (void)printf(
            "missing: message %u of host %u, said at %.3f s, at host "
            "%zu, up since %.3f s\n",
            number, msg->from,
            (double)(msg->at - m->began) / (double)P2P__SEC(1), n->h.index,
            (double)(n->up_since - m->began) / (double)P2P__SEC(1));
    }
}

/* Once the window of a message has passed: who should have it by now? */
static void on_settle(struct sim *sim, struct sim_event *ev)
{
    const struct happening h = take(ev);
    struct mesh *m = h.mesh;
    const struct tally_msg *msg = m->tally.msgs[h.what];
    const p2p_ns said = msg->at;
    bool healing = m->cut_at != 0 && said >= m->healed_at &&
                   said < m->healed_at + m->cfg.heal;

    (void)sim;
    reach_from(m, msg->from, false, m->reach);
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        const struct mesh_node *n = &m->nodes[i];
        bool same = n->side == m->nodes[msg->from].side;

        if (i == msg->from || !settled(n, said) ||
            (!same && !both_sides(m, said))) {
            continue;
        }
        if (!msg->reach[i] || !m->reach[i]) {
            m->far++;
            continue;
        }
        if (!same && healing) {
            /* Not counted yet, but noted: all do not hear all. */
            if (msg->took_ms[i] == TALLY_MISSING) {
                m->last_torn = said;
            }
        } else if (!tally_expect(&m->tally, h.what, i)) {
            say_missing(m, h.what, n);
        }
    }
    tally_settle(&m->tally, h.what);
}

static void on_publish(struct sim *sim, struct sim_event *ev)
{
    const struct happening h = take(ev);
    static const uint8_t zeros[LONG_BYTES];
    struct mesh *m = h.mesh;
    struct mesh_node *n = any_node(m);
    uint32_t number = tally_send(
        &m->tally, (uint32_t)n->h.index,
        both_sides(m, sim->now) ? TALLY_WHOLE : TALLY_APART, sim->now);
    uint8_t data[LONG_BYTES];
    int rv;

    /* When the network is cut, a host may be alone until it is dialed. */
    reach_from(m, n->h.index, !both_sides(m, sim->now),
               m->tally.msgs[number]->reach);
    memcpy(data, zeros, sizeof data);
    for (size_t i = 0; i < 4; i++) {
        data[i] = (uint8_t)(number >> (8 * i));
    }
    rv = p2p_pubsub_publish(n->h.pubsub, MESH_TOPIC, data,
                            number % LONG_ONES == 0 ? LONG_BYTES : SHORT_BYTES);
    assert(rv >= 0);
    (void)rv;
    at(m, sim->now + P2P__MS(TALLY_WINDOW_MS) + 1, number, on_settle);
    if (sim->now + m->cfg.every + P2P__MS(TALLY_WINDOW_MS) <
        m->began + m->cfg.length) {
        at(m, sim->now + m->cfg.every, 0, on_publish);
    }
}

/* It comes back, as it was or installed anew. */
static void on_return(struct sim *sim, struct sim_event *ev)
{
    const struct happening h = take(ev);
    struct mesh *m = h.mesh;
    struct mesh_node *n = &m->nodes[h.what];

    if (!sim->hosts[h.what].alive) {
        sim_revive(sim, h.what);
    }
    if (p2p__rng_below(&m->rng, 2) == 0) {
        m->fresh++;
        new_key(n);
    }
    start(n);
}

/* A machine goes dark, or its process ends. */
static void on_leave(struct sim *sim, struct sim_event *ev)
{
    const struct happening h = take(ev);
    struct mesh *m = h.mesh;
    struct mesh_node *n = any_node(m);

    m->went++;
    if (p2p__rng_below(&m->rng, 2) == 0) {
        m->dark++;
        sim_power_off(sim, n->h.index);
    }
    simhost_end(&n->h);
    n->up_since = P2P_NEVER;
    at(m, sim->now + between(m, AWAY_MIN, AWAY_MAX), (uint32_t)n->h.index,
       on_return);
}

/* Whether `a` has `b` in its mesh. */
static bool has(const struct mesh_node *a, const struct p2p_peer_id *b)
{
    struct p2p_peer_id ids[64];
    size_t count = p2p_pubsub_peers(a->h.pubsub, MESH_TOPIC, true, ids, 64);

    for (size_t i = 0; i < count && i < 64; i++) {
        if (p2p_peer_id_equal(&ids[i], b)) {
            return true;
        }
    }
    return false;
}

static const struct mesh_node *find(const struct mesh *m,
                                    const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        if (p2p_peer_id_equal(&m->nodes[i].id, id)) {
            return &m->nodes[i];
        }
    }
    return NULL;
}

static bool together(const struct mesh *m, const struct mesh_node *a,
                     const struct mesh_node *b)
{
    return b->up_since != P2P_NEVER &&
           sim_connected(&m->sim.hosts[a->h.index], &m->sim.hosts[b->h.index]);
}

static void count_links(const struct mesh *m, struct mesh_links *out)
{
    *out = (struct mesh_links){0};
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        const struct mesh_node *n = &m->nodes[i];
        struct p2p_peer_id ids[64];
        size_t peers, links;

        if (!settled(n, m->sim.now)) {
            continue;
        }
        peers = p2p_pubsub_peers(n->h.pubsub, MESH_TOPIC, false, NULL, 0);
        links = p2p_pubsub_peers(n->h.pubsub, MESH_TOPIC, true, ids, 64);
        out->hosts++;
        out->links += links;
        out->thin += links < MESH_D_LO && peers >= MESH_D_LO;
        for (size_t k = 0; k < links && k < 64; k++) {
            const struct mesh_node *to = find(m, &ids[k]);

            if (to == NULL || !together(m, n, to)) {
                out->nowhere++;
            } else if (settled(to, m->sim.now) && !has(to, &n->id)) {
                out->lopsided++;
            }
        }
    }
}

static void set_groups(struct mesh *m, bool apart)
{
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        sim_set_group(&m->sim, i, apart ? m->nodes[i].side : 0);
    }
}

static void on_cut(struct sim *sim, struct sim_event *ev)
{
    (void)sim;
    set_groups(take(ev).mesh, true);
}

static void on_heal(struct sim *sim, struct sim_event *ev)
{
    struct mesh *m = take(ev).mesh;

    (void)sim;
    count_links(m, &m->apart);
    set_groups(m, false);
}

static void on_second(struct sim *sim, struct sim_event *ev)
{
    struct mesh *m = take(ev).mesh;

    (void)printf("%6" PRIu64 " s  trace %016" PRIx64 "  %" PRIu64 " events\n",
                 (sim->now - m->began) / P2P__SEC(1), sim->trace,
                 sim->n_events);
    if (sim->now < m->began + m->cfg.length) {
        at(m, sim->now + P2P__SEC(1), 0, on_second);
    }
}

/* `degree` others, each once. */
static void choose_neighbours(struct mesh *m, struct mesh_node *n)
{
    unsigned count = 0;

    n->neighbours = calloc(m->cfg.degree, sizeof *n->neighbours);
    assert(n->neighbours != NULL && m->cfg.degree < m->cfg.hosts);
    while (count < m->cfg.degree) {
        uint32_t other = (uint32_t)p2p__rng_below(&m->rng, m->cfg.hosts);
        bool fits = other != n->h.index;

        for (unsigned i = 0; i < count; i++) {
            fits = fits && n->neighbours[i].node != other;
        }
        if (fits) {
            n->neighbours[count++].node = other;
        }
    }
}

void mesh_init(struct mesh *m, const struct mesh_cfg *cfg)
{
    *m = (struct mesh){.cfg = *cfg};
    sim_init(&m->sim, &cfg->net, cfg->hosts);
    p2p__rng_seed(&m->rng, ~cfg->net.seed);
    tally_init(&m->tally, cfg->hosts);
    m->nodes = calloc(cfg->hosts, sizeof *m->nodes);
    m->reach = calloc(cfg->hosts, sizeof *m->reach);
    assert(m->nodes != NULL && m->reach != NULL);
    m->began = m->sim.now;
    for (size_t i = 0; i < cfg->hosts; i++) {
        struct mesh_node *n = &m->nodes[i];

        n->mesh = m;
        n->h.index = i;
        n->up_since = P2P_NEVER;
        n->side = p2p__rng_below(&m->rng, SIDES) == 0;
        new_key(n);
        choose_neighbours(m, n);
        at(m, between(m, m->began, m->began + STARTING), (uint32_t)i, on_start);
    }
}

void mesh_run(struct mesh *m)
{
    const struct mesh_cfg *cfg = &m->cfg;
    const p2p_ns end = m->began + cfg->length;
    size_t churn = cfg->hosts * cfg->churn_percent / 100;

    at(m, m->began + WARM, 0, on_publish);
    for (size_t i = 0; i < churn; i++) {
        at(m, between(m, m->began + WARM, end - AWAY_MAX - MESH_QUIET), 0,
           on_leave);
    }
    if (cfg->cut_for > 0) {
        m->cut_at = m->began + cfg->length / 5 * 2;
        m->healed_at = m->cut_at + cfg->cut_for;
        at(m, m->cut_at, 0, on_cut);
        at(m, m->healed_at, 0, on_heal);
    }
    if (cfg->trace) {
        at(m, m->began, 0, on_second);
    }
    sim_run(&m->sim, end);
    count_links(m, &m->end);
}

/* Lets go of the neighbours, and of all that are connected. */
static void let_go(struct mesh_node *n)
{
    struct p2p_conn_info info[256];
    size_t count;

    (void)p2p_pubsub_unsubscribe(n->h.pubsub, MESH_TOPIC);
    for (unsigned i = 0; i < n->mesh->cfg.degree; i++) {
        int rv = p2p_host_keep(n->h.host, &n->neighbours[i].id, false);

        assert(rv == 0);
        (void)rv;
    }
    count = p2p_host_conns(n->h.host, info, P2P__COUNT(info), sizeof *info);
    for (size_t i = 0; i < count && i < P2P__COUNT(info); i++) {
        (void)p2p_host_disconnect(n->h.host, &info[i].peer);
    }
}

void mesh_part(struct mesh *m)
{
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        let_go(&m->nodes[i]);
    }
    sim_run(&m->sim, m->sim.now + FORGET);
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        struct p2p_host_stats s;

        p2p_host_stats(m->nodes[i].h.host, &s, sizeof s);
        m->held += s.memory_bytes + s.conns_in + s.conns_out + s.streams_in +
                   s.streams_out + s.handshakes_pending;
    }
}

void mesh_fini(struct mesh *m)
{
    for (size_t i = 0; i < m->cfg.hosts; i++) {
        simhost_stop(&m->nodes[i].h);
        free(m->nodes[i].neighbours);
    }
    sim_fini(&m->sim);
    tally_fini(&m->tally);
    free(m->nodes);
    free(m->reach);
}
