/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kad_net.h"

#include <stdlib.h>

#include "made_peer.h"

/* A message on its way, or its failure. */
struct flight {
    struct p2p__heap_node node;
    uint32_t from, to;
    uint64_t query;
    bool answer; /* else a question */
    bool awaits;
    bool failed;
    size_t len;
    uint8_t bytes[];
};

/* How long a dial to nobody takes to fail. */
#define DIAL P2P__SEC(5)

static struct p2p__kad_peer peer_of(const struct kad_net *net, uint32_t node)
{
    const uint32_t n = net->nodes[node].number;
    struct p2p__kad_peer peer = {.id = made_peer(n), .at = {.family = 4}};
    struct p2p_multiaddr ma;
    uint8_t bytes[8] = {4, 0, 0, 0, 0, 6, 0x0f, 0xa1};

    /* Honest ones are each in a network of its own, the others in one. */
    peer.at.ip[0] = net->nodes[node].crowd ? 198 : (uint8_t)(11 + node % 100);
    peer.at.ip[1] = net->nodes[node].crowd ? 41 : (uint8_t)(node / 100);
    peer.at.ip[2] = (uint8_t)(node >> 8);
    peer.at.ip[3] = (uint8_t)node;
    memcpy(bytes + 1, peer.at.ip, 4);
    bytes[7] = (uint8_t)(bytes[7] + net->nodes[node].moves);
    must(p2p_multiaddr_from_bytes(bytes, sizeof bytes, &ma) == 0);
    (void)p2p__kad_addrs_add(&peer.addrs, &ma);
    return peer;
}

/* The node at an address that is told. */
static uint32_t node_at(const struct kad_net *net,
                        const struct p2p__kad_peer *peer)
{
    struct p2p__kad_addrs_walk walk;
    struct p2p_multiaddr ma;

    p2p__kad_addrs_walk_init(&walk, &peer->addrs);
    while (p2p__kad_addrs_walk_next(&walk, &ma)) {
        const uint32_t node = (uint32_t)ma.bytes[3] << 8 | ma.bytes[4];

        if (node < net->count) {
            const struct p2p__kad_peer is = peer_of(net, node);
            struct p2p__kad_addrs said = {0};

            (void)p2p__kad_addrs_add(&said, &ma);
            if (p2p_peer_id_equal(&is.id, &peer->id) &&
                memcmp(said.bytes, is.addrs.bytes, is.addrs.len) == 0) {
                return node;
            }
        }
    }
    return UINT32_MAX;
}

struct kad_net *kad_net_new(uint32_t cap, uint64_t seed)
{
    struct kad_net *net = calloc(1, sizeof *net);

    must(net != NULL);
    net->nodes = calloc(cap, sizeof *net->nodes);
    must(net->nodes != NULL);
    net->cap = cap;
    net->now = P2P__SEC(1);
    p2p__heap_init(&net->events);
    p2p__heap_init(&net->dues);
    p2p__rng_seed(&net->rng, seed);
    return net;
}

void kad_net_free(struct kad_net *net)
{
    struct p2p__heap_node *n;

    while ((n = p2p__heap_first(&net->events)) != NULL) {
        p2p__heap_remove(&net->events, n);
        free(P2P__CONTAINER(n, struct flight, node));
    }
    for (uint32_t i = 0; i < net->count; i++) {
        p2p__kad_fini(&net->nodes[i].kad);
    }
    free(net->nodes);
    free(net);
}

static p2p_ns latency(struct kad_net *net)
{
    return P2P__MS(10 + p2p__rng_below(&net->rng, 90));
}

static void fly(struct kad_net *net, const struct flight *head,
                const uint8_t *bytes, p2p_ns span)
{
    struct flight *f = calloc(1, sizeof *f + head->len);

    must(f != NULL);
    *f = *head;
    if (head->len > 0) {
        memcpy(f->bytes, bytes, head->len);
    }
    net->bytes += head->len;
    p2p__heap_set(&net->events, &f->node, net->now + span);
}

