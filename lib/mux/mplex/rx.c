/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What arrives. The happy path: two varints make a header, the header is
 * acted upon, then the body passes as DATA events that borrow from the input.
 * Parsing stops while an event waits.
 * Failure modes: a broken protocol, too many refused or aborted streams, or an
 * application that owes too much (T7) poisons the session; mplex has no way
 * to say so. Messages of unknown streams are dropped: the peer may not know
 * yet that we reset them.
 */
#include "mux/mplex/priv.h"

#define CHURN_NS (P2P__SEC(1) / P2P__CAP_MPLEX_CHURN_PER_SEC)
#define OVER_NS  P2P__SEC(1)

/* Keeps the id until its reset is written, if this does not happen often. */
static int refuse(struct p2p__mplex *s, uint64_t id, p2p_ns now)
{
    p2p__debt_add(&s->over, OVER_NS, now);
    if (s->refused_count == P2P__CAP_MPLEX_REFUSED ||
        p2p__debt_of(&s->over, OVER_NS, now) > P2P__CAP_MPLEX_REFUSED) {
        return P2P_ELIMIT;
    }
    s->refused[s->refused_count++] = id;
    p2p__mark(s->owner);
    return 0;
}

static int on_new(struct p2p__mplex *s, uint64_t id, p2p_ns now)
{
    struct p2p__mpstream *st;

    if (s->body_left > P2P__CAP_MPLEX_NAME_BYTES ||
        p2p__mpstream_find(s, id, false) != NULL) {
        return P2P_EPROTO;
    }
    if (s->bits & P2P__M_CLOSING || p2p__mpstream_accept(s, id, &st) != 0) {
        return refuse(s, id, now);
    }
    p2p__mpstream_tell(s, st, P2P__WAITS_OPENED);
    return 0;
}

static void on_close(struct p2p__mplex *s, struct p2p__mpstream *st)
{
    if (!(st->bits & (P2P__MP_DEAD | P2P__MP_FIN_IN))) {
        st->bits |= P2P__MP_FIN_IN;
        p2p__mpstream_tell(s, st, P2P__WAITS_FIN);
        p2p__mpstream_settle(s, st);
    }
}

/* A peer that opens and resets without end is cut off, as with yamux. */
static int on_reset(struct p2p__mplex *s, struct p2p__mpstream *st, p2p_ns now)
{
    const bool ours = st->bits & P2P__MP_DEAD;
    const bool inbound = st->bits & P2P__MP_INBOUND;

    p2p__mpstream_kill(s, st);
    if (!ours) {
        p2p__mpstream_tell(s, st, P2P__WAITS_RESET);
    }
    p2p__mpstream_settle(s, st);
    if (!inbound) {
        return 0;
    }
    p2p__debt_add(&s->churn, CHURN_NS, now);
    return p2p__debt_of(&s->churn, CHURN_NS, now) > P2P__CAP_MPLEX_CHURN_BURST
               ? P2P_ELIMIT
               : 0;
}

/* A message of a stream that is known. */
static int on_stream(struct p2p__mplex *s, struct p2p__mpstream *st,
                     unsigned kind, p2p_ns now)
{
    switch (kind) {
        case P2P__MPLEX_MESSAGE:
            if (!(st->bits & (P2P__MP_DEAD | P2P__MP_FIN_IN))) {
                s->cur = st;
            }
            return 0;
        case P2P__MPLEX_CLOSE:
            on_close(s, st);
            return 0;
        default:
            assert(kind == P2P__MPLEX_RESET);
            return on_reset(s, st, now);
    }
}

/* Both varints are complete. */
static int on_header(struct p2p__mplex *s, p2p_ns now)
{
    struct p2p__mpstream *st;
    uint64_t head, length;
    unsigned flag;
    int n = p2p__varint_get(s->header, s->header_len, &head);

    if (n <= 0 || p2p__varint_get(s->header + n, s->header_len - (size_t)n,
                                  &length) <= 0) {
        return P2P_EPROTO;
    }
    flag = head & 7;
    if (flag == 7 || length > P2P__CAP_MPLEX_MESSAGE_BYTES) {
        return P2P_EPROTO;
    }
    s->cur = NULL;
    s->body_left = (uint32_t)length;
    if (flag == P2P__MPLEX_NEW_STREAM) {
        return on_new(s, head >> 3, now);
    }
    st = p2p__mpstream_find(s, head >> 3, flag & 1);
    return st == NULL ? 0 : on_stream(s, st, (flag + 1) / 2, now);
}

/* A byte of the header; acts upon the last one. */
static int rx_header(struct p2p__mplex *s, struct p2p__slice *in, p2p_ns now)
{
    const uint8_t byte = in->p[0];
    int rv = 0;

    s->header[s->header_len++] = byte;
    p2p__slice_skip(in, 1);
    s->ends = (uint8_t)(s->ends + (byte < 0x80));
    if (s->ends == 2) {
        rv = on_header(s, now);
        s->header_len = 0;
        s->ends = 0;
    } else if (s->header_len > (s->ends + 1U) * P2P__VARINT_MAX - 1) {
        rv = P2P_EPROTO; /* the varint does not end in time */
    }
    return rv;
}

/* The application owes n more (T7). */
static int owe(struct p2p__mplex *s, size_t n, p2p_ns now)
{
    s->cur->owed += n;
    s->owed += n;
    if (s->owed > P2P__CAP_MPLEX_UNCONSUMED_BYTES &&
        !(s->bits & P2P__M_PAUSED)) {
        s->bits |= P2P__M_PAUSED;
        s->paused_at = now;
    }
    return s->owed > P2P__CAP_MPLEX_UNCONSUMED_BYTES +
                         P2P__CAP_MPLEX_OVERSHOOT_BYTES
               ? P2P_ELIMIT
               : 0;
}

/* Body bytes: told, or dropped. */
static int rx_body(struct p2p__mplex *s, struct p2p__slice *in, p2p_ns now)
{
    size_t n = p2p__min(s->body_left, in->len);
    int rv = 0;

    if (s->cur != NULL) {
        s->data = *in;
        s->data.len = n;
        s->bits |= P2P__M_EV_DATA;
        rv = owe(s, n, now);
    }
    s->body_left -= (uint32_t)n;
    p2p__slice_skip(in, n);
    return rv;
}

int p2p__mplex_rx(void *sess, struct p2p__slice *in, p2p_ns now)
{
    struct p2p__mplex *s = sess;
    int rv = 0;

    assert(!(s->bits & P2P__M_POISONED));
    while (in->len > 0 && rv == 0 && !p2p__mplex_has_event(s)) {
        rv = s->body_left > 0 ? rx_body(s, in, now) : rx_header(s, in, now);
    }
    if (rv != 0) {
        s->bits |= P2P__M_POISONED;
    }
    return rv;
}
