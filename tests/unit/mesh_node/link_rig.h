/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nodes (host_rig.h) in a world of buses (bus_rig.h), and peers there that
 * speak the protocol as the test wants.
 */
#ifndef TESTS_UNIT_MESH_NODE_LINK_RIG_H
#define TESTS_UNIT_MESH_NODE_LINK_RIG_H

#include "bus_rig.h"
#include "host_rig.h"

/* A node of the pool's key, with nothing, and links. */
void host_init(struct host *h, struct world *w, const struct pool *pool,
               unsigned key);

/* Ends it. */
void host_fini(struct host *h);

/* A world of up to four nodes; the first n are used. */
struct scene {
    struct world w;
    struct host hosts[4];
    unsigned n;
};

/* Nodes of the pool's first keys, with nothing; or the end of them. */
void scene_init(struct scene *s, const struct pool *pool, unsigned n);
void scene_fini(struct scene *s);

/* Connects each with each. */
void scene_connect(struct scene *s);

/* Gives each item to one of the nodes. */
void scene_deal(struct scene *s);

/* Whether all have everything; whether no session and no stream is left. The
 * argument is a scene. */
bool scene_equal(void *arg);
bool scene_still(void *arg);

/* A peer that the test speaks for: it takes every stream and reads what
 * comes. */
struct raw {
    struct um_bus *bus;
    struct p2p_stream *streams[32]; /* NULL: closed */
    size_t n;
    struct um_buf in; /* of all */
    size_t closed;
    bool deaf; /* answers nothing; else it closes what is finished */
};

void raw_init(struct raw *r, struct world *w, const struct um_name *name);
void raw_fini(struct raw *r);

/* Opens a stream; its place. */
size_t raw_open(struct raw *r, const struct um_bus *to);

/* Says a message on a stream. */
void raw_say(struct raw *r, size_t stream, const struct um_sync_msg *m);

/* Whether a message of a kind came on any stream, at the end of what came; how
 * many. */
size_t raw_heard(const struct raw *r, enum um_sync_what what);

#endif
