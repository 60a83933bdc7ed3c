/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is looked at while a fleet runs: whether anybody is alone, and whether
 * caps hold; and what is left when all have let go. Alone is who has nobody in
 * the topic, or, while its site is not cut off, nobody outside of its site.
 */
#include <stdlib.h>

#include "fleet.h"
#include "host/bridge.h"

#define EVERY P2P__SEC(5)

static struct p2p_conn_info *conns_of(const struct fleet_node *n, size_t *count)
{
    struct p2p_conn_info *all;

    *count = p2p_host_conns(n->host, NULL, 0, 0);
    all = calloc(*count + 1, sizeof *all);
    assert(all != NULL);
    *count = p2p_host_conns(n->host, all, *count, sizeof *all);
    return all;
}

/* Whether a node has a connection out of its site to somebody who is there. */
static bool has_outside(const struct fleet *f, const struct fleet_node *n)
{
    size_t count;
    struct p2p_conn_info *all = conns_of(n, &count);
    bool found = false;

    for (size_t i = 0; i < count && !found; i++) {
        const struct fleet_node *to = fleet_find_node(f, &all[i].peer);

        found = to != NULL && to->host != NULL && !all[i].limited &&
                (to->site != n->site || fleet_is_public(n));
    }
    free(all);
    return found;
}

static bool is_alone(const struct fleet *f, const struct fleet_node *n)
{
    if (n->pubsub != NULL &&
        p2p_pubsub_peers(n->pubsub, FLEET_TOPIC, false, NULL, 0) == 0) {
        return true;
    }
    return n->site != f->cut && !has_outside(f, n);
}

static uint32_t most(uint32_t a, size_t b)
{
    return a > b ? a : (uint32_t)b;
}

/* The most reservations that one address has at a relay. */
static size_t of_one_addr(const struct p2p__relay_ledger *l)
{
    size_t best = 0;

    P2P__LIST_EACH (it, &l->reserved) {
        const struct p2p__relay_peer *p =
            P2P__CONTAINER(it, struct p2p__relay_peer, link);
        size_t same = 0;

        P2P__LIST_EACH (jt, &l->reserved) {
            same += p2p__fair_same(
                &P2P__CONTAINER(jt, struct p2p__relay_peer, link)->addr,
                &p->addr);
        }
        best = same > best ? same : best;
    }
    return best;
}

static void look_at(struct fleet *f, const struct fleet_node *n)
{
    struct fleet_watch *w = &f->watch;
    struct p2p_host_stats s;

    p2p_host_stats(n->host, &s, sizeof s);
    w->conns = most(w->conns, s.conns_in + s.conns_out);
    w->memory = s.memory_bytes > w->memory ? s.memory_bytes : w->memory;
    if (n->host->relay != NULL) {
        const struct p2p__relay_ledger *l = &n->host->relay->ledger;

        w->reservations = most(w->reservations, l->n_reserved);
        w->circuits = most(w->circuits, l->n_circuits);
        w->per_addr = most(w->per_addr, of_one_addr(l));
    }
}

static void look(struct fleet *f, struct fleet_node *nobody)
{
    struct fleet_watch *w = &f->watch;
    const p2p_ns now = f->sim.now;

    (void)nobody;
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        struct fleet_node *n = &f->nodes[i];

        if (n->host == NULL) {
            continue;
        }
        look_at(f, n);
        if (!is_alone(f, n)) {
            n->fine = now;
        } else if (fleet_is_settled(n, now)) {
            w->apart++;
        }
        w->samples += fleet_is_settled(n, now);
        if (now - n->fine > w->alone) {
            w->alone = now - n->fine;
            w->alone_node = i;
        }
    }
    if (!f->over) {
        fleet_at(f, now + EVERY, NULL, look);
    }
}

void fleet_watch_start(struct fleet *f)
{
    fleet_at(f, f->sim.now, NULL, look);
}

void fleet_watch_idle(struct fleet *f)
{
    for (size_t i = 0; i < f->cfg.sites; i++) {
        f->watch.mappings += sim_site_mappings(f->sites[i]);
    }
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        const struct fleet_node *n = &f->nodes[i];
        bool reserved = fleet_is_public(n);

        for (size_t k = 0; k < FLEET_FAR; k++) {
            f->watch.direct += n->far[k].used && n->far[k].bad_since == 0;
            f->watch.relayed += n->far[k].used && n->far[k].bad_since != 0;
        }
        for (size_t k = 0; k < FLEET_RELAYS && !reserved; k++) {
            reserved = n->relays[k].used && n->relays[k].bad_since == 0;
        }
        f->watch.unreserved += !reserved;
    }
}

/* A walk over those whom links of the topic lead to: all that were met, in the
 * order in which they were. */
struct walk {
    size_t n;
    size_t *met;
    bool *seen; /* by node */
};

static void meet(struct walk *w, size_t node)
{
    if (!w->seen[node]) {
        w->seen[node] = true;
        w->met[w->n++] = node;
    }
}

static void meet_links(const struct fleet *f, const struct fleet_node *n,
                       struct walk *w)
{
    struct p2p_peer_id ids[256];
    const size_t count =
        p2p_pubsub_peers(n->pubsub, FLEET_TOPIC, false, ids, 256);

    for (size_t i = 0; i < p2p__min(count, 256); i++) {
        const struct fleet_node *to = fleet_find_node(f, &ids[i]);

        if (to != NULL && to->host != NULL) {
            meet(w, to->index);
        }
    }
}

void fleet_watch_end(struct fleet *f)
{
    struct walk w = {.met = calloc(f->cfg.nodes, sizeof *w.met),
                     .seen = calloc(f->cfg.nodes, sizeof *w.seen)};
    size_t at = 0;

    assert(w.met != NULL && w.seen != NULL);
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        if (!w.seen[i] && fleet_is_settled(&f->nodes[i], f->sim.now)) {
            f->watch.islands++;
            meet(&w, i);
        }
        while (at < w.n) {
            meet_links(f, &f->nodes[w.met[at++]], &w);
        }
    }
    free(w.met);
    free(w.seen);
}

void fleet_watch_rest(struct fleet *f)
{
    for (size_t i = 0; i < f->n_public; i++) {
        const struct fleet_node *n = &f->nodes[i];
        struct p2p_host_stats s;

        if (n->host == NULL) {
            continue;
        }
        p2p_host_stats(n->host, &s, sizeof s);
        f->watch.held += s.conns_in + s.conns_out + s.streams_in +
                         s.streams_out + s.handshakes_pending;
        if (n->host->relay != NULL) {
            f->watch.held += n->host->relay->ledger.n_reserved +
                             n->host->relay->ledger.n_circuits;
        }
        f->watch.held += s.memory_bytes;
    }
}
