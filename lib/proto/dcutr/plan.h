/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the end of a relayed connection that was called does about it: first it
 * dials the peer's public addresses, if there are any; then it talks and
 * punches, up to three times. The dials and the talk itself are the owner's.
 * Spec: libp2p DCUtR (r1), "The Protocol".
 */
#ifndef P2P_PROTO_DCUTR_PLAN_H
#define P2P_PROTO_DCUTR_PLAN_H

#include "base/types.h"
#include "proto/dcutr/caps.h"

/* How long a direct dial, and one attempt to punch, may take. */
#define P2P__DCUTR_DIAL_NS  P2P__SEC(5)
#define P2P__DCUTR_PUNCH_NS P2P__SEC(5)

/* How long the peer's part of a punch may take after ours failed. */
#define P2P__DCUTR_GRACE_NS P2P__SEC(2)

enum p2p__dcutr_step {
    P2P__DCUTR_WAIT,   /* nothing to do now */
    P2P__DCUTR_DIAL,   /* dial the public addresses; then failed() */
    P2P__DCUTR_TALK,   /* talk; then agreed() or failed() */
    P2P__DCUTR_PUNCH,  /* punch; then failed() */
    P2P__DCUTR_GIVE_UP /* it stays with the relay */
};

/* All members are private. */
struct p2p__dcutr_plan {
    p2p_ns began;
    p2p_ns at;       /* when what is under way is given up, or begins */
    uint8_t step;    /* under way, or to be told */
    uint8_t attempt; /* talks that began */
    bool told;
};

/* Begins, with a dial where the peer has public addresses. */
void p2p__dcutr_plan_init(struct p2p__dcutr_plan *p, bool has_public,
                          p2p_ns now);

/* Pulls what is to be done; P2P__DCUTR_WAIT: nothing, or not now. */
enum p2p__dcutr_step p2p__dcutr_plan_next(struct p2p__dcutr_plan *p,
                                          p2p_ns now);

/* The talk agreed to punch at `at`. */
void p2p__dcutr_plan_agreed(struct p2p__dcutr_plan *p, p2p_ns at);

/* The dial, talk or punch that is under way failed. */
void p2p__dcutr_plan_failed(struct p2p__dcutr_plan *p, p2p_ns now);

/* Our part of the punch that is under way came to nothing; what the peer does
 * may still get through, if it does so soon. */
void p2p__dcutr_plan_hasten(struct p2p__dcutr_plan *p, p2p_ns now);

/* Whether we take the client's part in the attempt that is under way: in the
 * last one, as go does. Where the peer's NAT lets everybody in and ours maps as
 * it likes, that alone gets through. */
bool p2p__dcutr_plan_is_client(const struct p2p__dcutr_plan *p);

/* Attempts to punch that began: 0 if the dial was enough. */
unsigned p2p__dcutr_plan_attempts(const struct p2p__dcutr_plan *p);

/* When to pull again. */
p2p_ns p2p__dcutr_plan_deadline(const struct p2p__dcutr_plan *p);

/* What took too long failed. */
void p2p__dcutr_plan_expire(struct p2p__dcutr_plan *p, p2p_ns now);

#endif
