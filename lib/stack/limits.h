/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The numbers of a host: what it lets peers make it hold, and how long. */
#ifndef P2P_STACK_LIMITS_H
#define P2P_STACK_LIMITS_H

#include "base/quota.h"

/* Inbound connections whose handshake has not ended, host-wide. */
#define P2P__CAP_CONN_PENDING 256
/* Inbound connections whose handshake has not ended, from one address. */
#define P2P__CAP_CONN_PENDING_PER_ADDR 8
/* Dials under way at once; further ones wait in order. */
#define P2P__CAP_DIAL_ACTIVE 32
/* Dials that wait for their turn; further ones are refused. */
#define P2P__CAP_DIAL_QUEUE 1024
/* Addresses that one dial tries. */
#define P2P__CAP_DIAL_ADDRS 16
/* Peers that we know but are not connected to; the oldest is forgotten. */
#define P2P__CAP_PEER_BOOK 1024
/* Addresses kept of one peer. */
#define P2P__CAP_PEER_ADDRS 32
/* Connections with one peer. */
#define P2P__CAP_CONN_PER_PEER 4
/* Inbound streams whose protocol is not agreed on yet, of one connection. */
#define P2P__CAP_STREAM_NEGOTIATING 64
/* Streams that wait for a connection with their peer. */
#define P2P__CAP_STREAM_WAITING 64
/* Protocol handlers of a host. */
#define P2P__CAP_HANDLERS 256

struct p2p__limits {
    uint64_t host_memory;
    uint64_t host_conns_in;
    uint64_t host_conns_out;
    uint64_t host_streams_in;
    uint64_t host_streams_out;
    uint64_t peer_memory;
    uint64_t peer_streams_in;
    uint64_t peer_streams_out;
    uint64_t conn_memory;
    uint64_t conn_streams_in;
    uint64_t conn_streams_out;
    uint32_t pending;          /* handshakes, host-wide */
    uint32_t pending_per_addr; /* handshakes, one address */
    uint32_t per_peer;         /* connections with one peer */
    uint32_t low_water;        /* the connection manager trims down to this */
    uint32_t high_water;       /* when there are more than this */
    p2p_ns upgrade_ns;         /* from TCP to the muxer */
    p2p_ns negotiate_ns;       /* a stream's protocol */
    p2p_ns dial_ns;            /* one address */
    p2p_ns grace_ns;           /* a connection is not trimmed when younger */
};

/* The defaults; docs/reference/limits.md says why each is what it is. */
void p2p__limits_default(struct p2p__limits *l);

/* Sets the limits of a scope. */
void p2p__limits_host(const struct p2p__limits *l, struct p2p__quota *q);
void p2p__limits_peer(const struct p2p__limits *l, struct p2p__quota *q);
void p2p__limits_conn(const struct p2p__limits *l, struct p2p__quota *q);

#endif
