/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See keeper.h. Failure modes: the relay refuses, is gone, or names a time
 * that is past or absurd: the next try comes all the same, and never at once.
 */
#include "proto/relay/keeper.h"

#define RETRY_FIRST P2P__SEC(2)
#define RETRY_LAST  P2P__SEC(300)

/* The shortest reservation that we believe in. */
#define LEAST_S 60U

void p2p__relay_keeper_init(struct p2p__relay_keeper *k, uint64_t seed,
                            p2p_ns now)
{
    *k = (struct p2p__relay_keeper){.next_ask = now};
    p2p__rng_seed(&k->rng, seed);
    p2p__relay_keeper_expire(k, now);
}

enum p2p__relay_keeper_ev p2p__relay_keeper_next(struct p2p__relay_keeper *k)
{
    const bool has = k->expires > 0;

    if (has != k->told) {
        k->told = has;
        return has ? P2P__RELAY_KEEPER_GAINED : P2P__RELAY_KEEPER_LOST;
    }
    if (k->ask) {
        k->ask = false;
        return P2P__RELAY_KEEPER_ASK;
    }
    return P2P__RELAY_KEEPER_NOTHING;
}

void p2p__relay_keeper_granted(struct p2p__relay_keeper *k, uint64_t expire_s,
                               uint64_t wall_s, p2p_ns now)
{
    uint64_t span = expire_s > wall_s ? expire_s - wall_s : 0;

    span = p2p__max(span, LEAST_S);
    span = p2p__min(span, P2P__CAP_RELAY_BELIEVED_S);
    k->failures = 0;
    k->ask = false;
    k->expires = p2p__ns_after(now, P2P__SEC(span));
    /* In the third quarter, so that not all clients of a relay come at once. */
    span = P2P__SEC(span) / 4;
    k->next_ask = p2p__ns_after(now, 2 * span + p2p__rng_below(&k->rng, span));
}

void p2p__relay_keeper_failed(struct p2p__relay_keeper *k, p2p_ns now)
{
    p2p_ns span = RETRY_FIRST << (k->failures < 8 ? k->failures : 8);

    span = p2p__ns_min(span, RETRY_LAST);
    span = span / 2 + p2p__rng_below(&k->rng, span / 2 + 1);
    k->failures++;
    k->ask = false;
    k->next_ask = p2p__ns_after(now, span);
}

void p2p__relay_keeper_gone(struct p2p__relay_keeper *k, p2p_ns now)
{
    k->expires = 0;
    if (k->next_ask != P2P_NEVER) { /* else the one under way fails, too */
        p2p__relay_keeper_failed(k, now);
    }
}

void p2p__relay_keeper_hurry(struct p2p__relay_keeper *k, p2p_ns now)
{
    if (k->expires == 0 && k->next_ask != P2P_NEVER) {
        k->failures = 0;
        k->next_ask = now;
    }
}

bool p2p__relay_keeper_has(const struct p2p__relay_keeper *k)
{
    return k->expires > 0;
}

p2p_ns p2p__relay_keeper_deadline(const struct p2p__relay_keeper *k)
{
    return k->expires > 0 ? p2p__ns_min(k->expires, k->next_ask) : k->next_ask;
}

void p2p__relay_keeper_expire(struct p2p__relay_keeper *k, p2p_ns now)
{
    if (k->expires > 0 && k->expires <= now) {
        k->expires = 0;
    }
    if (k->next_ask <= now) {
        k->next_ask = P2P_NEVER;
        k->ask = true;
    }
}
