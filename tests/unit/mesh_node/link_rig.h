/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Nodes of a world (bus_rig.h) with a shelf and links, who take every item of a
 * pool (mesh_sync/rig.h); and peers that speak the protocol as the test wants.
 */
#ifndef TESTS_UNIT_MESH_NODE_LINK_RIG_H
#define TESTS_UNIT_MESH_NODE_LINK_RIG_H

#include "../mesh_sync/rig.h"
#include "bus_rig.h"
#include "mesh/node/links.h"
#include "mesh/node/shelf.h"

#define RIG_LOG_BYTES 4096

/* A node. */
struct host {
    struct um_bus *bus;
    const struct pool *pool;
    struct um_shelf *shelf;
    struct um_links *links;
    struct um_sync_source source;
    struct um_log log;
    const struct um_name *strangers; /* who has no role here */
    size_t strangers_n;
    bool docs[RIG_DOCS];
    unsigned got[RIG_DOCS];  /* how often a document came */
    uint64_t served;         /* bytes of documents that it sent */
    size_t taken;            /* items */
    size_t refuses;          /* an item's place that it refuses; 0: none */
    size_t wants;            /* an item's place that waits for the one below */
    struct um_name from;     /* who sent the last item */
    bool unrole;             /* the next item's sender loses its role */
    char lines[RIG_LOG_BYTES];
};

/* A node of the pool's key, with nothing, and links. */
void host_init(struct host *h, struct world *w, const struct pool *pool,
               unsigned key);

/* Ends its links, and all it has. */
void host_fini(struct host *h);

/* Gives it an item of the pool. */
void host_give(struct host *h, size_t place);

/* How many items it has. */
size_t host_count(const struct host *h);

/* Whether it has the item. */
bool host_has(const struct host *h, size_t place);

/* Its counters. */
struct um_links_stats host_stats(const struct host *h);

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
