/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What goes out. The happy path: go-away, pong, ping, refusals, the streams
 * with control due, then a frame of every ready stream in turn, its body
 * pulled right behind its header. All of it is state until there is room.
 * Failure modes: none here; a stream that cannot be announced (memory, ids)
 * is reset on our side alone (stream.c).
 */
#include "base/mem.h"
#include "mux/yamux/priv.h"

/* A stream's share of a round while others wait too. */
#define QUANTUM_BYTES (16U * 1024)

/* A body is not cut shorter than this for want of room, unless the buffer is
 * smaller. */
#define CUT_BYTES 512U

/* Appends a frame without a body; false: no room. */
static bool put(struct p2p__outbuf *out, const struct p2p__yamux_header *h)
{
    if (p2p__outbuf_room(out) < P2P__YAMUX_HEADER_BYTES) {
        return false;
    }
    p2p__yamux_encode(out->p + out->len, h);
    out->len += P2P__YAMUX_HEADER_BYTES;
    return true;
}

/* Sends a frame of the session if its bit is set; false: no room. */
static bool put_due(struct p2p__yamux *s, struct p2p__outbuf *out, unsigned due,
                    const struct p2p__yamux_header *h)
{
    if (!(s->bits & due)) {
        return true;
    }
    if (!put(out, h)) {
        return false;
    }
    s->bits &= (uint16_t)~due;
    return true;
}

static bool tx_goaway(struct p2p__yamux *s, struct p2p__outbuf *out)
{
    const struct p2p__yamux_header h = {.type = P2P__YAMUX_GO_AWAY,
                                        .length = s->goaway_out};

    return put_due(s, out, P2P__Y_GOAWAY_DUE, &h);
}

/* The value of our ping is its moment, so nothing else must be kept. */
static bool tx_pings(struct p2p__yamux *s, struct p2p__outbuf *out, p2p_ns now)
{
    const struct p2p__yamux_header pong = {.type = P2P__YAMUX_PING,
                                           .flags = P2P__YAMUX_ACK,
                                           .length = s->pong_value};
    const struct p2p__yamux_header ping = {.type = P2P__YAMUX_PING,
                                           .flags = P2P__YAMUX_SYN,
                                           .length = (uint32_t)now};

    if (!put_due(s, out, P2P__Y_PONG_DUE, &pong)) {
        return false;
    }
    if (s->bits & P2P__Y_PING_DUE) {
        if (!put_due(s, out, P2P__Y_PING_DUE, &ping)) {
            return false;
        }
        s->ping_at = now;
        s->bits |= P2P__Y_PING_SENT;
    }
    return true;
}

static bool tx_refused(struct p2p__yamux *s, struct p2p__outbuf *out)
{
    struct p2p__yrefused *r = s->refused;
    uint32_t done = 0;

    if (r == NULL) {
        return true;
    }
    while (done < r->count) {
        const struct p2p__yamux_header h = {.type = P2P__YAMUX_WINDOW_UPDATE,
                                            .flags = P2P__YAMUX_RST,
                                            .id = r->ids[done]};

        if (!put(out, &h)) {
            break;
        }
        done++;
    }
    r->count -= done;
    if (r->count > 0) {
        memmove(r->ids, r->ids + done, r->count * sizeof *r->ids);
        return false;
    }
    s->refused = NULL;
    p2p__free(r);
    return true;
}

static bool ack_due(const struct p2p__ystream *st)
{
    const uint16_t due = P2P__YS_INBOUND | P2P__YS_UNACKED;

    return (st->bits & due) == due;
}

/* What the stream's next frame says besides its own: SYN or ACK. */
static uint16_t take_flags(struct p2p__yamux *s, struct p2p__ystream *st)
{
    if (ack_due(st)) {
        p2p__ystream_acked(s, st);
        return P2P__YAMUX_ACK;
    }
    if (st->bits & P2P__YS_SYN_DUE) {
        st->bits &= (uint16_t) ~(P2P__YS_SYN_DUE | P2P__YS_ANNOUNCE);
        return P2P__YAMUX_SYN;
    }
    return 0;
}

static void tx_rst(struct p2p__yamux *s, struct p2p__outbuf *out,
                   struct p2p__ystream *st)
{
    const struct p2p__yamux_header h = {.type = P2P__YAMUX_WINDOW_UPDATE,
                                        .flags = P2P__YAMUX_RST,
                                        .id = st->id,
                                        .length = st->code};

    (void)put(out, &h);
    st->bits &= (uint16_t)~P2P__YS_RST_DUE;
    p2p__ystream_settle(s, st);
}

/* RST, or a window update that carries the ACK, or the ACK alone, unless a
 * frame with data will carry it. */
static void tx_control_of(struct p2p__yamux *s, struct p2p__outbuf *out,
                          struct p2p__ystream *st, p2p_ns now)
{
    struct p2p__yamux_header h = {.type = P2P__YAMUX_WINDOW_UPDATE,
                                  .id = st->id};

