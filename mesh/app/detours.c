/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See detours.h. Every few seconds: is this node a relay, are there members
 * that it has no direct connection with, and where do their rows say that a
 * relay brings one to them? Who misses somebody asks members to be its relays,
 * if the mesh lets them. Failure mode: no relay; then what members say comes by
 * those that both are connected with, as before.
 */
#include "mesh/app/detours.h"

#include <p2p/p2p.h>

#include "mesh/app/daemon.h"
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

/* What a member said last; false: nothing. */
static bool row_of(const struct um_node *n, const struct um_name *member,
                   struct um_row *row)
{
    const struct um_shelf_row *s = um_shelf_row_of(um_node_shelf(n), member);

    return s != NULL && um_row_read(s->envelope, row) == 0;
}

bool um_detours_awaits(const struct um_daemon *d,
                       const struct p2p_peer_id *peer)
{
    struct um_name member;
    struct um_row row;

    return d->mesh.node != NULL && um_peer_member(peer, &member) == 0 &&
           row_of(d->mesh.node, &member, &row) && row.awaits;
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

/* How many members are nodes, but for this one; those that are not connected
 * are looked for. */
static size_t look_for_members(struct um_daemon *d)
{
    struct um_node *n = d->mesh.node;
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
        if (!um_bus_is_up(d->bus, &peer) && row_of(n, &k->name, &row)) {
            learn(d, &peer, row.ways);
        }
    }
    return count;
}

static void look(struct um_daemon *d)
{
    struct near near = {.node = d->mesh.node};
    bool set;

    if (d->mesh.node == NULL) {
        (void)um_bus_relay(d->bus, false);
        return;
    }
    set = is_node(d->mesh.node, um_node_me(d->mesh.node)) &&
          um_detours_set(d->mesh.node);
    if (um_bus_relay(d->bus, set) != 0) {
        um_log_line(&d->log, UM_LOG_WARN, "cannot be a relay now");
    }
    um_bus_peers(d->bus, each_peer, &near);
    if (look_for_members(d) > near.n && set) {
        um_bus_seek_relays(d->bus);
    }
}

static void set_alarm(struct um_daemon *d);

static void on_alarm(void *arg)
{
    struct um_daemon *d = arg;

    d->detours.alarm = NULL;
    if (d->bus != NULL) {
        look(d);
    }
    set_alarm(d);
}

static void set_alarm(struct um_daemon *d)
{
    const struct um_alarms *alarms = &d->loop.alarms;

    d->detours.alarm = alarms->set(
        alarms->user, UM_DETOURS_MS / d->settings.test_speed, on_alarm, d);
}

void um_detours_begin(struct um_daemon *d)
{
    if (!d->settings.article) {
        set_alarm(d);
    }
}

void um_detours_end(struct um_daemon *d)
{
    if (d->detours.alarm != NULL) {
        d->loop.alarms.clear(d->loop.alarms.user, d->detours.alarm);
        d->detours.alarm = NULL;
    }
}
