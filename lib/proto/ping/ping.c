/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end that pings: see ping.h.
 *
 * Happy path: SENDING until 32 bytes are written, AWAITING until they are
 * back, RESTING for the interval, SENDING again; ENDING when no ping is left,
 * which lets tx end our side, then ENDED until the peer ends its own.
 * Failure: bytes that were not asked for, other bytes than were sent, an end
 * that comes too early, an answer that comes too late.
 */
#include "proto/ping/ping.h"

#include "base/mem.h"

enum state { SENDING, AWAITING, RESTING, ENDING, ENDED };

static void begin(struct p2p__ping *p, p2p_ns now)
{
    p->env->random(p->env, p->bytes, sizeof p->bytes);
    p->state = SENDING;
    p->written = 0;
    p->read = 0;
    p->at = p2p__ns_after(now, p->timeout);
    p2p__mark(p->owner);
}

void p2p__ping_init(struct p2p__ping *p, const struct p2p__ping_cfg *cfg,
                    p2p_ns now)
{
    *p = (struct p2p__ping){
        .env = cfg->env,
        .owner = cfg->owner,
        .interval = cfg->interval,
        .timeout = cfg->timeout > 0 ? cfg->timeout : P2P__PING_TIMEOUT,
        .left = cfg->count > 0 ? cfg->count - 1 : 0,
        .endless = cfg->count == 0,
    };
    begin(p, now);
}

static void end(struct p2p__ping *p, p2p_ns now)
{
    p->state = ENDING;
    p->at = p2p__ns_after(now, p->timeout);
    p2p__mark(p->owner);
}

/* The answer is whole. */
static void answered(struct p2p__ping *p, p2p_ns now)
{
    assert(p->state == AWAITING && !p->answered);
    p->answered = true;
    p->rtt = now - p->sent_at;
    if (p->left == 0 && !p->endless) {
        end(p, now);
        return;
    }
    p->left -= p->endless ? 0 : 1;
    p->state = RESTING;
    p->at = p2p__ns_after(now, p->interval);
}

int p2p__ping_rx(struct p2p__ping *p, const struct p2p__slice *in, p2p_ns now)
{
    if (in->len == 0) {
        return 0;
    }
    assert(p->read <= p->written);
    if (in->len > (size_t)(p->written - p->read) ||
        memcmp(p->bytes + p->read, in->p, in->len) != 0) {
        return P2P_EPROTO;
    }
    p->read = (uint8_t)(p->read + in->len);
    if (p->read == sizeof p->bytes) {
        answered(p, now);
    }
    return 0;
}

int p2p__ping_fin(struct p2p__ping *p, p2p_ns now)
{
    (void)now;
    if (p->state != ENDING && p->state != ENDED) {
        return P2P_ECLOSED;
    }
    p->at = P2P_NEVER;
    return 0;
}

int p2p__ping_tx(struct p2p__ping *p, struct p2p__outbuf *out, p2p_ns now)
{
    size_t n;

    if (p->state == RESTING && now >= p->at) {
        begin(p, now);
    }
    if (p->state == ENDING) {
        p->state = ENDED;
        return P2P__PROTO_FIN;
    }
    n = p2p__min(sizeof p->bytes - p->written, p2p__outbuf_room(out));
    if (p->state != SENDING || n == 0) {
        return 0;
    }
    if (p->written == 0) {
        p->sent_at = now;
        p->at = p2p__ns_after(now, p->timeout);
    }
    p2p__outbuf_put(out, p->bytes + p->written, n);
    p->written = (uint8_t)(p->written + n);
    p->state = p->written == sizeof p->bytes ? AWAITING : SENDING;
    return 0;
}

bool p2p__ping_next(struct p2p__ping *p, struct p2p__ping_ev *ev)
{
    if (!p->answered) {
        return false;
    }
    p->answered = false;
    ev->rtt = p->rtt;
    ev->last = p->state == ENDING || p->state == ENDED;
    return true;
}

void p2p__ping_stop(struct p2p__ping *p, p2p_ns now)
{
    p->left = 0;
    p->endless = false;
    if (p->state == RESTING) {
        end(p, now);
    }
}

p2p_ns p2p__ping_deadline(const struct p2p__ping *p)
{
    return p->at;
}

int p2p__ping_expire(struct p2p__ping *p, p2p_ns now)
{
    if (now < p->at) {
        return 0;
    }
    if (p->state != RESTING) {
        return P2P_ETIMEDOUT;
    }
    begin(p, now);
    return 0;
}

void p2p__ping_fini(struct p2p__ping *p)
{
    p2p__wipe(p->bytes, sizeof p->bytes);
    p->at = P2P_NEVER;
}

P2P__PROTO_OPS(p2p__ping, P2P__PING_PROTOCOL);
