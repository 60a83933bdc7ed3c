/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How much a peer may send. A window is opened again when half of it was
 * consumed, and doubled when that took less than a few round trips: then the
 * window, not the path, was what limited the peer. go-yamux and rust-yamux do
 * the same. Growth is charged to the quota; where that says no, or would lose
 * more than half of what is free, or of all that there is, the window stays:
 * the other half is for what is sent.
 */
#include "mux/yamux/priv.h"

/* Half a window in less than so many round trips: too small. */
#define FAST_ROUND_TRIPS 4U

/* A round trip that is older is measured again, while data comes. */
#define RTT_VALID_NS P2P__SEC(30)

static bool is_fast(const struct p2p__yamux *s, const struct p2p__ystream *st,
                    p2p_ns now)
{
    return s->rtt_us != 0 &&
           now - st->epoch < FAST_ROUND_TRIPS * P2P__US(s->rtt_us);
}

/* Whether the round trip should be measured (again). */
static bool is_stale(const struct p2p__yamux *s, bool grown, p2p_ns now)
{
    return s->rtt_us == 0 || grown || now - s->ping_at > RTT_VALID_NS;
}

/* Whether the quota can lose that much and be good for more. */
static bool affordable(const struct p2p__quota *q, uint32_t by)
{
    uint64_t room = p2p__quota_room(q, P2P__Q_MEMORY);

    return room / 2 >= by && room - by >= p2p__quota_most(q, P2P__Q_MEMORY) / 2;
}

/* Doubles the window if the cap and the quota let it; returns by how much. */
static uint32_t grow(struct p2p__yamux *s, struct p2p__ystream *st)
{
    uint32_t by = st->max;

    if (st->max >= s->tune->max_window_bytes) {
        return 0;
    }
    if (by > s->tune->max_window_bytes - st->max) {
        by = s->tune->max_window_bytes - st->max;
    }
    if (!affordable(s->quota, by) ||
        p2p__quota_take(s->quota, P2P__Q_MEMORY, by) != 0) {
        return 0;
    }
    st->max += by;
    assert(st->max <= P2P__CAP_YAMUX_WINDOW_BYTES);
    return by;
}

uint32_t p2p__ystream_grant(struct p2p__yamux *s, struct p2p__ystream *st,
                            p2p_ns now)
{
    uint32_t delta = st->credit;
    uint32_t grown = 0;

    assert(now >= st->epoch);
    assert(st->credit <= st->max - st->left);
    if (is_fast(s, st, now)) {
        grown = grow(s, st);
    }
    if (st->max < s->tune->max_window_bytes && is_stale(s, grown > 0, now)) {
        p2p__yamux_want_ping(s);
    }
    delta += grown;
    st->left += delta;
    st->credit = 0;
    st->epoch = now;
    st->bits &= (uint16_t)~P2P__YS_WINDOW_DUE;
    assert(st->left <= st->max);
    return delta;
}
