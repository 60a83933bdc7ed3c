/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See detours.h. Every few seconds: is this node a relay, are there members
 * that it has no direct connection with, and where do their rows say that a
 * relay brings one to them? Who misses somebody asks members that are relays to
 * be its own. Failure mode: no relay; then what members say comes by
 * those that both are connected with, as before.
 */
#include "mesh/app/detours.h"

#include <stdlib.h>
#include <string.h>

#include <p2p/p2p.h>

#include "mesh/app/daemon.h"
#include "mesh/app/discovery.h"
#include "mesh/app/views.h"
#include "mesh/trust/peer.h"

bool um_detours_set(struct um_node *n)
{
    const struct um_statement *s = um_roster_value(
        &um_node_model(n)->roster, NULL, UM_STR(UM_DETOURS_SETTING));

    return s != NULL && um_str_eq(s->value, UM_STR(UM_DETOURS_MEMBERS));
}

static bool is_node(struct um_node *n, const struct um_name *member)
{
    return (um_roster_roles(&um_node_model(n)->roster, member) & UM_NODE) != 0;
}

bool um_detours_awaits(const struct um_daemon *d,
                       const struct p2p_peer_id *peer)
{
    struct um_name member;
    struct um_row row;

    return d->mesh.node != NULL && um_peer_member(peer, &member) == 0 &&
           um_views_row(d->mesh.node, &member, &row) && row.awaits;
}

/* Members that this node has a direct connection with. */
struct near {
    struct um_node *node;
    size_t n;
};

static void each_peer(void *user, const struct um_bus_peer *p)
{
    struct near *near = user;
    struct um_name member;

    if (p->connected && p->via.len == 0 &&
        um_peer_member(&p->id, &member) == 0) {
        near->n += is_node(near->node, &member);
    }
}

/* Tells the bus where a member's row says that it is. */
static void learn(struct um_daemon *d, const struct p2p_peer_id *peer,
                  struct um_str ways)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_multiaddr ma;
    struct um_str way;

    while (um_way_take(&ways, &way)) {
        if (p2p_multiaddr_from_bytes(way.p, way.len, &ma) == 0 &&
            p2p_multiaddr_append_peer(&ma, peer) == 0) {
            um_bus_learn(d->bus, p2p_multiaddr_text(&ma, text));
        }
    }
}

/* ---- what keeps members apart */

/* The place of an address among those that were tried, or of a new one. */
static struct um_detours_try *place(struct um_detours *t,
                                    const struct p2p_peer_id *peer,
                                    const char *addr)
{
    size_t n = t->tried < UM_DETOURS_TRIES ? t->tried : UM_DETOURS_TRIES;

    for (size_t i = 0; i < n; i++) {
        if (p2p_peer_id_equal(&t->tries[i].peer, peer) &&
            strcmp(t->tries[i].addr, addr) == 0) {
            return &t->tries[i];
        }
    }
    return &t->tries[t->tried++ % UM_DETOURS_TRIES];
}

/* A dial under way. */
struct attempt {
    struct um_daemon *d;
    struct um_detours_try what;
};

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct attempt *a = user;
    struct um_detours *t = &a->d->detours;

    (void)peer;
    t->dialing = false;
    if (status != P2P_ECLOSED) { /* the bus has not ended */
        a->what.status = status;
        *place(t, &a->what.peer, a->what.addr) = a->what;
    }
    free(a);
}

/* The address whose turn it is. */
struct next {
    struct um_daemon *d;
    const struct p2p_peer_id *peer;
    size_t n; /* addresses so far */
};

static void each_way(void *user, const char *addr)
{
    struct next *next = user;
    struct um_detours *t = &next->d->detours;
    const char *end = strstr(addr, "/p2p-circuit/p2p/");
    size_t len;
    struct attempt *a;

    if (next->n++ != t->turn || t->dialing) {
        return;
    }
    end = end != NULL ? end + strlen("/p2p-circuit") : strstr(addr, "/p2p/");
    len = end != NULL ? (size_t)(end - addr) : strlen(addr);
    a = calloc(1, sizeof *a);
    if (a == NULL || len >= sizeof a->what.addr) {
        free(a);
        return;
    }
    a->d = next->d;
    a->what.peer = *next->peer;
    memcpy(a->what.addr, addr, len);
    t->dialing = um_bus_dial(next->d->bus, addr, on_dialed, a) == 0;
    if (!t->dialing) {
        free(a);
    }
}

