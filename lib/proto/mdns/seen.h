/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whom mDNS has told of, and who told it: two small tables of fixed size,
 * which decide whether a packet is read and whether a peer is news. Both know
 * keyed hashes alone, so nobody can make two peers look like one.
 */
#ifndef P2P_PROTO_MDNS_SEEN_H
#define P2P_PROTO_MDNS_SEEN_H

#include "base/bucket.h"
#include "proto/mdns/caps.h"
#include "proto/mdns/found.h"

/* A peer that answers without news is told again this often, so that who
 * forgets addresses after a while need not forget these. */
#define P2P__MDNS_REFRESH P2P__SEC(30)

struct p2p__mdns_source {
    uint64_t key;
    p2p_ns seen_at; /* 0: the entry is free */
    struct p2p__bucket packets;
    struct p2p__bucket news;
};

struct p2p__mdns_known {
    uint64_t key;
    uint64_t addrs; /* hash of those that were told */
    p2p_ns seen_at; /* 0: the entry is free */
    p2p_ns told_at;
    struct p2p__bucket again;
};

struct p2p__mdns_seen {
    uint64_t seed[2];
    struct p2p__bucket packets;
    struct p2p__bucket news;
    struct p2p__mdns_source sources[P2P__CAP_MDNS_SOURCES];
    struct p2p__mdns_known peers[P2P__CAP_MDNS_PEERS];
};

/* Empty tables with a seed from env. */
void p2p__mdns_seen_init(struct p2p__mdns_seen *s, struct p2p__env *env);

/*
 * Counts a packet of `from`, borrowed. Returns its source, which is valid
 * until the next call, or NULL: it has sent too much, drop the packet.
 */
struct p2p__mdns_source *p2p__mdns_seen_packet(struct p2p__mdns_seen *s,
                                               const struct p2p__addr *from,
                                               p2p_ns now);

/* Whether a peer of a packet from `source` is to be told of; then it counts
 * as told. */
bool p2p__mdns_seen_peer(struct p2p__mdns_seen *s,
                         struct p2p__mdns_source *source,
                         const struct p2p__mdns_peer *peer, p2p_ns now);

/* Forgets a peer: its next answer is news. Whether it was known. */
bool p2p__mdns_seen_forget(struct p2p__mdns_seen *s,
                           const struct p2p_peer_id *id);

#endif
