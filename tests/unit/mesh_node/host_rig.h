/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A node of a test: a shelf and links on whatever bus, that takes every item of
 * a pool (mesh_sync/rig.h).
 */
#ifndef TESTS_UNIT_MESH_NODE_HOST_RIG_H
#define TESTS_UNIT_MESH_NODE_HOST_RIG_H

#include "../mesh_sync/rig.h"
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
    unsigned got[RIG_DOCS]; /* how often a document came */
    uint64_t served;        /* bytes of documents that it sent */
    size_t taken;           /* items */
    size_t refuses;         /* an item's place that it refuses; 0: none */
    size_t wants;           /* an item's place that waits for the one below */
    struct um_name from;    /* who sent the last item */
    bool unrole;            /* the next item's sender loses its role */
    char lines[RIG_LOG_BYTES];
};

/* A node of the pool's key on a bus, with nothing. */
void host_make(struct host *h, const struct pool *pool, unsigned key,
               struct um_bus *bus, const struct um_alarms *alarms);

/* Ends its links, and all it has. */
void host_drop(struct host *h);

/* Gives it an item of the pool. */
void host_give(struct host *h, size_t place);

/* How many items it has. */
size_t host_count(const struct host *h);

/* Whether it has the item. */
bool host_has(const struct host *h, size_t place);

/* Its counters. */
struct um_links_stats host_stats(const struct host *h);

#endif
