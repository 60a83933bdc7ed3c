/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See peers.h. */
#include "mesh/app/peers.h"

#include <p2p/p2p.h>

#include "mesh/app/daemon.h"

#define AGENT "unitmesh/" P2P_VERSION

/* A line about a peer. @param format takes its id */
static void say_peer(const struct um_daemon *d, const struct p2p_peer_id *peer,
                     const char *format)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    const struct um_log_field fields[UM_LOG_FIELDS] = {
        {"UNITMESH_PEER", p2p_peer_id_text(peer, id)}};

    um_log_with(&d->log, UM_LOG_INFO, fields, format, id);
}

static void on_found(void *user, const struct p2p_peer_id *peer)
{
    say_peer(user, peer, "Discovered %s");
}

static void on_peer_up(void *user, const struct p2p_peer_id *peer)
{
    struct um_daemon *d = user;

    say_peer(d, peer, "Connection established to %s");
    um_mesh_up(d, peer);
}

static void on_peer_down(void *user, const struct p2p_peer_id *peer)
{
    struct um_daemon *d = user;

    say_peer(d, peer, "Connection lost to %s");
    um_mesh_down(d, peer);
}

static void on_twin(void *user, const char *addr)
{
    const struct um_daemon *d = user;

    um_log_line(&d->log, UM_LOG_ERROR,
                "another node has this node's key, at %s: one's state folder "
                "is a copy of the other's. Stop one, remove node.key there, "
                "and it gets an identity of its own",
                addr);
}

static void on_moved(void *user)
{
    um_detours_hurry(user);
}

static void on_learned(void *user)
{
    um_addrbook_later(user);
}

static const struct um_bus_cb bus_cb = {
    .found = on_found,
    .peer_up = on_peer_up,
    .peer_down = on_peer_down,
    .twin = on_twin,
    .learned = on_learned,
    .moved = on_moved,
};

static void say_addr(void *user, const char *addr)
{
    const struct um_daemon *d = user;

    um_log_line(&d->log, UM_LOG_INFO, "peers connect at %s", addr);
}

static bool may(void *user, const struct p2p_peer_id *peer)
{
    return um_mesh_may(user, peer);
}

static bool awaits(void *user, const struct p2p_peer_id *peer)
{
    return um_detours_awaits(user, peer);
}

static bool member(void *user, const struct p2p_peer_id *peer)
{
    const struct um_daemon *d = user;

    return d->mesh.node != NULL && um_node_may(d->mesh.node, peer);
}

static bool joining(void *user)
{
    const struct um_daemon *d = user;

    return d->mesh.node == NULL && d->mesh.asking != NULL;
}

int um_peers_start(struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;
    bool begins = !s->article && (s->discovery & UM_DISCOVERY_BOOTSTRAP) != 0;
    char id[P2P_PEER_ID_TEXT_MAX];
    const struct um_bus_cfg cfg = {
        .loop = d->p2p,
        .key = um_daemon_key(d),
        .listen = s->listen,
        .n_listen = s->n_listen,
        .peers = s->peers,
        .n_peers = s->n_peers,
        .relays = s->relays,
        .n_relays = s->n_relays,
        .entries = s->entries,
        .n_entries = begins ? s->n_entries : 0,
        .agent = AGENT,
        .mdns = (s->discovery & UM_DISCOVERY_MDNS) != 0,
        .portmap = s->portmap && !s->article,
        .article = s->article,
        .reach = s->reach,
        .may = s->article ? NULL : may,
        .awaits = awaits,
        .member = member,
        .joining = joining,
        .log = &d->log,
        .cb = &bus_cb,
        .user = d};

    d->bus = um_bus_new(&cfg);
    if (d->bus == NULL) {
        return -1;
    }
    if (!s->article) {
        um_addrbook_read(d);
    }
    um_log_line(&d->log, UM_LOG_INFO, "My Node ID: %s",
                p2p_peer_id_text(um_bus_id(d->bus), id));
    um_bus_addrs(d->bus, say_addr, d);
    return 0;
}
