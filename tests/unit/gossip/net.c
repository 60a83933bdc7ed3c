/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See net.h. */
#include "net.h"

#include <stdlib.h>

#include "wire/frame.h"
#include "proto/gossip/rpc.h"
#include "unit.h"

struct flight {
    struct p2p__heap_node node;
    unsigned from, to;
    size_t len;
    uint8_t rpc[];
};

static bool may(void *user, const struct p2p_peer_id *peer,
                const struct p2p__slice *topic)
{
    const struct net_node *v = user;
    const struct net_node *all = v - v->index;

    (void)topic;
    for (unsigned i = 0; i < NET_NODES; i++) {
        if (v->knows[i] && p2p_peer_id_equal(&all[i].id, peer)) {
            return true;
        }
    }
    return false;
}

static void make_node(struct net *n, unsigned i)
{
    struct net_node *v = &n->nodes[i];
    uint8_t seed[32] = {(uint8_t)i, 3};
    struct p2p__gossip_score_params score;
    struct p2p__gossip_cfg cfg;
    const uint8_t *pub;
    size_t len;

    test_env_init(&v->env, n->cfg.seed * 1000 + i);
    p2p__quota_init(&v->quota, NULL, "gossip");
    assert_int_equal(p2p_key_from_seed(seed, &v->key), 0);
    pub = p2p_key_public(v->key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &v->id), 0);
    p2p__gossip_cfg_defaults(&cfg);
    p2p__gossip_score_defaults(&score);
    cfg.key = v->key;
    cfg.self = v->id;
    cfg.quota = &v->quota;
    cfg.params.flood_publish = n->cfg.flood;
    cfg.score = n->cfg.scoring ? &score : NULL;
    cfg.may_fn = n->cfg.gated ? may : NULL;
    cfg.may_user = v;
    v->index = i;
    /* Not all heartbeats at once. */
    cfg.params.first_ms = 100 + (uint32_t)p2p__rng_below(&n->rng, 900);
    assert_int_equal(p2p__gossip_new(&cfg, &v->env.env, NULL, n->now, &v->g),
                     0);
    assert_int_equal(
        p2p__gossip_subscribe(v->g, NET_TOPIC, strlen(NET_TOPIC), NULL, n->now),
        0);
}

void net_init(struct net *n, const struct net_cfg *cfg)
{
    *n = (struct net){.cfg = *cfg, .now = P2P__SEC(1)};
    p2p__rng_seed(&n->rng, cfg->seed);
    p2p__heap_init(&n->flying);
    for (unsigned i = 0; i < cfg->nodes; i++) {
        make_node(n, i);
    }
    for (unsigned i = 0; i < cfg->nodes; i++) {
        for (unsigned k = 0; k < cfg->links; k++) {
            net_link(n, i, (unsigned)p2p__rng_below(&n->rng, cfg->nodes));
        }
    }
}

static struct flight *pop(struct net *n)
{
    struct p2p__heap_node *h = p2p__heap_first(&n->flying);

    p2p__heap_remove(&n->flying, h);
    return P2P__CONTAINER(h, struct flight, node);
}

void net_fini(struct net *n)
{
    while (p2p__heap_first(&n->flying) != NULL) {
        free(pop(n));
    }
    for (unsigned i = 0; i < n->cfg.nodes; i++) {
        p2p__gossip_free(n->nodes[i].g);
        p2p__quota_fini(&n->nodes[i].quota);
        p2p_key_free(n->nodes[i].key);
    }
}

static void add(struct net *n, unsigned at, unsigned other, bool outbound)
{
    struct net_node *v = &n->nodes[at];
    const struct p2p__gossip_peer_info info = {
        .id = n->nodes[other].id,
        .version = n->cfg.version,
        .outbound = outbound,
        .quota = &v->quota,
        .user = &n->nodes[other],
    };

    assert_int_equal(
        p2p__gossip_peer_add(v->g, &info, n->now, &v->peers[other]), 0);
}

