/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Messages that wait for one peer, by reference. A peer has two lanes: first
 * our own messages and those it asked for, then what we forward. A full lane
 * refuses the newest, as go's does: gossip repairs a missing message, nothing
 * repairs a late one. Control does not wait here; it is state (tx.h).
 */
#ifndef P2P_PROTO_GOSSIP_QUEUE_H
#define P2P_PROTO_GOSSIP_QUEUE_H

#include "base/quota.h"

struct p2p__gossip_msg;

struct p2p__gossip_lane {
    struct p2p__gossip_msg **ring;
    uint32_t room, first, count;
    uint64_t bytes; /* of the frames that wait */
    uint32_t max_count;
    uint32_t max_bytes;
};

/* An empty lane for at most so many frames and bytes; one frame of any size
 * fits into an empty lane. */
void p2p__gossip_lane_init(struct p2p__gossip_lane *l, uint32_t max_count,
                           uint32_t max_bytes);

/* Bytes of memory that the next push will take: charge them before. */
size_t p2p__gossip_lane_need(const struct p2p__gossip_lane *l);

/*
 * Appends a message (the caller's reference becomes the lane's) whose frame
 * has `bytes` bytes. Errors: P2P_ELIMIT (full), P2P_ENOMEM.
 */
int p2p__gossip_lane_push(struct p2p__gossip_lane *l,
                          struct p2p__gossip_msg *msg, uint32_t bytes);

/* The oldest message, still the lane's; NULL: none. */
struct p2p__gossip_msg *p2p__gossip_lane_first(
    const struct p2p__gossip_lane *l);

/* Takes the oldest off; its reference becomes the caller's. */
void p2p__gossip_lane_pop(struct p2p__gossip_lane *l, uint32_t bytes);

/* Frees the ring of an empty lane that had grown; the first small one stays,
 * so that a peer that keeps up costs no allocation a message. Returns how many
 * bytes that gave back. */
size_t p2p__gossip_lane_shrink(struct p2p__gossip_lane *l);

/* Frees the ring of an empty lane. Returns how many bytes that gave back. */
size_t p2p__gossip_lane_fini(struct p2p__gossip_lane *l);

#endif
