/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What arrives. The happy path: twelve bytes make a header, the header is
 * acted upon, then the body passes as DATA events that borrow from the input;
 * no frame is ever assembled. Parsing stops while an event waits.
 * Failure modes: a broken protocol or a flood poisons the session and leaves
 * a go-away to be sent. A stream that cannot be taken is refused: its id is
 * kept until the RST is written, nothing else.
 */
#include "base/mem.h"
#include "mux/yamux/priv.h"

#define CHURN_NS (P2P__SEC(1) / P2P__CAP_YAMUX_CHURN_PER_SEC)
#define PING_NS  (P2P__SEC(1) / P2P__CAP_YAMUX_PINGS_PER_SEC)

/* Debt, in bursts, at which refusing is no longer enough. */
#define CHURN_FATAL 10U

/* A stream of the peer's was aborted or refused. */
static int churn(struct p2p__yamux *s, p2p_ns now)
{
    p2p__debt_add(&s->churn, CHURN_NS, now);
    return p2p__debt_of(&s->churn, CHURN_NS, now) >
                   (uint64_t)CHURN_FATAL * P2P__CAP_YAMUX_CHURN_BURST
               ? P2P_ELIMIT
               : 0;
}

/* Keeps the id until its RST is written. A peer that makes us keep too many
 * ignores the backlog and does not read. */
static int refuse(struct p2p__yamux *s, uint32_t id, p2p_ns now)
{
    if (s->refused == NULL) {
        s->refused = p2p__zalloc(sizeof *s->refused);
        if (s->refused == NULL) {
            return P2P_ENOMEM;
        }
    }
    if (s->refused->count == P2P__CAP_YAMUX_REFUSED) {
        return P2P_ELIMIT;
    }
    s->refused->ids[s->refused->count++] = id;
    p2p__mark(s->owner);
    return churn(s, now);
}

/* Whether the session takes one more stream, before the quota is asked. */
static bool may_open(const struct p2p__yamux *s, p2p_ns now)
{
    return !(s->bits & P2P__Y_GOAWAY_OUT) &&
           s->unacked_in < P2P__CAP_YAMUX_BACKLOG &&
           p2p__debt_of(&s->churn, CHURN_NS, now) < P2P__CAP_YAMUX_CHURN_BURST;
}

/* The peer opens a stream. All that the frame itself can break is checked
 * before anything is taken for it (T1). */
static int on_syn(struct p2p__yamux *s, const struct p2p__yamux_header *h,
                  struct p2p__ystream **out, p2p_ns now)
{
    const bool dialer = s->bits & P2P__Y_DIALER;

    if ((h->id & 1) == dialer || p2p__ystream_find(s, h->id) != NULL) {
        return P2P_EPROTO;
    }
    if (h->type == P2P__YAMUX_DATA && h->length > P2P__YAMUX_WINDOW_BYTES) {
        return P2P_EPROTO;
    }
    if (h->flags & P2P__YAMUX_RST) {
        return churn(s, now);
    }
    if (!may_open(s, now) || p2p__ystream_new(s, h->id, out, now) != 0) {
        return refuse(s, h->id, now);
    }
    p2p__ystream_tell(s, *out, P2P__WAITS_OPENED);
    p2p__ystream_control(s, *out);
    return 0;
}

static int on_rst(struct p2p__yamux *s, struct p2p__ystream *st, uint32_t code,
                  p2p_ns now)
{
    const bool ours = st->bits & P2P__YS_DEAD;

    p2p__ystream_kill(s, st);
    if (!ours) {
        st->code = code;
        p2p__ystream_tell(s, st, P2P__WAITS_RESET);
    }
    p2p__ystream_settle(s, st);
    return st->bits & P2P__YS_INBOUND ? churn(s, now) : 0;
}

static void on_fin(struct p2p__yamux *s, struct p2p__ystream *st)
{
    if (st->bits & (P2P__YS_DEAD | P2P__YS_FIN_IN)) {
        return;
    }
    st->bits |= P2P__YS_FIN_IN;
    st->bits &= (uint16_t)~P2P__YS_WINDOW_DUE;
    p2p__ystream_tell(s, st, P2P__WAITS_FIN);
    p2p__ystream_settle(s, st);
}

