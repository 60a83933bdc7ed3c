/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Default limits and how they are put on a scope. */
#include "stack/limits.h"

void p2p__limits_default(struct p2p__limits *l)
{
    *l = (struct p2p__limits){
        .host_memory = P2P__CAP_HOST_MEMORY_BYTES,
        .host_conns_in = P2P__CAP_HOST_CONNS_IN,
        .host_conns_out = P2P__CAP_HOST_CONNS_OUT,
        .host_streams_in = P2P__CAP_HOST_STREAMS_IN,
        .host_streams_out = P2P__CAP_HOST_STREAMS_OUT,
        .host_fds = P2P__CAP_HOST_FDS,
        .transient_memory = P2P__CAP_TRANSIENT_MEMORY_BYTES,
        .protocol_streams_in = P2P__CAP_PROTOCOL_STREAMS_IN,
        .peer_memory = P2P__CAP_PEER_MEMORY_BYTES,
        .peer_streams_in = P2P__CAP_PEER_STREAMS_IN,
        .peer_streams_out = P2P__CAP_PEER_STREAMS_OUT,
        .conn_memory = P2P__CAP_CONN_MEMORY_BYTES,
        .conn_streams_in = P2P__CAP_CONN_STREAMS_IN,
        .conn_streams_out = P2P__CAP_CONN_STREAMS_OUT,
        .pending = P2P__CAP_CONN_PENDING,
        .pending_per_addr = P2P__CAP_CONN_PENDING_PER_ADDR,
        .per_peer = P2P__CAP_CONN_PER_PEER,
        .low_water = P2P__CAP_CONN_HIGH_WATER / 3 * 2,
        .high_water = P2P__CAP_CONN_HIGH_WATER,
        .upgrade_ns = P2P__SEC(P2P__CAP_UPGRADE_S),
        .negotiate_ns = P2P__SEC(P2P__CAP_NEGOTIATE_S),
        .dial_ns = P2P__SEC(P2P__CAP_DIAL_S),
        .stall_ns = P2P__SEC(P2P__CAP_STALL_S),
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
    q->limit[P2P__Q_FDS] = l->host_fds;
}

void p2p__limits_transient(const struct p2p__limits *l, struct p2p__quota *q)
{
    q->limit[P2P__Q_MEMORY] = l->transient_memory;
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
