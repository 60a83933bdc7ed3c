/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Default limits and how they are put on a scope. */
#include "stack/limits.h"

#define MIB (1024ULL * 1024ULL)

void p2p__limits_default(struct p2p__limits *l)
{
    *l = (struct p2p__limits){
        .host_memory = 512 * MIB,
        .host_conns_in = 4096,
        .host_conns_out = 4096,
        .host_streams_in = 65536,
        .host_streams_out = 65536,
        .peer_memory = 64 * MIB,
        .peer_streams_in = 1024,
        .peer_streams_out = 4096,
        .conn_memory = 64 * MIB,
        .conn_streams_in = 1024,
        .conn_streams_out = 4096,
        .pending = P2P__CAP_CONN_PENDING,
        .pending_per_addr = P2P__CAP_CONN_PENDING_PER_ADDR,
        .per_peer = P2P__CAP_CONN_PER_PEER,
        .low_water = 2048,
        .high_water = 3072,
        .upgrade_ns = P2P__SEC(10),
        .negotiate_ns = P2P__SEC(10),
        .dial_ns = P2P__SEC(10),
        .grace_ns = P2P__SEC(20),
    };
}

void p2p__limits_host(const struct p2p__limits *l, struct p2p__quota *q)
{
    q->limit[P2P__Q_MEMORY] = l->host_memory;
    q->limit[P2P__Q_CONNS_IN] = l->host_conns_in;
    q->limit[P2P__Q_CONNS_OUT] = l->host_conns_out;
    q->limit[P2P__Q_STREAMS_IN] = l->host_streams_in;
    q->limit[P2P__Q_STREAMS_OUT] = l->host_streams_out;
}

void p2p__limits_peer(const struct p2p__limits *l, struct p2p__quota *q)
{
    q->limit[P2P__Q_MEMORY] = l->peer_memory;
    q->limit[P2P__Q_STREAMS_IN] = l->peer_streams_in;
    q->limit[P2P__Q_STREAMS_OUT] = l->peer_streams_out;
}

void p2p__limits_conn(const struct p2p__limits *l, struct p2p__quota *q)
{
    q->limit[P2P__Q_MEMORY] = l->conn_memory;
    q->limit[P2P__Q_STREAMS_IN] = l->conn_streams_in;
    q->limit[P2P__Q_STREAMS_OUT] = l->conn_streams_out;
}
