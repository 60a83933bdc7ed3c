/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /dnsaddr: a name whose TXT records are multiaddrs. This makes the name that
 * is asked for and reads the answer; names.h asks. Spec: libp2p addressing,
 * "dnsaddr".
 *
 *     p2p__dnsaddr_open(&w, msg, len, &ma);
 *     while (p2p__dnsaddr_next(&w, &found)) …
 */
#ifndef P2P_STACK_DNSADDR_H
#define P2P_STACK_DNSADDR_H

#include "p2p/multiaddr.h"
#include "proto/mdns/dns.h"

/* Room for the name that is asked for, with its end. */
#define P2P__DNSADDR_NAME_MAX 264U

/* A walk over an answer; both are borrowed as long as it is used. */
struct p2p__dnsaddr {
    struct p2p__dns dns;
    const uint8_t *tail; /* what a result must end with */
    size_t tail_len;
};

/* Whether a multiaddr begins with /dnsaddr. */
bool p2p__dnsaddr_is(const struct p2p_multiaddr *ma);

/* The name whose TXT records are meant: _dnsaddr.NAME. */
void p2p__dnsaddr_name(const struct p2p_multiaddr *ma,
                       char name[P2P__DNSADDR_NAME_MAX]);

/*
 * Begins a walk over the answer to a question for `ma`. Of a message that is
 * not well-formed as a whole nothing is taken.
 * Errors: P2P_EFORMAT (also: no answer, a code that is not 0, one that was
 * cut), P2P_ETOOBIG, P2P_ELIMIT (too many records).
 */
int p2p__dnsaddr_open(struct p2p__dnsaddr *w, const uint8_t *msg, size_t len,
                      const struct p2p_multiaddr *ma);

/* The next result, in the order of the records: a multiaddr that ends with all
 * that stands behind the name in the one that was asked for. Records that say
 * something else are passed over; false at the end. */
bool p2p__dnsaddr_next(struct p2p__dnsaddr *w, struct p2p_multiaddr *found);

#endif
