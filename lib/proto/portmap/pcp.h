/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages of the Port Control Protocol, by which a host asks its gateway to
 * let a port of it in: MAP, and ANNOUNCE, by which a gateway says that it
 * began anew; that of NAT-PMP, its forerunner, too.
 * Spec: RFC 6887, sections 7, 11, 14.1; RFC 6886, section 3.2.1.
 */
#ifndef P2P_PROTO_PORTMAP_PCP_H
#define P2P_PROTO_PORTMAP_PCP_H

#include "base/slice.h"
#include "port/net.h"

/* A gateway listens here, and announces to the second one, of the group
 * 224.0.0.1. */
#define P2P__PCP_PORT          5351U
#define P2P__PCP_ANNOUNCE_PORT 5350U

#define P2P__PCP_NONCE_BYTES 12U

/* Bytes of a request to map. */
#define P2P__PCP_MAP_BYTES 60U

/* A message that a gateway sends, in bytes (specification); longer ones are
 * not read. */
#define P2P__CAP_PORTMAP_MESSAGE_BYTES 1100U

/* A port of ours. */
struct p2p__portmap_port {
    bool udp;
    uint16_t port;
};

/* What is asked, and what is answered. */
struct p2p__pcp_map {
    uint8_t nonce[P2P__PCP_NONCE_BYTES];
    struct p2p__portmap_port inner;
    struct p2p__addr outer; /* wished, or given; family 0: whichever */
    uint32_t lifetime_s;    /* 0: take it away */
};

/* What a gateway says. */
struct p2p__pcp_answer {
    uint8_t result; /* 0: it did it */
    uint32_t epoch; /* seconds that it has known what it knows */
    struct p2p__pcp_map map;
};

/* Writes a request of ours, who have the address `from`, an IPv4 one. */
void p2p__pcp_write_map(uint8_t out[P2P__PCP_MAP_BYTES],
                        const struct p2p__addr *from,
                        const struct p2p__pcp_map *map);

/*
 * Reads an answer to a request to map. Errors: P2P_EFORMAT, P2P_ENOTSUP (one
 * of another version: the gateway speaks no PCP), P2P_ENOPROTO (it is about
 * something else).
 */
int p2p__pcp_read_map(struct p2p__slice in, struct p2p__pcp_answer *out);

/* Reads what gateways tell all: the epoch. Errors: P2P_EFORMAT. */
int p2p__pcp_read_announce(struct p2p__slice in, uint32_t *epoch);

/* What a result other than 0 means, for people: a constant. */
const char *p2p__pcp_result_text(uint8_t result);

/* Whether a result means that the gateway does not do this at all, for
 * anybody. */
bool p2p__pcp_result_is_unable(uint8_t result);

#endif
