/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See plan.h. A talk has a deadline of its own, in its core. */
#include "proto/dcutr/plan.h"

/* A step to be told at once. */
static void go_on(struct p2p__dcutr_plan *p, enum p2p__dcutr_step step,
                  p2p_ns now)
{
    p->step = (uint8_t)step;
    p->told = false;
    p->at = now;
    p->attempt = (uint8_t)(p->attempt + (step == P2P__DCUTR_TALK ? 1 : 0));
    assert(p->attempt <= P2P__CAP_DCUTR_ATTEMPTS);
}

void p2p__dcutr_plan_init(struct p2p__dcutr_plan *p, bool has_public,
                          p2p_ns now)
{
    *p = (struct p2p__dcutr_plan){.began = now};
    go_on(p, has_public ? P2P__DCUTR_DIAL : P2P__DCUTR_TALK, now);
}

/* How long a step that begins now may take. */
static p2p_ns end_of(const struct p2p__dcutr_plan *p, p2p_ns now)
{
    switch (p->step) {
        case P2P__DCUTR_DIAL:
            return p2p__ns_after(now, P2P__DCUTR_DIAL_NS);
        case P2P__DCUTR_PUNCH:
            return p2p__ns_after(now, P2P__DCUTR_PUNCH_NS);
        default:
            return P2P_NEVER;
    }
}

enum p2p__dcutr_step p2p__dcutr_plan_next(struct p2p__dcutr_plan *p, p2p_ns now)
{
    if (p->told || now < p->at) {
        return P2P__DCUTR_WAIT;
    }
    p->told = true;
    p->at = end_of(p, now);
    return (enum p2p__dcutr_step)p->step;
}

void p2p__dcutr_plan_agreed(struct p2p__dcutr_plan *p, p2p_ns at)
{
    assert(p->step == P2P__DCUTR_TALK && p->told);
    go_on(p, P2P__DCUTR_PUNCH, at);
}

void p2p__dcutr_plan_failed(struct p2p__dcutr_plan *p, p2p_ns now)
{
    if (p->step != P2P__DCUTR_GIVE_UP) {
        go_on(p,
              p->attempt < P2P__CAP_DCUTR_ATTEMPTS ? P2P__DCUTR_TALK
                                                   : P2P__DCUTR_GIVE_UP,
              now);
    }
}

void p2p__dcutr_plan_hasten(struct p2p__dcutr_plan *p, p2p_ns now)
{
    if (p->step == P2P__DCUTR_PUNCH && p->told) {
        p->at = p2p__ns_min(p->at, p2p__ns_after(now, P2P__DCUTR_GRACE_NS));
    }
}

bool p2p__dcutr_plan_is_client(const struct p2p__dcutr_plan *p)
{
    return p->attempt == P2P__CAP_DCUTR_ATTEMPTS;
}

unsigned p2p__dcutr_plan_attempts(const struct p2p__dcutr_plan *p)
{
    return p->attempt;
}

p2p_ns p2p__dcutr_plan_deadline(const struct p2p__dcutr_plan *p)
{
    return p->at;
}

void p2p__dcutr_plan_expire(struct p2p__dcutr_plan *p, p2p_ns now)
{
    if (p->told && now >= p->at) {
        p2p__dcutr_plan_failed(p, now);
    }
}