    assert(st->id != 0);
    if (st->bits & P2P__YS_RST_DUE) {
        tx_rst(s, out, st);
        return;
    }
    if (st->bits & P2P__YS_WINDOW_DUE) {
        h.length = p2p__ystream_grant(s, st, now);
    } else if (!ack_due(st) || !p2p__list_empty(&st->out)) {
        return;
    }
    h.flags = take_flags(s, st);
    (void)put(out, &h);
}

static bool tx_control(struct p2p__yamux *s, struct p2p__outbuf *out,
                       p2p_ns now)
{
    struct p2p__list *link;

    while ((link = p2p__list_first(&s->ctl)) != NULL) {
        if (p2p__outbuf_room(out) < P2P__YAMUX_HEADER_BYTES) {
            return false;
        }
        p2p__list_remove(link);
        tx_control_of(s, out, P2P__CONTAINER(link, struct p2p__ystream, ctl),
                      now);
    }
    return true;
}

/* Body bytes for the stream's turn. */
static size_t share(const struct p2p__yamux *s, const struct p2p__ystream *st,
                    const struct p2p__outbuf *out)
{
    const bool alone = s->ready.next == s->ready.prev;
    size_t n = alone ? P2P__CAP_YAMUX_FRAME_BYTES : QUANTUM_BYTES;

    n = p2p__min(n, st->q.bytes);
    n = p2p__min(n, st->send_window);
    return p2p__min(n, p2p__outbuf_room(out) - P2P__YAMUX_HEADER_BYTES);
}

/*
 * What the frame after the last data ends with. FIN has a frame of its own: go
 * and js look at the flags of a frame before its body, and what came with a
 * FIN can be lost there.
 */
static uint16_t take_fin(struct p2p__ystream *st)
{
    if (!(st->bits & P2P__YS_FIN_WANT) || st->q.bytes > 0) {
        return 0;
    }
    st->bits |= P2P__YS_FIN_OUT;
    return P2P__YAMUX_FIN;
}

/* One frame of a ready stream: header, and the body right behind it. */
static void tx_frame(struct p2p__yamux *s, struct p2p__outbuf *out,
                     struct p2p__ystream *st)
{
    uint8_t *at = out->p + out->len;
    size_t n = share(s, st, out);
    struct p2p__yamux_header h = {.id = st->id};

    assert(n <= st->send_window);
    n = p2p__sendq_pull(&st->q, at + P2P__YAMUX_HEADER_BYTES, n);
    st->send_window -= (uint32_t)n;
    h.type = n > 0 ? P2P__YAMUX_DATA : P2P__YAMUX_WINDOW_UPDATE;
    h.length = (uint32_t)n;
    h.flags = (uint16_t)(take_flags(s, st) | (n == 0 ? take_fin(st) : 0));
    p2p__yamux_encode(at, &h);
    out->len += P2P__YAMUX_HEADER_BYTES + n;
    if (st->bits & P2P__YS_BLOCKED &&
        st->q.bytes <= P2P__CAP_YAMUX_QUEUED_BYTES / 2) {
        st->bits &= (uint16_t)~P2P__YS_BLOCKED;
        p2p__ystream_tell(s, st, P2P__WAITS_WRITABLE);
    }
}

/* Whether a frame now would be cut for want of room that comes soon. */
static bool cut(const struct p2p__ystream *st, const struct p2p__outbuf *out)
{
    size_t room = p2p__outbuf_room(out) - P2P__YAMUX_HEADER_BYTES;

    return room < st->q.bytes && room < st->send_window && room < CUT_BYTES &&
           (out->len > 0 || room == 0);
}

/* A frame of each ready stream in turn, until there is no room. */
static void tx_data(struct p2p__yamux *s, struct p2p__outbuf *out)
{
    struct p2p__list *link;

    p2p__ystream_admit(s);
    while ((link = p2p__list_first(&s->ready)) != NULL &&
           p2p__outbuf_room(out) >= P2P__YAMUX_HEADER_BYTES) {
        struct p2p__ystream *st =
            P2P__CONTAINER(link, struct p2p__ystream, out);

        if (cut(st, out)) {
            return;
        }
        tx_frame(s, out, st);
        p2p__list_remove(link);
        p2p__ystream_schedule(s, st);
        p2p__ystream_settle(s, st);
    }
}

/* Output that waits for room. */
static bool pending(const struct p2p__yamux *s)
{
    const unsigned due = P2P__Y_GOAWAY_DUE | P2P__Y_PONG_DUE | P2P__Y_PING_DUE;

    return s->bits & due || s->refused != NULL || !p2p__list_empty(&s->ctl) ||
           !p2p__list_empty(&s->ready) ||
           (!p2p__list_empty(&s->waiting) &&
            s->unacked_out < P2P__CAP_YAMUX_BACKLOG);
}

int p2p__yamux_tx(void *sess, struct p2p__outbuf *out, p2p_ns now)
{
    struct p2p__yamux *s = sess;

    assert(out->len <= out->cap);
    if (s->bits & P2P__Y_POISONED) {
        (void)tx_goaway(s, out);
        return 0;
    }
    if (tx_goaway(s, out) && tx_pings(s, out, now) && tx_refused(s, out) &&
        tx_control(s, out, now)) {
        tx_data(s, out);
    }
    if (pending(s)) {
        p2p__mark(s->owner);
    }
    return 0;
}