/* Adds to what we may send; beyond 32 bits it is nonsense (T2). */
static int on_window(struct p2p__yamux *s, struct p2p__ystream *st,
                     const struct p2p__yamux_header *h)
{
    if (h->length > UINT32_MAX - st->send_window) {
        return P2P_EPROTO;
    }
    st->send_window += h->length;
    p2p__ystream_schedule(s, st);
    if (h->flags & P2P__YAMUX_FIN) {
        on_fin(s, st);
    }
    return 0;
}

/* Lets the body pass if the window allows it (T3). */
static int on_data(struct p2p__yamux *s, struct p2p__ystream *st,
                   const struct p2p__yamux_header *h)
{
    if (h->length > st->left || (h->length > 0 && st->bits & P2P__YS_FIN_IN)) {
        return P2P_EPROTO;
    }
    st->left -= h->length;
    if (h->length == 0) {
        if (h->flags & P2P__YAMUX_FIN) {
            on_fin(s, st);
        }
        return 0;
    }
    if (!(st->bits & P2P__YS_DEAD)) {
        s->cur = st;
        s->bits &= (uint16_t)~P2P__Y_BODY_FIN;
        s->bits |= h->flags & P2P__YAMUX_FIN ? P2P__Y_BODY_FIN : 0;
    }
    return 0;
}

/* A frame of a stream that is known, or was opened by it. */
static int on_stream(struct p2p__yamux *s, struct p2p__ystream *st,
                     const struct p2p__yamux_header *h, p2p_ns now)
{
    if (h->flags & P2P__YAMUX_ACK && !(st->bits & P2P__YS_INBOUND)) {
        p2p__ystream_acked(s, st);
    }
    if (h->flags & P2P__YAMUX_RST) {
        return on_rst(s, st, h->type == P2P__YAMUX_DATA ? 0 : h->length, now);
    }
    return h->type == P2P__YAMUX_DATA ? on_data(s, st, h) : on_window(s, st, h);
}

/* A DATA or WINDOW UPDATE frame. One for an unknown stream is dropped with
 * its body: we may have reset it while the peer sent. */
static int on_stream_frame(struct p2p__yamux *s,
                           const struct p2p__yamux_header *h, p2p_ns now)
{
    struct p2p__ystream *st = NULL;
    int rv = 0;

    s->cur = NULL;
    s->body_left = 0;
    if (h->id == 0) {
        return P2P_EPROTO;
    }
    if (h->flags & P2P__YAMUX_SYN) {
        rv = on_syn(s, h, &st, now);
    } else {
        st = p2p__ystream_find(s, h->id);
    }
    if (rv == 0 && st != NULL) {
        rv = on_stream(s, st, h, now);
    }
    if (h->type == P2P__YAMUX_DATA) {
        s->body_left = h->length;
        if (h->length > P2P__CAP_YAMUX_WINDOW_BYTES) {
            rv = P2P_EPROTO;
        }
    }
    return rv;
}

/* A measured round trip; a single one is not believed altogether. */
static void on_pong(struct p2p__yamux *s, uint32_t value, p2p_ns now)
{
    uint64_t us;

    if (!(s->bits & P2P__Y_PING_SENT) || value != (uint32_t)s->ping_at) {
        return;
    }
    us = (now - s->ping_at) / 1000;
    us = us < 1 ? 1 : us > UINT32_MAX ? UINT32_MAX : us;
    us = s->rtt_us == 0 ? us : (s->rtt_us + us + 1) / 2;
    s->rtt_us = (uint32_t)us;
    s->bits &= (uint16_t)~P2P__Y_PING_SENT;
    if (s->bits & P2P__Y_PING_TELL) {
        s->bits &= (uint16_t)~P2P__Y_PING_TELL;
        s->bits |= P2P__Y_EV_PONG;
    }
}

