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

/* One way, with jitter; inside of a site it is near. */
p2p_ns sim_latency(struct sim *sim, bool near);

/* Whether a segment is lost. */
bool sim_lost(struct sim *sim);

/* Whether two machines are cut off from each other; those of one site are not
 * when the site is. */
bool sim_apart(const struct sim_host *a, const struct sim_host *b);

/* Whether two hosts can talk now. */
bool sim_connected(const struct sim_host *a, const struct sim_host *b);

/* Something that goes out. */
struct sim_flow {
    uint16_t port; /* of ours */
    const struct p2p__addr *to;
    bool udp;
};

/* A port of a machine. */
struct sim_place {
    struct sim_host *host;
    uint16_t port;
    struct sim_mapping *map; /* that leads there; valid until the next call */
};

/* What is at an address. */
enum sim_where {
    SIM_NOWHERE, /* nothing can be there */
    SIM_LOST,    /* a NAT that leads nowhere: it says nothing */
    SIM_FOUND
};

/* Whether an address is in the same site. */
bool sim_is_near(const struct sim_host *h, const struct p2p__addr *to);

/* Something goes out: walls and NATs let the answer in. `seen` becomes where
 * it comes from, for the other side. Returns the mapping of a NAT, valid until
 * the next call, or NULL. */
struct sim_mapping *sim_leave(struct sim_host *h, const struct sim_flow *flow,
                              struct p2p__addr *seen);

/* Who is at an address, as seen from a machine. */
enum sim_where sim_locate(const struct sim_host *from,
                          const struct p2p__addr *to, bool udp,
                          struct sim_place *out);

/* Whether walls and NATs let in what comes from an address. */
bool sim_lets_in(const struct sim_place *to, const struct p2p__addr *from,
                 bool udp);

/* Forgets what was sent. */
void sim_wall_fini(struct sim_host *h);

/* A port that nothing of the machine has. */
uint16_t sim_take_port(struct sim_host *h);

/* The calls of struct p2p__net: dial.c, datagram.c. */
struct p2p__pipe *sim_net_dial(struct p2p__net *net, const struct p2p__addr *to,
                               const struct p2p__pipe_cb *cb, void *user,
                               int *err);
struct p2p__pipe *sim_net_dial_from(struct p2p__net *net,
                                    const struct p2p__leg *leg,
                                    const struct p2p__pipe_cb *cb, void *user,
                                    int *err);
bool sim_net_source(struct p2p__net *net, const struct p2p__addr *to,
                    struct p2p__addr *from);
struct p2p__listener *sim_net_listen(struct p2p__net *net,
                                     const struct p2p__addr *at,
                                     const struct p2p__listener_cb *cb,
                                     void *user, int *err);
struct p2p__udp *sim_net_udp(struct p2p__net *net, const struct p2p__addr *at,
                             bool shared, const struct p2p__udp_cb *cb,
                             void *user, int *err);

/* Ends all of a machine. */
void sim_listeners_fini(struct sim_host *h);
void sim_udps_fini(struct sim_host *h);

/* Fills the net table: pipes and datagrams. */
void sim_net_init(struct sim_host *h);

/* Breaks all pipes, listeners and sockets of a host. */
void sim_net_kill(struct sim_host *h);

#endif
