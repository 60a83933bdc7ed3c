/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How a node stays connected, as a program on the library would: every few
 * seconds it looks whether the relays at which it has reservations, the peers
 * outside of its site and those in it are there. Who is not for a while, or
 * stays relayed, is let go for somebody else.
 */
#include <stdio.h>

#include "fleet.h"

#define TICK_MIN P2P__SEC(4)
#define TICK_MAX P2P__SEC(6)
/* Who is not connected for so long is let go. */
#define PATIENCE P2P__SEC(45)
/* Connections of a node that are looked at. */
#define CONNS 512U

struct conns {
    struct p2p_conn_info all[CONNS];
    size_t n;
};

void fleet_list_add(struct fleet_list *l, const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < l->n; i++) {
        if (p2p_peer_id_equal(&l->ids[i], id)) {
            return;
        }
    }
    if (l->n < FLEET_FOUND) {
        l->ids[l->n++] = *id;
    }
}

/* Takes one at random; false: there is none. */
static bool take(struct fleet_node *n, struct fleet_list *l,
                 struct p2p_peer_id *out)
{
    size_t i;

    if (l->n == 0) {
        return false;
    }
    i = (size_t)p2p__rng_below(&n->fleet->rng, l->n);
    *out = l->ids[i];
    l->ids[i] = l->ids[--l->n];
    return true;
}

static bool has_link(const struct fleet_link *links, size_t n,
                     const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < n; i++) {
        if (links[i].used && p2p_peer_id_equal(&links[i].id, id)) {
            return true;
        }
    }
    return false;
}

static bool is_linked(const struct fleet_node *n, const struct p2p_peer_id *id)
{
    return p2p_peer_id_equal(id, &n->id) || has_link(n->far, FLEET_FAR, id) ||
           has_link(n->mates, FLEET_MATES, id) ||
           has_link(n->relays, FLEET_RELAYS, id);
}

/* Whether there is a connection that no relay limits. */
static bool is_direct(const struct conns *c, const struct p2p_peer_id *id)
{
    for (size_t i = 0; i < p2p__min(c->n, CONNS); i++) {
        if (!c->all[i].limited && p2p_peer_id_equal(&c->all[i].peer, id)) {
            return true;
        }
    }
    return false;
}

static void let_go(struct fleet_node *n, struct fleet_link *l)
{
    (void)p2p_host_keep(n->host, &l->id, false);
    l->used = false;
}

/* Looks at one link: whether it has to be let go. */
static bool is_hopeless(struct fleet_link *l, bool fine, p2p_ns now)
{
    if (fine) {
        l->bad_since = 0;
    } else if (l->bad_since == 0) {
        l->bad_since = now;
    }
    return l->bad_since != 0 && now - l->bad_since > PATIENCE;
}

/* Fills an empty link with somebody who is not linked yet; one outside of the
 * site is somebody new. */
static bool fill(struct fleet_node *n, struct fleet_link *l,
                 struct fleet_list *from, const struct conns *c)
{
    struct p2p_peer_id id;

    while (take(n, from, &id)) {
        if (!is_linked(n, &id) &&
            !(from == &n->found[FLEET_ANY] && is_direct(c, &id))) {
            *l = (struct fleet_link){
                .used = true, .id = id, .bad_since = n->fleet->sim.now};
            return true;
        }
    }
    return false;
}

static void look_after(struct fleet_node *n, struct fleet_link *links,
                       size_t count, struct fleet_list *from,
                       const struct conns *c)
{
    for (size_t i = 0; i < count; i++) {
        struct fleet_link *l = &links[i];

        if (l->used &&
            is_hopeless(l, is_direct(c, &l->id), n->fleet->sim.now)) {
            let_go(n, l);
        }
        if (!l->used && fill(n, l, from, c)) {
            int rv = p2p_host_keep(n->host, &l->id, true);

            assert(rv == 0);
            (void)rv;
        }
    }
}

/* Listens by a relay that was found. */
static void listen_by(struct fleet_node *n, struct fleet_link *l)
{
    const struct fleet_node *relay = fleet_find_node(n->fleet, &l->id);
    char at[P2P_MULTIADDR_TEXT_MAX + 16];

    if (relay == NULL) {
        l->used = false;
        return;
    }
    fleet_addr(relay, at);
    (void)snprintf(at + strlen(at), 16, "/p2p-circuit");
    l->used = p2p_host_listen(n->host, at) == 0;
}

static void look_after_relays(struct fleet_node *n, const struct conns *c)
{
    for (size_t i = 0; i < FLEET_RELAYS; i++) {
        struct fleet_link *l = &n->relays[i];
        int status = l->used ? p2p_relay_status(n->host, &l->id) : 0;

        if (l->used && (is_hopeless(l, status == 0, n->fleet->sim.now) ||
                        status == P2P_EACCES || status == P2P_ELIMIT)) {
            (void)p2p_relay_forget(n->host, &l->id);
            l->used = false;
        }
        if (!l->used && fill(n, l, &n->found[FLEET_RELAY], c)) {
            listen_by(n, l);
        }
    }
}

static bool wants(const struct fleet_link *links, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!links[i].used) {
            return true;
        }
    }
    return false;
}

/* Whether others can find a node where it says. */
static bool can_be_found(const struct fleet_node *n)
{
    if (fleet_is_public(n)) {
        return true;
    }
    for (size_t i = 0; i < FLEET_RELAYS; i++) {
        if (n->relays[i].used && n->relays[i].bad_since == 0) {
            return true;
        }
    }
    return false;
}

/* A node without mDNS is told of its mates. */
static void tell_mates(struct fleet_node *n)
{
    struct fleet *f = n->fleet;

    for (size_t i = f->n_public; i < f->cfg.nodes; i++) {
        const struct fleet_node *mate = &f->nodes[i];
        char at[P2P_MULTIADDR_TEXT_MAX];

        if (mate->site == n->site && mate != n && mate->host != NULL) {
            fleet_addr(mate, at);
            (void)p2p_host_add_addr(n->host, at, 600);
            fleet_list_add(&n->seen, &mate->id);
        }
    }
}

static void tick(struct fleet *f, struct fleet_node *n)
{
    const bool is_public = fleet_is_public(n);
    struct conns c;

    c.n = p2p_host_conns(n->host, c.all, CONNS, sizeof c.all[0]);
    if (!is_public && !f->cfg.no_relay) {
        look_after_relays(n, &c);
        if (wants(n->relays, FLEET_RELAYS)) {
            fleet_find(n, FLEET_RELAY);
        }
    }
    look_after(n, n->far, FLEET_FAR, &n->found[FLEET_ANY], &c);
    /* Who is connected with most has nobody to look for. */
    if (wants(n->far, FLEET_FAR) && c.n < f->cfg.nodes / 4 * 3) {
        fleet_find(n, FLEET_ANY);
    }
    if (!is_public) {
        look_after(n, n->mates, FLEET_MATES, &n->seen, &c);
        if (f->cfg.no_mdns && wants(n->mates, FLEET_MATES)) {
            tell_mates(n);
        }
    }
    if (can_be_found(n)) {
        fleet_register(n);
    }
    fleet_at(f, f->sim.now + fleet_between(f, TICK_MIN, TICK_MAX), n, tick);
}

void fleet_keep(struct fleet_node *n)
{
    fleet_at(n->fleet, n->fleet->sim.now + P2P__MS(100), n, tick);
}

void fleet_keep_mate(struct fleet_node *n, const struct p2p_peer_id *id)
{
    fleet_list_add(&n->seen, id);
}
