/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What nodes sent, by protocol: of those that are up, since they started. */
#ifndef TESTS_SIM_SITES_BILL_H
#define TESTS_SIM_SITES_BILL_H

#include "fleet.h"

/* What bytes are for. */
enum bill_for {
    BILL_GOSSIP,
    BILL_IDENTIFY,
    BILL_PING,
    BILL_RELAY, /* reservations, and all that circuits carry */
    BILL_DCUTR,
    BILL_RENDEZVOUS,
    BILL_KAD,
    BILL_AUTONAT,
    BILL_OTHER,
    BILL_PROTOCOLS,
    BILL_MDNS = BILL_PROTOCOLS, /* a datagram counts once */
    BILL_REST, /* frames, pings of yamux, ciphers, handshakes, protocol names */
    BILL_ROWS
};

/* Nodes in sites, and on the internet. */
enum bill_who { BILL_INSIDE, BILL_PUBLIC, BILL_WHOS };

struct bill {
    p2p_ns at;
    size_t nodes[BILL_WHOS];
    uint64_t wire[BILL_WHOS]; /* bytes that pipes took */
    uint64_t segs[BILL_WHOS]; /* and segments */
    uint64_t got[BILL_WHOS];  /* bytes that pipes brought */
    uint64_t by[BILL_WHOS][BILL_PROTOCOLS];
    uint64_t mdns[BILL_WHOS];
    uint64_t conns[BILL_WHOS];    /* that are open now */
    uint64_t received, delivered; /* messages of the topic */
};

/* All until now. */
void bill_take(const struct fleet *f, struct bill *b);

/* Bytes a minute that a node of a kind sent between two bills, for something;
 * or (BILL_ROWS) all. */
double bill_rate(const struct bill *from, const struct bill *to,
                 enum bill_who who, enum bill_for what);

/* The same of all nodes. */
double bill_rate_all(const struct bill *from, const struct bill *to,
                     enum bill_for what);

/* Bytes of all nodes for a protocol between two bills, beyond what there is
 * when nothing happens. */
double bill_beyond(const struct bill *from, const struct bill *to,
                   enum bill_for what, double idle_rate);

/* What it is called; a constant. */
const char *bill_name(enum bill_for what);

#endif
