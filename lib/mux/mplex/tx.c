/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What goes out. The happy path: resets, then a message of every ready stream
 * in turn, its body pulled right behind its header. Nothing is made before
 * there is room for it.
 * Failure modes: none here; a stream that cannot be announced (memory, ids)
 * is reset on our side alone.
 */
#include "mux/mplex/priv.h"

/* A stream's share of a round while others wait too. */
#define QUANTUM_BYTES (16U * 1024)

/* A body is not cut shorter than this for want of room. */
#define CUT_BYTES 512U

/* Digits of the largest id that we give. */
#define NAME_DIGITS 9U

/* Whether one more message fits, with a body of `body` bytes. */
static bool fits(const struct p2p__outbuf *out, size_t body)
{
    return p2p__outbuf_room(out) >= P2P__MPLEX_HEADER_MAX + body;
}

/* Appends a header; the caller saw to the room. */
static void put_header(struct p2p__outbuf *out, uint64_t id, unsigned flag,
                       size_t body)
{
    uint8_t h[2 * P2P__VARINT_PB_MAX];
    size_t n = p2p__varint_put(h, id << 3 | flag);

    n += p2p__varint_put(h + n, body);
    p2p__outbuf_put(out, h, n);
}

/* The flag of what we say upon a stream. */
static unsigned flag_of(const struct p2p__mpstream *st, unsigned kind)
{
    return 2 * kind - (st->bits & P2P__MP_INBOUND ? 1 : 0);
}

static bool tx_refused(struct p2p__mplex *s, struct p2p__outbuf *out)
{
    while (s->refused_count > 0) {
        if (!fits(out, 0)) {
            return false;
        }
        put_header(out, s->refused[0], 2 * P2P__MPLEX_RESET - 1, 0);
        s->refused_count--;
        memmove(s->refused, s->refused + 1,
                s->refused_count * sizeof *s->refused);
    }
    return true;
}

static bool tx_resets(struct p2p__mplex *s, struct p2p__outbuf *out)
{
    struct p2p__list *link;

    while ((link = p2p__list_first(&s->rst)) != NULL) {
        struct p2p__mpstream *st =
            P2P__CONTAINER(link, struct p2p__mpstream, rst);

        if (!fits(out, 0)) {
            return false;
        }
        put_header(out, st->key >> 1, flag_of(st, P2P__MPLEX_RESET), 0);
        p2p__list_remove(link);
        st->bits &= (uint16_t)~P2P__MP_RST_DUE;
        p2p__mpstream_settle(s, st);
    }
    return true;
}

/* Announces a stream; its name is the id in digits, as others do it. */
static void put_new(struct p2p__outbuf *out, uint64_t id)
{
    char digits[NAME_DIGITS];
    size_t at = sizeof digits;
    uint64_t rest = id;

    assert(id < P2P__MPLEX_ID_END);
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    put_header(out, id, P2P__MPLEX_NEW_STREAM, sizeof digits - at);
    p2p__outbuf_put(out, digits + at, sizeof digits - at);
}

/* Gives the stream an id, or resets it; false: it is gone. */
static bool announce(struct p2p__mplex *s, struct p2p__outbuf *out,
                     struct p2p__mpstream *st)
{
    if (p2p__mpstream_announce(s, st) != 0) {
        p2p__mpstream_kill(s, st);
        p2p__mpstream_tell(s, st, P2P__WAITS_RESET);
        p2p__mpstream_settle(s, st);
        return false;
    }
    put_new(out, st->key >> 1);
    return true;
}

/* A message with as much as the share, the queue and the room allow. */
static void put_message(struct p2p__mplex *s, struct p2p__outbuf *out,
                        struct p2p__mpstream *st)
{
    const bool alone = s->ready.next == s->ready.prev;
    size_t n = alone ? P2P__CAP_MPLEX_FRAME_BYTES : QUANTUM_BYTES;
    size_t got;

    n = p2p__min(n, st->q.bytes);
    n = p2p__min(n, p2p__outbuf_room(out) - P2P__MPLEX_HEADER_MAX);
    put_header(out, st->key >> 1, flag_of(st, P2P__MPLEX_MESSAGE), n);
    got = p2p__sendq_pull(&st->q, out->p + out->len, n);
    assert(got == n);
    out->len += got;
    if (st->bits & P2P__MP_BLOCKED &&
        st->q.bytes <= P2P__CAP_MPLEX_QUEUED_BYTES / 2) {
        st->bits &= (uint16_t)~P2P__MP_BLOCKED;
        p2p__mpstream_tell(s, st, P2P__WAITS_WRITABLE);
    }
}

/* The turn of a ready stream: it is announced, sends, or closes. */
static void tx_stream(struct p2p__mplex *s, struct p2p__outbuf *out,
                      struct p2p__mpstream *st)
{
    if (st->bits & P2P__MP_NEW) {
        if (!announce(s, out, st)) {
            return;
        }
    } else if (st->q.bytes > 0) {
        put_message(s, out, st);
    } else {
        assert(st->bits & P2P__MP_FIN_WANT);
        put_header(out, st->key >> 1, flag_of(st, P2P__MPLEX_CLOSE), 0);
        st->bits |= P2P__MP_FIN_OUT;
    }
    p2p__list_remove(&st->ready);
    p2p__mpstream_schedule(s, st);
    p2p__mpstream_settle(s, st);
}

/* Room for the stream's turn, without cutting a body too short. */
static bool has_room(const struct p2p__mpstream *st,
                     const struct p2p__outbuf *out)
{
    size_t least = NAME_DIGITS;

    if (st->q.bytes > 0 && !(st->bits & P2P__MP_NEW)) {
        least = out->len > 0 ? p2p__min(st->q.bytes, CUT_BYTES) : 1;
    }
    return fits(out, least);
}

static void tx_data(struct p2p__mplex *s, struct p2p__outbuf *out)
{
    struct p2p__list *link;

    while ((link = p2p__list_first(&s->ready)) != NULL) {
        struct p2p__mpstream *st =
            P2P__CONTAINER(link, struct p2p__mpstream, ready);

        if (!has_room(st, out)) {
            return;
        }
        tx_stream(s, out, st);
    }
}

int p2p__mplex_tx(void *sess, struct p2p__outbuf *out, p2p_ns now)
{
    struct p2p__mplex *s = sess;

    if (s->bits & P2P__M_POISONED) {
        return 0;
    }
    if (tx_refused(s, out) && tx_resets(s, out)) {
        tx_data(s, out);
    }
    if (s->refused_count > 0 || !p2p__list_empty(&s->rst) ||
        !p2p__list_empty(&s->ready)) {
        p2p__mark(s->owner);
    }
    return 0;
}
