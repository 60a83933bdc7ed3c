/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the simulator share. */
#ifndef TESTS_SIM_INTERNAL_H
#define TESTS_SIM_INTERNAL_H

#include "sim.h"

/* Something that happens at a moment. */
struct sim_event {
    struct p2p__heap_node node;
    void (*run)(struct sim *sim, struct sim_event *ev); /* frees it */
};

/* Calls ev->run at `at`. */
void sim_at(struct sim *sim, struct sim_event *ev, p2p_ns at);

/* A host's queue has work: it gets a turn. */
void sim_touch(struct sim_host *h, p2p_ns at);

/* The host that owns an address, or NULL. */
struct sim_host *sim_find(struct sim *sim, const struct p2p__addr *addr);

/* One way, with jitter. */
p2p_ns sim_latency(struct sim *sim);

/* Whether a segment is lost. */
bool sim_lost(struct sim *sim);

/* Whether two hosts can talk now. */
bool sim_connected(const struct sim_host *a, const struct sim_host *b);

/* Fills the net table: pipes and datagrams. */
void sim_net_init(struct sim_host *h);

/* Forgets what was sent. */
void sim_net_fini(struct sim_host *h);

/* Breaks all pipes, listeners and sockets of a host. */
void sim_net_kill(struct sim_host *h);

#endif
