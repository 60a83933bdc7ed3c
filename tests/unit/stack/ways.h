/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two hosts that meet over one of the transports and securities that there
 * are; says errors instead of failing, for heaps that fail. */
#ifndef TESTS_UNIT_STACK_WAYS_H
#define TESTS_UNIT_STACK_WAYS_H

#include "simhost.h"
#include "web_cert.h"

struct way {
    const char *name;
    const char *behind; /* the IP address: what the second host listens at */
    const struct p2p_security *security;   /* NULL: Noise */
    const struct p2p_transport *transport; /* NULL: wss, made for each host */
    const uint8_t *psk;
};

/* The ways that are, and how many. */
#define WAYS 5
enum { WAY_TLS, WAY_PNET, WAY_WS, WAY_WSS, WAY_QUIC };
struct way way_of(unsigned which);

/* Host 0 dials host 1. */
struct ways_pair {
    struct way way;
    struct web_cert cert;
    struct sim sim;
    struct p2p_key *keys[2];
    struct p2p_host *hosts[2];
    struct p2p_transport *wss[2];
    unsigned pongs;
    unsigned measured;
    unsigned twins;
};

/* Keys and certificate, for any number of rounds; `same`: one key for both. */
void ways_init(struct ways_pair *p, unsigned which, bool same);
void ways_fini(struct ways_pair *p);

/* A round: a world without hosts; everything ends. */
void ways_begin(struct ways_pair *p, uint64_t seed);
void ways_end(struct ways_pair *p);

/* Makes a host; the second one listens. 0, or what failed. */
int ways_start(struct ways_pair *p, size_t i);

/* Dials whom it knows by name or not; 3 s pass. */
int ways_dial(struct ways_pair *p, bool named);

/* Both start, and the first one dials. */
int ways_meet(struct ways_pair *p);

/* A ping and a measurement, which are counted when they are done; 3 s pass. */
int ways_speak(struct ways_pair *p);

#endif
