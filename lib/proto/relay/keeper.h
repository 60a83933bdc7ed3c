/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * When to ask a relay for a reservation: at once, again before it expires,
 * and after a failure with a back-off. The asking itself is ask.h.
 */
#ifndef P2P_PROTO_RELAY_KEEPER_H
#define P2P_PROTO_RELAY_KEEPER_H

#include "base/rng.h"
#include "proto/relay/caps.h"

enum p2p__relay_keeper_ev {
    P2P__RELAY_KEEPER_NOTHING,
    P2P__RELAY_KEEPER_ASK,    /* ask; then granted() or failed() */
    P2P__RELAY_KEEPER_GAINED, /* the reservation is there */
    P2P__RELAY_KEEPER_LOST    /* it is there no more */
};

/* All members are private. */
struct p2p__relay_keeper {
    struct p2p__rng rng;
    p2p_ns next_ask; /* P2P_NEVER while one is under way */
    p2p_ns expires;  /* 0: there is no reservation */
    uint32_t failures;
    bool ask;
    bool told; /* that it is there */
};

/* Wants to ask at once. `seed` is any number. */
void p2p__relay_keeper_init(struct p2p__relay_keeper *k, uint64_t seed,
                            p2p_ns now);

/* Pulls one event. */
enum p2p__relay_keeper_ev p2p__relay_keeper_next(struct p2p__relay_keeper *k);

/*
 * The relay granted one until `expire_s`, which is `wall_s` now, both in
 * seconds since 1970. What has expired by our clock, as clocks differ, is
 * taken for a minute.
 */
void p2p__relay_keeper_granted(struct p2p__relay_keeper *k, uint64_t expire_s,
                               uint64_t wall_s, p2p_ns now);

/* The relay refused, or was not reached. What was granted before holds. */
void p2p__relay_keeper_failed(struct p2p__relay_keeper *k, p2p_ns now);

/* The connection with the relay ended, and with it the reservation. */
void p2p__relay_keeper_gone(struct p2p__relay_keeper *k, p2p_ns now);

/* What kept the relay from granting one may be over: asks at once, unless there
 * is one, or it is being asked. */
void p2p__relay_keeper_hurry(struct p2p__relay_keeper *k, p2p_ns now);

/* Whether there is a reservation. */
bool p2p__relay_keeper_has(const struct p2p__relay_keeper *k);

/* When to ask again, or when the reservation expires. */
p2p_ns p2p__relay_keeper_deadline(const struct p2p__relay_keeper *k);

/* Makes events of what is due. */
void p2p__relay_keeper_expire(struct p2p__relay_keeper *k, p2p_ns now);

#endif
