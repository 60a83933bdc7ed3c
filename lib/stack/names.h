/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The names of a dial: what they lead to joins its targets. A name is looked up
 * once, whoever leads to it, and all are given up together when the last one
 * has had its time; so a dial ends, whatever the records of a domain say.
 */
#ifndef P2P_STACK_NAMES_H
#define P2P_STACK_NAMES_H

#include "base/turn.h"
#include "p2p/multiaddr.h"
#include "port/dns.h"
#include "stack/limits.h"
#include "stack/place.h"

struct p2p__dial;

/* A name that is being looked up. */
struct p2p__dial_name {
    struct p2p__dial *dial;
    struct p2p__dns_query *query; /* NULL: not under way */
    const struct p2p__via *via;   /* NULL: it is a /dnsaddr */
    uint8_t *bytes;               /* the multiaddr that has the name */
    uint16_t len;
    uint16_t port; /* goes with what it leads to */
    uint8_t depth; /* how many /dnsaddr led here */
};

struct p2p__names {
    struct p2p__dial_name list[P2P__CAP_DIAL_NAMES];
    struct p2p__timer timer; /* they are given up */
    uint32_t count;
    uint32_t running; /* queries under way */
    uint8_t depth;    /* of what is being added */
};

/* No names yet; the queue is borrowed. */
void p2p__names_init(struct p2p__names *n, struct p2p__runq *q);

/* Ends what is under way. */
void p2p__names_fini(struct p2p__names *n, struct p2p__resolver *dns);

/*
 * Looks up a name for a dial: of a multiaddr, borrowed and without /p2p/ID,
 * whose waist has it, or of a /dnsaddr, where `via` and `waist` are NULL.
 * One that was looked up for it before is passed over.
 * Errors: P2P_ENOTSUP (nobody to ask), P2P_ELIMIT (too many, or too deep),
 * P2P_ENOMEM, what the resolver says.
 */
int p2p__names_add(struct p2p__dial *d, const struct p2p_multiaddr *ma,
                   const struct p2p__via *via,
                   const struct p2p__maddr_waist *waist, p2p_ns now);

#endif
