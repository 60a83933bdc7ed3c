/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One direction of a line, without a network: packets come out later, in order
 * or not, or not at all.
 */
#ifndef WAN_WIRE_H
#define WAN_WIRE_H

#include "base/heap.h"
#include "base/rng.h"

/* What is on its way at once; what comes then is lost, as in a full queue. */
#define WIRE_PACKETS 4096U
/* The longest packet. */
#define WIRE_BYTES 2048U

struct wire_config {
    p2p_ns delay;
    p2p_ns jitter;        /* up to so much more, order is kept */
    uint32_t reorder_ppm; /* so many in a million do not wait */
    uint32_t loss_ppm;    /* so many are lost */
    uint64_t seed;
};

struct wire {
    struct wire_config cfg;
    struct p2p__rng rng;
    struct p2p__heap due;
    p2p_ns last; /* when the one before is due */
    size_t n;
};

/* An empty wire. */
void wire_init(struct wire *w, const struct wire_config *cfg);

/* Loses what is on its way. */
void wire_fini(struct wire *w);

/* Puts a packet in; copies it. False: it is lost. */
bool wire_push(struct wire *w, const void *packet, size_t len, p2p_ns now);

/* When the next one comes out, or P2P_NEVER. */
p2p_ns wire_next(const struct wire *w);

/* Takes the next one if it is time; its length, or 0. */
size_t wire_pull(struct wire *w, uint8_t out[WIRE_BYTES], p2p_ns now);

#endif
