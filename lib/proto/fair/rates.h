/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How often something may be asked for: by one peer, from one address, from
 * one group of them, and by all. A request is granted if none of these minds,
 * and is counted then; one that is refused costs nobody anything, so that who
 * asks too often takes nothing from the others.
 */
#ifndef P2P_PROTO_FAIR_RATES_H
#define P2P_PROTO_FAIR_RATES_H

#include "base/bucket.h"
#include "base/heap.h"
#include "base/map.h"
#include "proto/fair/caps.h"
#include "proto/fair/who.h"

/* So many at once, then one each so often. burst 0: as many as there are. */
struct p2p__rate {
    uint32_t burst;
    p2p_ns each;
};

struct p2p__rates_cfg {
    struct p2p__rate of[P2P__FAIR_KINDS]; /* of each of a kind */
    struct p2p__rate all;                 /* burst > 0 */
    uint64_t seed[2];                     /* random: see base/map.h */
};

/* All members are private. */
struct p2p__rates {
    struct p2p__rate of[P2P__FAIR_KINDS];
    struct p2p__bucket all;
    struct p2p__map rows;  /* whose bucket is not full, as far as we looked */
    struct p2p__heap full; /* when each will be */
};

/* So many (> 0) a minute, and at once. */
struct p2p__rate p2p__rate_per_minute(uint32_t n);

/* Nobody asked yet. */
void p2p__rates_init(struct p2p__rates *r, const struct p2p__rates_cfg *cfg);

/* Forgets all. */
void p2p__rates_fini(struct p2p__rates *r);

/* Whether somebody may have one more now; then it is counted. Of `who` it
 * needs what the rates are of. Errors: P2P_ELIMIT, P2P_ENOMEM; then nothing
 * was. */
int p2p__rates_take(struct p2p__rates *r, const struct p2p__fair_who *who,
                    p2p_ns now);

#endif
