/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The numbers of a host: what it lets peers make it hold, and how long. */
#ifndef P2P_STACK_LIMITS_H
#define P2P_STACK_LIMITS_H

#include "base/quota.h"

/* Bytes that all peers together can make us hold, that one peer can, and that
 * one connection can: what is queued for them, the state of their streams, and
 * windows beyond the first 256 KiB. Each is less than the one above it, so
 * that none of them is for show. */
#define P2P__CAP_HOST_MEMORY_BYTES (512ULL << 20)
#define P2P__CAP_PEER_MEMORY_BYTES (64ULL << 20)
#define P2P__CAP_CONN_MEMORY_BYTES (32ULL << 20)
/* Bytes that all connections whose peer is not known yet can make us hold. */
#define P2P__CAP_TRANSIENT_MEMORY_BYTES (32ULL << 20)
/* Connections that came in, and those that we opened. */
#define P2P__CAP_HOST_CONNS_IN  4096
#define P2P__CAP_HOST_CONNS_OUT 4096
/* The inbound connections of which one is kept free for protected peers: of
 * 4096 strangers have 3840. */
#define P2P__CAP_RESERVED_PART 16U
/* Descriptors of connections and listeners. */
#define P2P__CAP_HOST_FDS 8192
/* Streams that peers opened: of all, of one peer, of one connection. */
#define P2P__CAP_HOST_STREAMS_IN 65536
#define P2P__CAP_PEER_STREAMS_IN 2048
#define P2P__CAP_CONN_STREAMS_IN 1024
/* Streams that peers opened for one protocol. */
#define P2P__CAP_PROTOCOL_STREAMS_IN 16384
/* Streams that we opened: with all, with one peer, on one connection. */
#define P2P__CAP_HOST_STREAMS_OUT 65536
#define P2P__CAP_PEER_STREAMS_OUT 8192
#define P2P__CAP_CONN_STREAMS_OUT 4096
/* Open connections above which those that matter least are closed. */
#define P2P__CAP_CONN_HIGH_WATER 3072
/* Seconds that a connection may take from TCP to the muxer, a stream to agree
 * on its protocol, and a dial to connect. */
#define P2P__CAP_UPGRADE_S   10
#define P2P__CAP_NEGOTIATE_S 10
#define P2P__CAP_DIAL_S      10
/* Inbound connections whose handshake has not ended, host-wide. */
#define P2P__CAP_CONN_PENDING 256
/* Inbound connections whose handshake has not ended, from one address. */
#define P2P__CAP_CONN_PENDING_PER_ADDR 8
/* Dials under way at once, and as many that these wait for; further ones wait
 * in order. */
#define P2P__CAP_DIAL_ACTIVE 32
/* Dials that wait for their turn; further ones are refused. */
#define P2P__CAP_DIAL_QUEUE 1024
/* Addresses that one dial tries. */
#define P2P__CAP_DIAL_ADDRS 16
/* Those of them that are hearsay. */
#define P2P__CAP_DIAL_HEARSAY 8
/* How often a dial through NATs begins anew because it was refused. */
#define P2P__CAP_DIAL_ROUNDS 4
/* Datagrams that open our NATs for one dial, to all its addresses. */
#define P2P__CAP_KNOCKS 64
/* Seconds that a peer may read nothing of what waits for it, sending or not;
 * then its connection ends (T4). */
#define P2P__CAP_STALL_S 30
/* Names that one dial has resolved; further ones are left out. */
#define P2P__CAP_DIAL_NAMES 8
/* Seconds that a dial waits for its names, from the last one that it asked for
 * on. */
#define P2P__CAP_DIAL_NAME_S 10
/* Records of dnsaddr that lead to each other. */
#define P2P__CAP_DNSADDR_DEPTH 4
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
    uint64_t host_fds;
    uint64_t transient_memory;
    uint64_t protocol_streams_in;
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
    p2p_ns stall_ns;           /* a peer that reads nothing is cut off */
    p2p_ns grace_ns;           /* a connection is not trimmed when younger */
};

/* The defaults: the caps above. */
void p2p__limits_default(struct p2p__limits *l);

/* Sets the limits of a scope. */
void p2p__limits_host(const struct p2p__limits *l, struct p2p__quota *q);
void p2p__limits_transient(const struct p2p__limits *l, struct p2p__quota *q);
void p2p__limits_peer(const struct p2p__limits *l, struct p2p__quota *q);
void p2p__limits_conn(const struct p2p__limits *l, struct p2p__quota *q);

#endif
