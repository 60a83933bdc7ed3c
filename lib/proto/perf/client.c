/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The client of perf: see perf.h.
 *
 * Happy path: tx writes header and zeros, then our end; rx counts; the
 * server's end makes the event. Failure: bytes before our end or beyond what
 * was asked for, an end that is too early, nothing that moves.
 */
#include "proto/perf/perf.h"

#define HEADER_BYTES 8U

void p2p__perf_init(struct p2p__perf *p, const struct p2p__perf_cfg *cfg,
                    p2p_ns now)
{
    *p = (struct p2p__perf){
        .stat = {.began = now},
        .owner = cfg->owner,
        .up = cfg->up,
        .down = cfg->down,
        .idle = cfg->idle > 0 ? cfg->idle : P2P__PERF_IDLE,
        .moved = now,
    };
    p2p__mark(p->owner);
}

int p2p__perf_rx(struct p2p__perf *p, const struct p2p__slice *in, p2p_ns now)
{
    if (in->len == 0) {
        return 0;
    }
    assert(p->stat.down <= p->down);
    if (!p->finished || in->len > p->down - p->stat.down) {
        return P2P_EPROTO;
    }
    if (p->stat.down == 0) {
        p->stat.first = now;
    }
    p->stat.down += in->len;
    p->moved = now;
    return 0;
}

int p2p__perf_fin(struct p2p__perf *p, p2p_ns now)
{
    if (!p->finished || p->stat.down != p->down) {
        return P2P_EPROTO;
    }
    p->stat.ended = now;
    p->done = true;
    return 0;
}

static void put_header(struct p2p__perf *p, struct p2p__outbuf *out)
{
    while (p->header < HEADER_BYTES && p2p__outbuf_room(out) > 0) {
        const uint8_t byte = (uint8_t)(p->down >> (56U - 8U * p->header));

        p2p__outbuf_put(out, &byte, 1);
        p->header++;
    }
}

/* Appends zeros, at most `left`; returns how many. */
static size_t put_zeros(struct p2p__outbuf *out, uint64_t left)
{
    const size_t room = p2p__outbuf_room(out);
    const size_t n = left < room ? (size_t)left : room;

    memset(out->p + out->len, 0, n);
    out->len += n;
    return n;
}

int p2p__perf_tx(struct p2p__perf *p, struct p2p__outbuf *out, p2p_ns now)
{
    const size_t before = out->len;

    if (p->finished) {
        return 0;
    }
    put_header(p, out);
    if (p->header == HEADER_BYTES) {
        p->stat.up += put_zeros(out, p->up - p->stat.up);
    }
    if (out->len > before) {
        p->moved = now;
    }
    if (p->header < HEADER_BYTES || p->stat.up < p->up) {
        return 0;
    }
    p->finished = true;
    p->stat.sent = now;
    p->moved = now;
    return P2P__PROTO_FIN;
}

bool p2p__perf_next(struct p2p__perf *p)
{
    const bool done = p->done;

    p->done = false;
    return done;
}

p2p_ns p2p__perf_deadline(const struct p2p__perf *p)
{
    return p->stat.ended > 0 ? P2P_NEVER : p2p__ns_after(p->moved, p->idle);
}

int p2p__perf_expire(struct p2p__perf *p, p2p_ns now)
{
    return now < p2p__perf_deadline(p) ? 0 : P2P_ETIMEDOUT;
}

void p2p__perf_fini(struct p2p__perf *p)
{
    p->done = false;
}

P2P__PROTO_OPS(p2p__perf, P2P__PERF_PROTOCOL);
