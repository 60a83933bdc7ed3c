/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See discovery.h; the bus does it, here it is told when, and under which
 * names. Failure mode: nobody knows where a member is; then it is found by
 * whoever it reaches.
 */
#include "mesh/app/discovery.h"

#include <stdio.h>
#include <string.h>

#include <p2p/p2p.h>

#include "mesh/app/daemon.h"
#include "mesh/trust/peer.h"

/* Bytes of a name, with its 0. */
#define NAME_BYTES 48

static bool has_module(const struct um_daemon *d, enum um_discovery module)
{
    return (d->settings.discovery & (unsigned)module) != 0;
}

/* A name for this node's mesh: who does not know the mesh learns nothing by it.
 * @param front what it begins with */
static const char *name_of_mesh(const struct um_daemon *d, const char *front,
                                char out[NAME_BYTES])
{
    const struct um_name *mesh = &um_node_model(d->mesh.node)->cfg.mesh;
    uint8_t sum[P2P_SHA256_BYTES];
    size_t n = (size_t)snprintf(out, NAME_BYTES, "%s", front);

    p2p_hmac_sha256(front, strlen(front), mesh->b, sizeof mesh->b, sum);
    for (size_t i = 0; i < 16; i++) {
        n += (size_t)snprintf(out + n, NAME_BYTES - n, "%02x", sum[i]);
    }
    return out;
}

#define POINT_FRONT "unitmesh."
#define DHT_FRONT   "/unitmesh/"

/* The n-th member that is not connected, of so many. */
struct missing {
    struct p2p_peer_id peer;
    size_t n;
    size_t count;
};

static void find_missing(struct um_daemon *d, struct missing *m)
{
    struct um_roster *r = &um_node_model(d->mesh.node)->roster;

    for (size_t i = 0; i < r->keys_n; i++) {
        const struct um_roster_key *k = um_roster_key_at(r, i);
        struct p2p_peer_id peer;

        um_peer_of(&k->name, &peer);
        if ((k->now & UM_NODE) != 0 && !um_bus_is_up(d->bus, &peer) &&
            !um_name_eq(&k->name, um_node_me(d->mesh.node)) &&
            m->count++ == m->n) {
            m->peer = peer;
        }
    }
}

/* One after the other is looked for in the DHT. */
static void look_up(struct um_daemon *d)
{
    struct missing m = {.n = d->detours.sought};

    find_missing(d, &m);
    if (m.n >= m.count) {
        d->detours.sought = 0;
    } else if (um_bus_look_up(d->bus, &m.peer)) {
        d->detours.sought++;
    }
}

void um_discovery_tell(const struct um_daemon *d, const char *what, int err,
                       int *told)
{
    if (err != 0 && err != *told) {
        um_log_line(&d->log, UM_LOG_WARN, "cannot be %s now: %s", what,
                    p2p_err_text(err));
    }
    *told = err;
}

void um_discovery_look(struct um_daemon *d, bool serves, bool missed)
{
    bool meets = has_module(d, UM_DISCOVERY_RENDEZVOUS);
    char name[NAME_BYTES];

    um_discovery_tell(d, "a rendezvous point",
                      um_bus_point(d->bus, serves && meets),
                      &d->detours.told_point);
    if (meets) {
        um_bus_meet(d->bus, name_of_mesh(d, POINT_FRONT, name), missed);
    }
    if (has_module(d, UM_DISCOVERY_DHT)) {
        um_discovery_tell(d, "part of the DHT of this mesh",
                          um_bus_dht(d->bus, name_of_mesh(d, DHT_FRONT, name)),
                          &d->detours.told_dht);
        if (missed) {
            look_up(d);
        }
    }
}

void um_discovery_leave(struct um_daemon *d)
{
    char name[NAME_BYTES];

    (void)um_bus_point(d->bus, false);
    (void)um_bus_dht(d->bus, NULL);
    if (d->mesh.node != NULL) {
        um_bus_unmeet(d->bus, name_of_mesh(d, POINT_FRONT, name));
    }
}
