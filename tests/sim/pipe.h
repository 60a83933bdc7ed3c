/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An end of a pipe of the simulated world: dial.c joins two of them. */
#ifndef TESTS_SIM_PIPE_H
#define TESTS_SIM_PIPE_H

#include "internal.h"
#include "site.h"

struct end {
    struct p2p__pipe pipe;
    struct p2p__list link; /* host->pipes */
    struct sim_host *host;
    struct end *other; /* NULL: gone */
    struct p2p__addr local;
    struct p2p__addr remote;
    struct p2p__addr seen;   /* where the other end sees this one */
    struct sim_mapping *map; /* counted: of our site's NAT; NULL: none */
    p2p_ns last_arrival;     /* of what this end sent: order is kept */
    p2p_ns line_free;        /* bandwidth */
    size_t in_flight;
    uint32_t refs;         /* events that point here, plus the owner */
    struct p2p__list held; /* segments that a stopped reader left */
    bool dialing;          /* not connected yet */
    bool reading;
    bool waiting; /* write said 0 */
    bool cut;     /* the first one that is held is being tried again */
    bool closed;  /* by the owner */
    bool dark;    /* and nobody was told: its machine went off */
};

/* An end at a host that is joined to none yet. Its owner has it until it is
 * shut. */
struct end *sim_end_new(struct sim_host *h);

/* An event that points to an end is over; the last one frees it. */
void sim_end_unref(struct end *e);

/* The end is closed by its owner: the other one hears of it, unless the
 * machine is off. */
void sim_end_shut(struct end *e);

#endif