static void ask(struct kad_net *net, uint32_t from,
                const struct p2p__kad_ev *ev)
{
    struct p2p__kad *k = &net->nodes[from].kad;
    uint8_t bytes[P2P__CAP_KAD_REQUEST_BYTES];
    struct flight f = {.from = from,
                       .to = node_at(net, ev->peer),
                       .query = ev->query,
                       .awaits = ev->awaits};
    struct p2p__pbw w;
    int len;

    net->asked++;
    if (f.to == UINT32_MAX || !net->nodes[f.to].alive) {
        f.failed = f.answer = true;
        f.to = from;
        f.len = ev->peer->id.len; /* who failed */
        fly(net, &f, ev->peer->id.bytes, DIAL);
        net->bytes -= f.len;
        return;
    }
    p2p__pbw_init(&w, bytes, sizeof bytes);
    p2p__kad_request(k, ev, &w);
    len = p2p__pbw_end(&w);
    must(len > 0);
    f.len = (size_t)len;
    fly(net, &f, bytes, latency(net));
}

static void tell(struct kad_net_result *r, const struct p2p__kad_ev *ev,
                 p2p_ns now)
{
    if (r == NULL) {
        return;
    }
    if (ev->type == P2P__KAD_PROVIDER) {
        r->providers++;
        return;
    }
    r->done = true;
    r->status = ev->status;
    r->count = ev->count;
    r->took = now - r->began;
    r->addrs = *ev->addrs;
    r->value_len = ev->value.len;
    if (ev->value.len > 0) {
        memcpy(r->value, ev->value.p, ev->value.len);
    }
}

/* Does what a node wants. */
static void pump(struct kad_net *net, uint32_t node)
{
    struct kad_net_node *n = &net->nodes[node];
    struct p2p__kad_ev ev;
    p2p_ns at;

    while (n->alive && p2p__kad_next(&n->kad, &ev, net->now)) {
        if (ev.type == P2P__KAD_ASK) {
            ask(net, node, &ev);
        } else {
            tell(ev.user, &ev, net->now);
        }
    }
    at = n->alive ? p2p__kad_deadline(&n->kad) : P2P_NEVER;
    p2p__heap_remove(&net->dues, &n->due);
    if (at != P2P_NEVER) {
        p2p__heap_set(&net->dues, &n->due, at);
    }
}

/* A message behind its length. */
static struct p2p__slice body(const uint8_t *bytes, size_t len)
{
    size_t head = 0;

    while ((bytes[head++] & 0x80) != 0) {
    }
    return p2p__slice_of(bytes + head, len - head);
}

static void serve(struct kad_net *net, const struct flight *f)
{
    struct kad_net_node *n = &net->nodes[f->to];
    const struct p2p__kad_peer from = peer_of(net, f->from);
    const struct p2p__slice request = body(f->bytes, f->len);
    uint8_t bytes[P2P__CAP_KAD_PAGE_BYTES + 64];
    struct flight back = *f;
    struct p2p__kad_msg msg;
    struct p2p__pbw w;
    int rv = 0;

    if (!n->alive) {
        return; /* in the middle of it: the question's time ends it */
    }
    p2p__kad_met(&n->kad, &from, net->now);
    p2p__pbw_init(&w, bytes, sizeof bytes);
    must(p2p__kad_msg_read(request, &msg) == 0);
    if (n->lie == NULL || !n->lie(net, f->to, &msg, &w)) {
        rv = p2p__kad_serve(&n->kad, &from, request, &w, net->now);
    }
    back.from = f->to;
    back.to = f->from;
    back.answer = true;
    back.failed = rv < 0;
    back.len = rv == 0       ? (size_t)p2p__pbw_end(&w)
               : back.failed ? from.id.len
                             : 0;
    if (back.failed) {
        const struct p2p__kad_peer self = peer_of(net, f->to);

        fly(net, &back, self.id.bytes, latency(net));
    } else {
        fly(net, &back, bytes, latency(net));
    }
    pump(net, f->to);
}

static void take(struct kad_net *net, const struct flight *f)
{
    struct kad_net_node *n = &net->nodes[f->to];
    struct p2p__kad_peer peer;

    if (!n->alive) {
        return;
    }
    if (f->failed) {
        struct p2p_peer_id id;

        must(p2p_peer_id_from_bytes(f->bytes, f->len, &id) == 0);
        p2p__kad_failed(&n->kad, f->query, &id, net->now);
    } else {
        peer = peer_of(net, f->from);
        p2p__kad_answered(
            &n->kad, f->query, &peer,
            f->len > 0 ? body(f->bytes, f->len) : (struct p2p__slice){0},
            net->now);
    }
    pump(net, f->to);
}