void net_link(struct net *n, unsigned a, unsigned b)
{
    if (a != b && n->nodes[a].peers[b] == NULL) {
        add(n, a, b, true);
        add(n, b, a, false);
    }
}

void net_cut(struct net *n, unsigned a, unsigned b)
{
    if (n->nodes[a].peers[b] != NULL) {
        p2p__gossip_peer_remove(n->nodes[a].g, n->nodes[a].peers[b], n->now);
        p2p__gossip_peer_remove(n->nodes[b].g, n->nodes[b].peers[a], n->now);
        n->nodes[a].peers[b] = NULL;
        n->nodes[b].peers[a] = NULL;
    }
}

void net_know(struct net *n, unsigned a, unsigned b, bool knows)
{
    n->nodes[a].knows[b] = knows;
    p2p__gossip_recheck(n->nodes[a].g, n->now);
}

/* Copies a control message without the fields that the network cuts out. */
static void strip_control(uint32_t strip, struct p2p__slice body,
                          struct p2p__pbw *w)
{
    size_t mark = p2p__pbw_open(w, P2P__RPC_CONTROL);
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, body);
    while (p2p__pb_next(&r, &f)) {
        if ((strip >> (f.tag >> 3) & 1U) == 0) {
            p2p__pbw_bytes(w, f.tag >> 3, f.bytes.p, f.bytes.len);
        }
    }
    p2p__pbw_close(w, mark);
}

/* Copies an RPC as the network delivers it: with planted faults. */
static size_t strip_rpc(struct net *n, struct p2p__slice rpc, uint8_t *out)
{
    struct p2p__pb_field f;
    struct p2p__pbw w;
    struct p2p__pb r;

    p2p__pbw_init(&w, out, rpc.len);
    p2p__pb_init(&r, rpc);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(P2P__RPC_CONTROL)) {
            strip_control(n->cfg.strip, f.bytes, &w);
        } else if (f.tag != P2P__PB_BYTES(P2P__RPC_PUBLISH) ||
                   p2p__rng_below(&n->rng, 100) >= n->cfg.loss_percent) {
            p2p__pbw_bytes(&w, f.tag >> 3, f.bytes.p, f.bytes.len);
        }
    }
    assert_int_equal(r.err, 0);
    return w.len;
}

/* When a frame is there: a link has a latency, and takes 10 us a byte. */
static p2p_ns arrival(struct net *n, unsigned from, unsigned to, size_t len)
{
    p2p_ns latency = P2P__MS(1 + (from * 31 + to * 17) % 50);
    p2p_ns *busy = &n->nodes[from].busy[to];

    *busy = (*busy > n->now ? *busy : n->now) + P2P__US(10 * len);
    return *busy + latency;
}

/* Sends a frame off. */
static void fly(struct net *n, unsigned from, unsigned to, struct p2p__slice f)
{
    struct p2p__frame reader;
    struct flight *flight = calloc(1, sizeof *flight + f.len);
    struct p2p__slice rpc;

    assert_non_null(flight);
    p2p__frame_init(&reader, NULL, P2P__CAP_GOSSIP_FRAME);
    assert_int_equal(p2p__frame_next(&reader, &f, &rpc), 1);
    flight->from = from;
    flight->to = to;
    flight->len = strip_rpc(n, rpc, flight->rpc);
    p2p__heap_set(&n->flying, &flight->node, arrival(n, from, to, flight->len));
    n->frames++;
    n->bytes += flight->len;
}

