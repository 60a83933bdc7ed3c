/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The routing table: peers that serve the DHT, in buckets by how many bits in
 * front they have in common with us. An old one that answers is not replaced by
 * a newcomer; of public addresses that are near each other few get in, so that
 * one who has many ids at few addresses does not fill it (T32).
 * Spec: libp2p kad-dht, "Kademlia routing table"; go: peerdiversity.
 */
#ifndef P2P_PROTO_KAD_TABLE_H
#define P2P_PROTO_KAD_TABLE_H

#include "base/list.h"
#include "proto/kad/addrs.h"
#include "proto/kad/key.h"

/* The last one has all that have more in common. */
#define P2P__KAD_BUCKETS 32U

/* Who did not answer so often in a row is dropped; at the first time it is not
 * told to others any more. */
#define P2P__KAD_FAILURES 2U

/* Who was not heard of for so long makes room for a newcomer. */
#define P2P__KAD_STALE P2P__SEC(3600)

/* Buckets in which so many bits or fewer are in common get a target of their
 * own when they are refreshed: finding one costs 2^bits hashes. */
#define P2P__KAD_REFRESH_BITS 10U

struct p2p__kad_entry {
    struct p2p__list link; /* of a bucket, the longest unheard first */
    struct p2p__kad_key key;
    p2p_ns heard;
    unsigned failures;
    struct p2p__kad_peer peer;
};

/* How many entries may share an address group; 0 is the default. */
struct p2p__kad_table_limits {
    uint32_t group;
    uint32_t bucket_group;
};

/* All members are private. */
struct p2p__kad_table {
    struct p2p_peer_id self;
    struct p2p__kad_key key;
    struct p2p__kad_table_limits limits;
    struct p2p__list buckets[P2P__KAD_BUCKETS];
    uint8_t counts[P2P__KAD_BUCKETS];
    p2p_ns looked[P2P__KAD_BUCKETS]; /* when a lookup went there */
    uint32_t count;
    uint64_t changes; /* who came, and who went, so far */
};

/* An empty table of a peer. */
void p2p__kad_table_init(struct p2p__kad_table *t,
                         const struct p2p_peer_id *self,
                         const struct p2p__kad_table_limits *limits);

/* Forgets all. */
void p2p__kad_table_fini(struct p2p__kad_table *t);

/*
 * A peer that serves was met at peer->at: it comes in, or is renewed.
 * Errors: P2P_ESELF, P2P_ELIMIT (its bucket is full of better ones, or enough
 * are near its address), P2P_ENOMEM.
 */
int p2p__kad_table_met(struct p2p__kad_table *t,
                       const struct p2p__kad_peer *peer, p2p_ns now);

/* A peer answered. Whether it is in the table. */
bool p2p__kad_table_heard(struct p2p__kad_table *t,
                          const struct p2p_peer_id *id, p2p_ns now);

/* A peer does not serve any more. */
void p2p__kad_table_drop(struct p2p__kad_table *t,
                         const struct p2p_peer_id *id);

/* A peer did not answer. */
void p2p__kad_table_failed(struct p2p__kad_table *t,
                           const struct p2p_peer_id *id);

/* The entry of a peer, valid until the next change; or NULL. */
const struct p2p__kad_entry *p2p__kad_table_find(const struct p2p__kad_table *t,
                                                 const struct p2p_peer_id *id);

/*
 * The entries that are nearest to a target, the nearest first, without that of
 * `except` (NULL: nobody) and those that did not answer. Returns how many, at
 * most P2P__KAD_K. Valid until the next change.
 */
size_t p2p__kad_table_nearest(const struct p2p__kad_table *t,
                              const struct p2p__kad_key *target,
                              const struct p2p_peer_id *except,
                              const struct p2p__kad_entry *out[P2P__KAD_K]);

/*
 * Those to begin a lookup with: the nearest to a target, and if they are fewer
 * than P2P__KAD_K the nearest of those that did not answer; our network may
 * have been away. Returns how many. Valid until the next change.
 */
size_t p2p__kad_table_seeds(const struct p2p__kad_table *t,
                            const struct p2p__kad_key *target,
                            const struct p2p__kad_entry *out[P2P__KAD_K]);

/* How many answered when they were asked last. */
uint32_t p2p__kad_table_good(const struct p2p__kad_table *t);

/* An entry of which nothing was heard since `since`; NULL: there is none. */
const struct p2p__kad_entry *p2p__kad_table_unheard(
    const struct p2p__kad_table *t, p2p_ns since);

/* A lookup went to a target: its bucket is fresh. */
void p2p__kad_table_looked(struct p2p__kad_table *t,
                           const struct p2p__kad_key *target, p2p_ns now);

/*
 * A bucket before `end` that has room, is not behind the last one with entries,
 * and where no lookup went since `since`. False: there is none.
 */
bool p2p__kad_table_dull(const struct p2p__kad_table *t, p2p_ns since,
                         unsigned end, unsigned *bucket);

/* How many buckets there are up to the last one with entries, of those that get
 * a target of their own. */
unsigned p2p__kad_table_depth(const struct p2p__kad_table *t);

/* Whether a peer that answers would come in, as far as its bucket goes: it is
 * not there, and there is room, or somebody worse. */
bool p2p__kad_table_wants(const struct p2p__kad_table *t,
                          const struct p2p__kad_key *key, p2p_ns now);

#endif