void kad_net_run(struct kad_net *net, p2p_ns span)
{
    const p2p_ns end = net->now + span;

    for (;;) {
        struct p2p__heap_node *e = p2p__heap_first(&net->events);
        struct p2p__heap_node *d = p2p__heap_first(&net->dues);
        const p2p_ns at = p2p__ns_min(e != NULL ? e->at : P2P_NEVER,
                                      d != NULL ? d->at : P2P_NEVER);

        if (at > end) {
            break;
        }
        net->now = p2p__max(net->now, at);
        if (e != NULL && e->at == at) {
            struct flight *f = P2P__CONTAINER(e, struct flight, node);

            p2p__heap_remove(&net->events, e);
            (f->answer ? take : serve)(net, f);
            free(f);
        } else {
            struct kad_net_node *n =
                P2P__CONTAINER(d, struct kad_net_node, due);

            p2p__kad_expire(&n->kad, net->now);
            pump(net, (uint32_t)(n - net->nodes));
        }
    }
    net->now = end;
}

static uint32_t join(struct kad_net *net, uint32_t number, uint32_t via,
                     bool crowd)
{
    const uint32_t node = net->count++;
    struct kad_net_node *n = &net->nodes[node];
    struct p2p__kad_cfg cfg = {.self = made_peer(number),
                               .validators = net->validators,
                               .seed = {number, 7},
                               .random = number ^ 7};
    struct p2p__kad_peer other, self;

    must(node < net->cap);
    n->number = number;
    n->alive = true;
    n->crowd = crowd;
    p2p__kad_init(&n->kad, &cfg, net->now);
    self = peer_of(net, node);
    p2p__kad_set_addrs(&n->kad, &self.addrs);
    if (via != UINT32_MAX) {
        other = peer_of(net, via);
        p2p__kad_met(&n->kad, &other, net->now);
        p2p__kad_met(&net->nodes[via].kad, &self, net->now);
        p2p__kad_expire(&n->kad, net->now);
        pump(net, via);
    }
    pump(net, node);
    return node;
}

uint32_t kad_net_join(struct kad_net *net, uint32_t number, uint32_t via)
{
    return join(net, number, via, false);
}

uint32_t kad_net_crowd(struct kad_net *net, uint32_t number, uint32_t via)
{
    return join(net, number, via, true);
}

void kad_net_move(struct kad_net *net, uint32_t node)
{
    struct kad_net_node *n = &net->nodes[node];
    struct p2p__kad_peer self;

    n->moves++;
    self = peer_of(net, node);
    p2p__kad_set_addrs(&n->kad, &self.addrs);
    p2p__kad_moved(&n->kad, net->now);
    pump(net, node);
}

void kad_net_kill(struct kad_net *net, uint32_t node)
{
    net->nodes[node].alive = false;
    pump(net, node);
}

static int start(struct kad_net *net, uint32_t node, struct p2p__kad_want *want,
                 struct kad_net_result *result)
{
    uint64_t number;
    int rv;

    memset(result, 0, sizeof *result);
    result->began = net->now;
    want->user = result;
    rv = p2p__kad_start(&net->nodes[node].kad, want, &number, net->now);
    pump(net, node);
    return rv;
}

int kad_net_start(struct kad_net *net, uint32_t node, enum p2p__kad_goal goal,
                  const char *key, const char *value,
                  struct kad_net_result *result)
{
    struct p2p__kad_want want = {.goal = goal,
                                 .key = p2p__slice_of(key, strlen(key))};

    if (value != NULL) {
        want.value = p2p__slice_of(value, strlen(value));
    }
    return start(net, node, &want, result);
}

int kad_net_wait(struct kad_net *net, struct kad_net_result *result)
{
    while (!result->done) {
        kad_net_run(net, P2P__MS(100));
    }
    return result->status;
}

int kad_net_find(struct kad_net *net, uint32_t node, uint32_t number,
                 struct kad_net_result *result)
{
    const struct p2p_peer_id id = made_peer(number);
    struct p2p__kad_want want = {.goal = P2P__KAD_FIND_PEER,
                                 .key = p2p__slice_of(id.bytes, id.len)};

    must(start(net, node, &want, result) == 0);
    return kad_net_wait(net, result);
}

uint32_t kad_net_any(struct kad_net *net)
{
    uint32_t node;

    do {
        node = (uint32_t)p2p__rng_below(&net->rng, net->count);
    } while (!net->nodes[node].alive);
    return node;
}