/* Pulls what a node has to say. */
static void pull(struct net *n, unsigned i)
{
    struct net_node *v = &n->nodes[i];
    struct p2p__gossip_peer *peer;
    struct p2p__gossip_ev ev;
    struct p2p__slice frame;

    while (p2p__gossip_next(v->g, &ev)) {
        v->got += ev.type == P2P__GOSSIP_MESSAGE;
        v->graylisted += ev.type == P2P__GOSSIP_GRAYLISTED;
    }
    while ((peer = p2p__gossip_tx_peer(v->g)) != NULL) {
        const struct net_node *to = p2p__gossip_peer_user(peer);

        while (p2p__gossip_tx(v->g, peer, &frame, n->now)) {
            fly(n, i, (unsigned)(to - n->nodes), frame);
            p2p__gossip_tx_done(v->g, peer);
        }
    }
}

static void deliver(struct net *n, struct flight *f)
{
    static const uint64_t key[2] = {1, 2};
    struct net_node *to = &n->nodes[f->to];
    struct p2p__gossip_peer *peer = to->peers[f->from];
    struct p2p__slice in = p2p__slice_of(f->rpc, f->len);
    const uint64_t mix[3] = {n->hash, n->now,
                             p2p__siphash(key, f->rpc, f->len)};

    n->hash = p2p__siphash(key, mix, sizeof mix);
    while (peer != NULL && in.len > 0) {
        assert_int_equal(p2p__gossip_rx(to->g, peer, &in, n->now), 0);
    }
    pull(n, f->to);
    free(f);
}

/* The next heartbeat of all. */
static unsigned next_beat(const struct net *n)
{
    unsigned first = 0;

    for (unsigned i = 1; i < n->cfg.nodes; i++) {
        if (p2p__gossip_deadline(n->nodes[i].g) <
            p2p__gossip_deadline(n->nodes[first].g)) {
            first = i;
        }
    }
    return first;
}

void net_run(struct net *n, uint64_t ms)
{
    p2p_ns until = n->now + P2P__MS(ms);

    for (unsigned i = 0; i < n->cfg.nodes; i++) {
        pull(n, i);
    }
    for (;;) {
        struct p2p__heap_node *h = p2p__heap_first(&n->flying);
        unsigned i = next_beat(n);
        p2p_ns beat = p2p__gossip_deadline(n->nodes[i].g);
        p2p_ns at = h != NULL ? p2p__ns_min(h->at, beat) : beat;

        if (at > until) {
            break;
        }
        n->now = at;
        if (at == beat) {
            p2p__gossip_expire(n->nodes[i].g, at);
            pull(n, i);
        } else {
            deliver(n, pop(n));
        }
    }
    n->now = until;
}

void net_publish(struct net *n, unsigned node, size_t len)
{
    static const uint8_t data[8192];
    const struct p2p__slice slice = p2p__slice_of(data, len);

    assert_true(len <= sizeof data);
    assert_true(p2p__gossip_publish(n->nodes[node].g, NET_TOPIC,
                                    strlen(NET_TOPIC), &slice, n->now,
                                    NULL) >= 0);
    pull(n, node);
}

unsigned net_got(const struct net *n)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->cfg.nodes; i++) {
        count += n->nodes[i].got;
    }
    return count;
}

bool net_has(const struct net *n, unsigned a, unsigned b)
{
    struct p2p_peer_id ids[NET_NODES];
    size_t count = p2p__gossip_topic_peers(
        n->nodes[a].g, NET_TOPIC, strlen(NET_TOPIC), true, ids, NET_NODES);

    for (size_t i = 0; i < count; i++) {
        if (p2p_peer_id_equal(&ids[i], &n->nodes[b].id)) {
            return true;
        }
    }
    return false;
}

size_t net_degree(const struct net *n, unsigned a)
{
    return p2p__gossip_topic_peers(n->nodes[a].g, NET_TOPIC, strlen(NET_TOPIC),
                                   true, NULL, 0);
}

unsigned net_lopsided(const struct net *n)
{
    unsigned count = 0;

    for (unsigned a = 0; a < n->cfg.nodes; a++) {
        for (unsigned b = 0; b < a; b++) {
            count += net_has(n, a, b) != net_has(n, b, a);
        }
    }
    return count;
}