void um_detours_tries(const struct um_daemon *d, const struct p2p_peer_id *peer,
                      void (*each)(void *user, const char *addr, int status),
                      void *user)
{
    const struct um_detours *t = &d->detours;

    for (size_t i = 0; i < t->tried && i < UM_DETOURS_TRIES; i++) {
        if (p2p_peer_id_equal(&t->tries[i].peer, peer) &&
            t->tries[i].status != 0) {
            each(user, t->tries[i].addr, t->tries[i].status);
        }
    }
}

/* ---- what is done every few seconds */

/* Looks between two rounds through the addresses, at most. */
#define PAUSE_MAX 15U

/* Whose turn is next: when all had theirs, there is a pause, which grows. */
static void take_turns(struct um_detours *t, size_t n)
{
    t->turn++;
    if (t->turn >= n) {
        t->turn = 0;
        t->pause = t->pause < PAUSE_MAX ? 2 * t->pause + 1 : PAUSE_MAX;
        t->skip = t->pause;
    }
}

/* How many members are nodes, but for this one; those that are not connected
 * are looked for, and one of their addresses is tried. */
static size_t look_for_members(struct um_daemon *d)
{
    struct um_node *n = d->mesh.node;
    struct next next = {.d = d};
    struct um_roster *r = &um_node_model(n)->roster;
    size_t count = 0;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);
        struct p2p_peer_id peer;
        struct um_row row;

        if ((k->now & UM_NODE) == 0 || um_name_eq(&k->name, um_node_me(n))) {
            continue;
        }
        count++;
        um_peer_of(&k->name, &peer);
        if (um_bus_is_up(d->bus, &peer)) {
            continue;
        }
        if (um_views_row(n, &k->name, &row)) {
            learn(d, &peer, row.ways);
        }
        next.peer = &peer;
        if (d->detours.skip == 0) {
            um_bus_ways(d->bus, &peer, each_way, &next);
        }
    }
    if (d->detours.skip > 0) {
        d->detours.skip--;
    } else if (next.n > 0) {
        take_turns(&d->detours, next.n);
    }
    return count;
}

/* Whether this node is a relay for members: who is said to be public is, and
 * with the setting who was not found private. Nothing is found in a network
 * without a way out, where members are relays between its segments, or where
 * they are of a version that dials nobody back. */
static bool serves(struct um_daemon *d)
{
    enum p2p_reachability reach = um_bus_reach(d->bus);

    d->detours.shut =
        reach == P2P_UNREACHABLE || (reach != P2P_REACHABLE && d->detours.shut);
    return is_node(d->mesh.node, um_node_me(d->mesh.node)) &&
           !d->detours.shut &&
           (d->settings.reach == P2P_REACHABLE || um_detours_set(d->mesh.node));
}

void um_detours_leave(struct um_daemon *d)
{
    (void)um_bus_relay(d->bus, false); /* or it would serve everybody */
    um_discovery_leave(d);
}

static void look(struct um_daemon *d)
{
    struct near near = {.node = d->mesh.node};
    bool is, missed;

    if (d->mesh.node == NULL) {
        um_detours_leave(d);
        return;
    }
    is = serves(d);
    um_discovery_tell(d, "a relay", um_bus_relay(d->bus, is),
                      &d->detours.told_relay);
    um_bus_peers(d->bus, each_peer, &near);
    if (near.n != d->detours.near) {
        d->detours.near = near.n;
        d->detours.pause = d->detours.skip = 0;
    }
    missed = look_for_members(d) > near.n;
    if (missed) { /* who serves may be asked */
        um_bus_seek_relays(d->bus);
    }
    um_discovery_look(d, is, missed);
}

static void set_alarm(struct um_daemon *d, uint64_t ms);

static void on_alarm(void *arg)
{
    struct um_daemon *d = arg;

    d->detours.alarm = NULL;
    if (d->bus != NULL) {
        look(d);
    }
    set_alarm(d, UM_DETOURS_MS / d->settings.test_speed);
}

static void set_alarm(struct um_daemon *d, uint64_t ms)
{
    const struct um_alarms *alarms = &d->loop.alarms;

    d->detours.alarm = alarms->set(alarms->user, ms, on_alarm, d);
}

void um_detours_begin(struct um_daemon *d)
{
    if (!d->settings.article) {
        set_alarm(d, 0);
    }
}

void um_detours_end(struct um_daemon *d)
{
    if (d->detours.alarm != NULL) {
        d->loop.alarms.clear(d->loop.alarms.user, d->detours.alarm);
        d->detours.alarm = NULL;
    }
}

void um_detours_hurry(struct um_daemon *d)
{
    d->detours.pause = d->detours.skip = 0;
    if (d->detours.alarm != NULL) {
        um_detours_end(d);
        set_alarm(d, 0);
    }
}
