/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts that meet at a relay: two with nothing to listen at, a relay or two,
 * and a stranger. Spec: libp2p circuit relay v2. */
#ifndef TESTS_UNIT_STACK_MEETING_H
#define TESTS_UNIT_STACK_MEETING_H

#include "flow.h"
#include "p2p/relay.h"
#include "simhost.h"

#define ECHO "/echo/1"

enum { RELAY, TARGET, DIALER, OTHER, HOSTS };

struct meeting {
    struct sim sim;
    struct simhost h[HOSTS];
    int dialed; /* 1: not told yet */
    struct p2p_peer_id whom;
    size_t echoed;
    int closed; /* the status of the echo's stream; 1: it is open */
};

/* Of a stream of ECHO: counts in `echoed`, and notes `closed`; its user is the
 * meeting. */
extern const struct p2p_stream_events meeting_client;

/* RELAY is a relay with these limits (NULL: the defaults), and so is OTHER; the
 * others have no listener. */
void meeting_start(struct meeting *w, const struct p2p_relay_config *limits);
void meeting_stop(struct meeting *w);

/* Time passes. */
void meeting_run(struct meeting *w, p2p_ns span);

/* The address of a relay's circuits, to a host or (NULL) to all, in `buf`, of
 * P2P_MULTIADDR_TEXT_MAX. */
const char *meeting_circuit(const struct simhost *relay,
                            const struct simhost *to, char *buf);

/* TARGET asks for a reservation. */
void meeting_reserve(struct meeting *w, int at);

/* Begins a dial by a relay; `dialed` tells how it ends. */
int meeting_begin(struct meeting *w, int from, int relay, int to);

/* How a dial by a relay ends. */
int meeting_dial(struct meeting *w, int from, int relay, int to);

/* What a relay counts. */
uint32_t meeting_circuits(const struct meeting *w, int relay);
uint32_t meeting_reservations(const struct meeting *w, int relay);

/* How it stands with the reservation of TARGET. */
int meeting_standing(const struct meeting *w, int relay);

/* The connection of a host that goes over a relay; false: there is none. */
bool meeting_find_circuit(const struct simhost *h, struct p2p_conn_info *out);

/* Sends `len` bytes to be echoed, over a limited connection. */
void meeting_echo(struct meeting *w, int from, int to, size_t len);

/* Whether it is one of a host's own addresses. */
bool meeting_has_addr(const struct simhost *h, const char *text);

#endif
