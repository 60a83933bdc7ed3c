/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two hosts behind walls, and a relay at which they meet: over TCP, and over
 * QUIC where there is a transport for it. */
#ifndef TESTS_UNIT_STACK_HOLES_H
#define TESTS_UNIT_STACK_HOLES_H

#include "flow.h"
#include "p2p/dcutr.h"
#include "p2p/relay.h"
#include "simhost.h"

/* A dials B, which has a reservation at the relay. */
enum { HOLES_RELAY, HOLES_B, HOLES_A, HOLES_VICTIM, HOLES_HOSTS };

/* More that are as A. */
#define HOLES_MORE 20

struct holes {
    struct sim sim;
    size_t n;
    struct simhost h[HOLES_HOSTS + HOLES_MORE];
    const struct p2p_transport *transport;   /* NULL: TCP */
    unsigned done[HOLES_HOSTS + HOLES_MORE]; /* results that were told, */
    struct p2p_dcutr_result
        last[HOLES_HOSTS + HOLES_MORE]; /* and the last one */
    struct holes_end {
        struct holes *w;
        int index;
    } ends[HOLES_HOSTS + HOLES_MORE];
};

/* Starts relay, B and A, who listen; B has its reservation. `punches`: whom is
 * it configured for, as bits 1 << HOLES_…. */
void holes_start(struct holes *w, const struct p2p_transport *transport,
                 unsigned punches);

/* The same with more hosts that do not punch. */
void holes_start_many(struct holes *w, const struct p2p_transport *transport,
                      unsigned punches, size_t more);
void holes_stop(struct holes *w);

/* Time passes. */
void holes_run(struct holes *w, p2p_ns span);

/* A host tells nobody where it is, so that nobody dials it first. */
void holes_hide(struct holes *w, int i);

/* A dials B by the relay. */
void holes_dial(struct holes *w);

/* Another host does. */
void holes_dial_from(struct holes *w, size_t from);

/* The same, and all that comes of it. */
void holes_meet(struct holes *w);

/* Connections of a host with another: direct ones, or relayed. */
unsigned holes_conns(const struct holes *w, int from, int to, bool relayed);

/* Whether a host has a connection with another in which it has the dialer's
 * part. */
bool holes_dialed(const struct holes *w, int from, int to);

#endif