/* The answer is a bit: the latest value that was asked, if not too often. */
static int on_ping(struct p2p__yamux *s, const struct p2p__yamux_header *h,
                   p2p_ns now)
{
    const unsigned way = h->flags & (P2P__YAMUX_SYN | P2P__YAMUX_ACK);

    if (h->id != 0 || (way != P2P__YAMUX_SYN && way != P2P__YAMUX_ACK)) {
        return P2P_EPROTO;
    }
    if (way == P2P__YAMUX_ACK) {
        on_pong(s, h->length, now);
        return 0;
    }
    if (p2p__debt_of(&s->pings, PING_NS, now) < P2P__CAP_YAMUX_PINGS_BURST) {
        p2p__debt_add(&s->pings, PING_NS, now);
        s->pong_value = h->length;
        s->bits |= P2P__Y_PONG_DUE;
        p2p__mark(s->owner);
    }
    return 0;
}

static int on_goaway(struct p2p__yamux *s, const struct p2p__yamux_header *h)
{
    if (h->id != 0) {
        return P2P_EPROTO;
    }
    s->goaway_in = h->length;
    s->bits |= P2P__Y_GOAWAY_IN | P2P__Y_EV_GOAWAY;
    return 0;
}

static int on_header(struct p2p__yamux *s, p2p_ns now)
{
    const struct p2p__yamux_header h = p2p__yamux_decode(s->header);

    s->header_len = 0;
    if (h.version != 0 || h.flags & ~P2P__YAMUX_FLAGS) {
        return P2P_EPROTO;
    }
    switch (h.type) {
        case P2P__YAMUX_DATA:
        case P2P__YAMUX_WINDOW_UPDATE:
            return on_stream_frame(s, &h, now);
        case P2P__YAMUX_PING:
            return on_ping(s, &h, now);
        case P2P__YAMUX_GO_AWAY:
            return on_goaway(s, &h);
        default:
            return P2P_EPROTO;
    }
}

/* Header bytes; act upon the twelfth. */
static int rx_header(struct p2p__yamux *s, struct p2p__slice *in, p2p_ns now)
{
    size_t n = p2p__min(P2P__YAMUX_HEADER_BYTES - s->header_len, in->len);

    memcpy(s->header + s->header_len, in->p, n);
    s->header_len = (uint8_t)(s->header_len + n);
    p2p__slice_skip(in, n);
    return s->header_len < P2P__YAMUX_HEADER_BYTES ? 0 : on_header(s, now);
}

/* Body bytes: told, or dropped. */
static void rx_body(struct p2p__yamux *s, struct p2p__slice *in)
{
    size_t n = p2p__min(s->body_left, in->len);

    if (s->cur != NULL) {
        s->data = in->p;
        s->data_len = (uint32_t)n;
        s->data_slab = in->slab;
        s->bits |= P2P__Y_EV_DATA;
    }
    s->body_left -= (uint32_t)n;
    p2p__slice_skip(in, n);
    if (s->body_left == 0 && s->cur != NULL && s->bits & P2P__Y_BODY_FIN) {
        on_fin(s, s->cur);
    }
}

/* Nothing goes on but the go-away. Memory is our failure, the rest theirs. */
static int poison(struct p2p__yamux *s, int rv)
{
    s->bits |= P2P__Y_POISONED | P2P__Y_GOAWAY_DUE | P2P__Y_GOAWAY_OUT;
    s->goaway_out = rv == P2P_ENOMEM ? P2P__YAMUX_INTERNAL_ERROR
                                     : P2P__YAMUX_PROTOCOL_ERROR;
    p2p__mark(s->owner);
    return rv;
}

int p2p__yamux_rx(void *sess, struct p2p__slice *in, p2p_ns now)
{
    struct p2p__yamux *s = sess;
    int rv = 0;

    assert(!(s->bits & P2P__Y_POISONED));
    if (in->len > 0) {
        s->last_rx = now;
        s->bits &= (uint16_t)~P2P__Y_PROBED;
    }
    while (in->len > 0 && rv == 0 && !p2p__yamux_has_event(s)) {
        if (s->body_left > 0) {
            rx_body(s, in);
        } else {
            rv = rx_header(s, in, now);
        }
    }
    assert(s->header_len < P2P__YAMUX_HEADER_BYTES);
    return rv == 0 ? 0 : poison(s, rv);
}
