/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a daemon does and holds at one moment, in numbers: what GET /metrics
 * tells without labels. All of it is here already: neither Unit nor another
 * member is asked.
 */
#ifndef UM_APP_MEASURED_H
#define UM_APP_MEASURED_H

#include <p2p/host.h>
#include <p2p/pubsub.h>

#include "mesh/app/daemon.h"

/** Words for how a member is, as GET /mesh/nodes has them; the last: nobody
 * heard of it. */
#define UM_MEASURED_STATES 8U
extern const char *const um_measured_states[UM_MEASURED_STATES];

/** The newest revisions among which rollouts are looked for. */
#define UM_MEASURED_REVISIONS 256U

/** What is known of the mesh; spans in ms. */
struct um_measured_mesh {
    uint64_t number;  /**< of the current revision; 0: there is none */
    uint64_t applied; /**< of the one that Unit runs */
    uint64_t age_ms;  /**< of the current one, by its author's clock */
    uint64_t revisions;
    uint64_t conflicts;
    uint64_t rollouts;
    uint64_t waiting;                    /**< keys that wait to be let in */
    uint64_t states[UM_MEASURED_STATES]; /**< members by state */
    const char *state;                   /**< of this node */
    uint64_t healthy;
    struct um_node_stats node;
};

/** What is known of the disk. */
struct um_measured_store {
    uint64_t database_bytes;
    uint64_t wal_bytes;
    uint64_t free_bytes;
    uint64_t waiting; /**< things to be written */
    uint64_t failing;
};

/** Numbers; parts that a daemon has not are zero. */
struct um_measured {
    uint64_t uptime_ms;
    uint64_t peers;
    uint64_t twin;
    struct p2p_host_stats host;
    struct p2p_pubsub_stats pubsub;
    struct um_applier_stats applier;
    struct um_histogram took;
    struct um_article_stats article;
    uint64_t unit_up;
    uint64_t refused[UM_REFUSALS]; /**< requests over TCP */
    struct um_measured_mesh mesh;
    struct um_measured_store store;
    bool has_gateway; /**< it is asked */
    struct um_bus_gateway gateway;
};

/** Takes of them `states`, `state` and `healthy`; the others are left alone. */
void um_measured_members(struct um_node *n, struct um_measured_mesh *out);

/** Takes them. */
void um_measured_take(struct um_daemon *d, struct um_measured *out);

#endif
