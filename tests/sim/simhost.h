/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A whole host (handshake, muxer, protocols) on a simulated machine. */
#ifndef TESTS_SIM_SIMHOST_H
#define TESTS_SIM_SIMHOST_H

#include "host/internal.h"
#include "sim.h"

#define SIMHOST_PORT 4001

/* A host with its key, and what its events counted. */
struct simhost {
    struct sim *sim;
    size_t index;
    struct p2p_key *key;
    struct p2p_host *host;
    struct p2p_pubsub *pubsub;
    unsigned ups;
    unsigned downs;
    unsigned counted; /* by simhost_count_and_reset() */
    int last_why;     /* of the last disconnect */
};

/*
 * Starts a host that listens on SIMHOST_PORT. `cfg` (NULL: defaults) is
 * copied; key, events and user are filled in here.
 */
void simhost_start(struct simhost *h, struct sim *sim, size_t index,
                   const struct p2p_host_config *cfg);

/* The same without a listener: any number of them fit on one machine. */
void simhost_make(struct simhost *h, struct sim *sim, size_t index,
                  const struct p2p_host_config *cfg);

/* Ends it in order, but for its key: it can start again. Its simulated machine
 * lives on. */
void simhost_end(struct simhost *h);

/* Ends it with its key. */
void simhost_stop(struct simhost *h);

/* Its address with /p2p, as text; `buf` has P2P_MULTIADDR_TEXT_MAX bytes. */
const char *simhost_addr(const struct simhost *h, char *buf);

/* One dials the other, without a callback. 0, or a negative code. */
int simhost_dial(struct simhost *from, const struct simhost *to);

/* Whether peers make it hold nothing: no connection, stream, handshake, byte,
 * nor descriptor but that of its listener. For hosts without pubsub. */
bool simhost_is_idle(const struct simhost *h);

/* A handler of streams (user: the simhost): counts and resets them. */
void simhost_count_and_reset(void *user, struct p2p_stream *stream);

/* How many connections it has open. */
size_t simhost_conns(const struct simhost *h);

#endif
