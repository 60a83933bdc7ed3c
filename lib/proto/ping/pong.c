/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end that answers pings: see ping.h.
 *
 * Pings are held in a ring. A whole one is granted when the rate allows, and
 * granted bytes are written. Failure: a peer that pings on without reading, or
 * ends in the middle of a ping, or does nothing for long.
 */
#include "proto/ping/ping.h"

void p2p__pong_init(struct p2p__pong *p, const struct p2p__pong_cfg *cfg,
                    p2p_ns now)
{
    *p = (struct p2p__pong){.owner = cfg->owner, .heard = now};
    p2p__bucket_init(&p->rate,
                     cfg->burst > 0 ? cfg->burst : P2P__CAP_PING_BURST,
                     cfg->each > 0 ? cfg->each : P2P__CAP_PING_EACH);
}

/* Copies into the ring, which has the room. */
static void hold(struct p2p__pong *p, const uint8_t *bytes, size_t len)
{
    size_t at = (p->begin + p->have) % sizeof p->bytes;
    size_t first = p2p__min(len, sizeof p->bytes - at);

    assert(len <= sizeof p->bytes - p->have);
    memcpy(p->bytes + at, bytes, first);
    memcpy(p->bytes, bytes + first, len - first);
    p->have = (uint16_t)(p->have + len);
}

/* Whether a whole ping waits for the rate's leave. */
static bool is_waiting(const struct p2p__pong *p)
{
    assert(p->granted <= p->have);
    return (size_t)(p->have - p->granted) >= P2P__PING_BYTES;
}

int p2p__pong_rx(struct p2p__pong *p, const struct p2p__slice *in, p2p_ns now)
{
    if (in->len == 0) {
        return 0;
    }
    if (in->len > sizeof p->bytes - p->have) {
        return P2P_ELIMIT;
    }
    hold(p, in->p, in->len);
    p->heard = now;
    if (is_waiting(p)) {
        p2p__mark(p->owner);
    }
    return 0;
}

int p2p__pong_fin(struct p2p__pong *p, p2p_ns now)
{
    (void)now;
    p->ended = true;
    p2p__mark(p->owner);
    return (p->have - p->granted) % P2P__PING_BYTES == 0 ? 0 : P2P_EPROTO;
}

/* Moves granted bytes from the ring. */
static void put(struct p2p__pong *p, struct p2p__outbuf *out)
{
    while (p->granted > 0 && p2p__outbuf_room(out) > 0) {
        size_t n = p2p__min(p->granted, sizeof p->bytes - p->begin);

        n = p2p__min(n, p2p__outbuf_room(out));
        p2p__outbuf_put(out, p->bytes + p->begin, n);
        p->begin = (uint16_t)((p->begin + n) % sizeof p->bytes);
        p->have = (uint16_t)(p->have - n);
        p->granted = (uint16_t)(p->granted - n);
    }
}

int p2p__pong_tx(struct p2p__pong *p, struct p2p__outbuf *out, p2p_ns now)
{
    const size_t before = out->len;

    while (is_waiting(p) && p2p__bucket_take(&p->rate, now)) {
        p->granted = (uint16_t)(p->granted + P2P__PING_BYTES);
    }
    p->late = is_waiting(p);
    put(p, out);
    if (out->len > before) {
        p->heard = now;
    }
    return p->ended && p->have == 0 ? P2P__PROTO_FIN : 0;
}

p2p_ns p2p__pong_deadline(const struct p2p__pong *p)
{
    p2p_ns idle = p2p__ns_after(p->heard, P2P__PING_IDLE);

    return p->late ? p2p__ns_min(idle, p2p__bucket_ready(&p->rate)) : idle;
}

int p2p__pong_expire(struct p2p__pong *p, p2p_ns now)
{
    if (now >= p2p__ns_after(p->heard, P2P__PING_IDLE)) {
        return P2P_ETIMEDOUT;
    }
    if (now >= p2p__pong_deadline(p)) {
        p->late = false;
        p2p__mark(p->owner);
    }
    return 0;
}

void p2p__pong_fini(struct p2p__pong *p)
{
    p->have = 0;
    p->granted = 0;
}

P2P__PROTO_OPS(p2p__pong, P2P__PING_PROTOCOL);
