/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What goes out: datagram behind datagram, in runs that one system call can
 * send. The happy path: each packet takes from the ready streams in turn, as
 * much as it has room for, until the congestion window or the buffer is full.
 * A run goes on while packets are of full size and go the same way; a probe, a
 * shorter one, or one that goes elsewhere ends it.
 * Failure modes: ngtcp2's, which poison the session.
 */
#include "base/mem.h"
#include "mux/quic/priv.h"

/* Pieces of a stream's queue that are offered to a packet at once. */
#define PIECES 8U

/* The end of a handshake has fewer bytes: a certificate, and a signature. */
#define FLIGHT_BYTES 4096U

/* A packet that is being filled. */
struct packet {
    uint8_t *at;
    size_t room;
    ngtcp2_path_storage ps;
    ngtcp2_pkt_info pi;
};

/* Gives the streams that wait their ids, as far as the peer lets us. */
static int admit(struct p2p__quic *q)
{
    struct p2p__list *link;

    while ((link = p2p__list_first(&q->waiting)) != NULL) {
        struct p2p__qstream *st =
            P2P__CONTAINER(link, struct p2p__qstream, out);
        int rv = ngtcp2_conn_open_bidi_stream(q->conn, &st->id, st);

        if (rv == NGTCP2_ERR_STREAM_ID_BLOCKED) {
            st->id = -1;
            return 0;
        }
        if (rv != 0) {
            st->id = -1;
            return rv;
        }
        st->bits |= P2P__QS_HELD;
        p2p__list_remove(link);
        p2p__list_push(&q->ready, link);
    }
    return 0;
}

/* What the stream gave to a packet is under way. */
static void sent(struct p2p__quic *q, struct p2p__qstream *st, size_t n,
                 bool fin)
{
    assert(st->id >= 0 && st->bits & P2P__QS_HELD);
    p2p__sendq_take(&st->q, &st->sent, n);
    st->bits |= fin ? P2P__QS_FIN_OUT : 0;
    p2p__list_remove(&st->out);
    p2p__qstream_relieve(q, st);
    p2p__qstream_schedule(q, st); /* behind the others */
}

/* The stream cannot send for now, or ever. */
static int put_aside(struct p2p__quic *q, struct p2p__qstream *st, int liberr)
{
    p2p__list_remove(&st->out);
    switch (liberr) {
        case NGTCP2_ERR_STREAM_DATA_BLOCKED:
            st->bits |= P2P__QS_STUCK;
            return 0;
        case NGTCP2_ERR_STREAM_SHUT_WR:
        case NGTCP2_ERR_STREAM_NOT_FOUND:
            st->bits |= P2P__QS_STOPPED;
            p2p__sendq_cut(&st->q, &st->sent);
            p2p__qstream_relieve(q, st);
            return 0;
        default:
            return liberr;
    }
}

/* One call to ngtcp2: what the stream has goes into the packet; NULL: the
 * packet is complete. */
static ngtcp2_ssize offer(struct p2p__quic *q, struct packet *p,
                          struct p2p__qstream *st)
{
    struct p2p__slice pieces[PIECES];
    ngtcp2_vec vec[PIECES];
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    ngtcp2_ssize took = -1, rv;
    size_t n = 0, len = 0;

    if (st != NULL) {
        n = p2p__sendq_peek(&st->q, &st->sent, pieces, PIECES);
        flags |= NGTCP2_WRITE_STREAM_FLAG_MORE;
    }
    for (size_t i = 0; i < n; i++) {
        vec[i] = (ngtcp2_vec){.base = pieces[i].p, .len = pieces[i].len};
        len += pieces[i].len;
    }
    /* A frame of its own: py-libp2p loses what comes in one with a FIN. */
    if (st != NULL && st->bits & P2P__QS_FIN_WANT && len == 0) {
        flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
    rv = ngtcp2_conn_writev_stream(q->conn, &p->ps.path, &p->pi, p->at, p->room,
                                   &took, flags, st == NULL ? -1 : st->id, vec,
                                   n, q->now);
    if (st != NULL && took >= 0) {
        sent(q, st, (size_t)took, flags & NGTCP2_WRITE_STREAM_FLAG_FIN);
    }
    return rv;
}

/* Whose turn it is, or NULL. */
static struct p2p__qstream *next_ready(struct p2p__quic *q)
{
    struct p2p__list *link = p2p__list_first(&q->ready);

    return link == NULL ? NULL : P2P__CONTAINER(link, struct p2p__qstream, out);
}

/* Fills one packet; its length, 0 if there is nothing to send now, or an error
 * of ngtcp2. */
static ngtcp2_ssize fill(struct p2p__quic *q, struct packet *p)
{
    bool shut = false;

    ngtcp2_path_storage_zero(&p->ps);
    p->pi = (ngtcp2_pkt_info){.ecn = 0};
    for (;;) {
        struct p2p__qstream *st = shut ? NULL : next_ready(q);
        ngtcp2_ssize n = offer(q, p, st);

        if (n == NGTCP2_ERR_WRITE_MORE) {
            continue;
        }
        if (n >= 0 || st == NULL) {
            return n;
        }
        if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED &&
            ngtcp2_conn_get_max_data_left(q->conn) == 0) {
            shut = true; /* all of them: it stays ready */
            continue;
        }
        n = put_aside(q, st, (int)n);
        if (n != 0) {
            return n;
        }
    }
}

/* Adds a datagram to the runs; whether the run may go on. */
static bool add(struct p2p__quic *q, const struct packet *p, size_t len,
                bool open)
{
    struct p2p__quic_path path;
    struct p2p__quic_run *run = &q->runs[q->n_runs == 0 ? 0 : q->n_runs - 1];
    const size_t full = ngtcp2_conn_get_path_max_tx_udp_payload_size(q->conn);

    p2p__quic_path_from(&p->ps.path, &path);
    if (open && run->ecn == p->pi.ecn && len <= run->segment &&
        memcmp(&run->path, &path, sizeof path) == 0) {
        run->len += len;
        return len == run->segment && run->len + len <= P2P__QUIC_RUN_BYTES &&
               run->len < P2P__QUIC_RUN_DATAGRAMS * len;
    }
    assert(q->n_runs < P2P__QUIC_RUNS);
    run = &q->runs[q->n_runs++];
    *run = (struct p2p__quic_run){
        .len = len, .segment = len, .ecn = (uint8_t)p->pi.ecn, .path = path};
    return len == full;
}

/* Packets until there is nothing to send, no room, or no run left. */
static int write_all(struct p2p__quic *q, struct p2p__outbuf *out)
{
    bool open = false;

    while (q->n_runs < P2P__QUIC_RUNS) {
        const size_t most =
            open ? q->runs[q->n_runs - 1].segment
                 : ngtcp2_conn_get_max_tx_udp_payload_size(q->conn);
        struct packet p = {.at = out->p + out->len, .room = most};
        ngtcp2_ssize n;

        if (p2p__outbuf_room(out) < most) {
            p2p__mark(q->owner);
            return 0;
        }
        n = fill(q, &p);
        if (n <= 0) {
            return (int)n;
        }
        assert((size_t)n <= most);
        out->len += (size_t)n;
        open = add(q, &p, (size_t)n, open);
    }
    p2p__mark(q->owner);
    return 0;
}

const struct p2p__quic_run *p2p__quic_runs(const void *sess, size_t *count)
{
    const struct p2p__quic *q = sess;

    *count = q->n_runs;
    return q->runs;
}

bool p2p__quic_ended(const void *sess)
{
    const struct p2p__quic *q = sess;

    return q->bits & P2P__QC_CLOSED || p2p__ng_draining(q->conn);
}

void p2p__quic_close(void *sess, struct p2p__outbuf *out, p2p_ns now)
{
    struct p2p__quic *q = sess;
    struct packet p = {.at = out->p + out->len, .room = p2p__outbuf_room(out)};
    ngtcp2_ssize n;

    q->n_runs = 0;
    if (p2p__quic_ended(q)) {
        return;
    }
    now = p2p__quic_at(q, now);
    q->bits |= P2P__QC_CLOSED | P2P__QC_POISONED | P2P__QC_GOAWAY;
    ngtcp2_path_storage_zero(&p.ps);
    n = ngtcp2_conn_write_connection_close(q->conn, &p.ps.path, &p.pi, p.at,
                                           p.room, &q->why, now);
    if (n > 0) {
        out->len += (size_t)n;
        (void)add(q, &p, (size_t)n, false);
    }
}

p2p_ns p2p__quic_linger(const void *sess)
{
    const struct p2p__quic *q = sess;

    return 3 * ngtcp2_conn_get_pto(q->conn);
}

/* Whether the end of the handshake is among what was written: it goes before
 * all else, but not while the congestion window is full; `room`: what
 * it had before. */
static bool went_out(struct p2p__quic *q, uint64_t room)
{
    return room >= FLIGHT_BYTES || ngtcp2_conn_get_cwnd_left(q->conn) > 0;
}

/* Something went out; a probe is done when it has to be acknowledged. */
static void probed(struct p2p__quic *q)
{
    p2p__ng_info info;

    p2p__ng_info_of(q->conn, &info);
    if (info.bytes_in_flight > 0) {
        q->bits &= (uint16_t)~P2P__QC_PROBES;
        p2p__quic_set_keepalive(q->conn);
    }
}

int p2p__quic_tx(void *sess, struct p2p__outbuf *out, p2p_ns now)
{
    struct p2p__quic *q = sess;
    uint64_t room;
    int rv;

    assert(out->len == 0);
    q->n_runs = 0;
    if (q->bits & P2P__QC_POISONED) {
        p2p__quic_close(q, out, now);
        return 0;
    }
    (void)p2p__quic_at(q, now);
    q->refusal = 0;
    p2p__quic_grant(q);
    room = ngtcp2_conn_get_cwnd_left(q->conn);
    rv = q->bits & P2P__QC_NO_MEMORY ? NGTCP2_ERR_NOMEM : 0;
    if (rv == 0 && q->bits & P2P__QC_ESTABLISHED) {
        rv = admit(q);
    }
    if (rv == 0) {
        rv = write_all(q, out);
    }
    if (q->bits & P2P__QC_PROBES && out->len > 0) {
        probed(q);
    }
    if (q->bits & P2P__QC_ESTABLISHED && rv == 0 && went_out(q, room)) {
        q->bits |= P2P__QC_SETTLED;
    }
    return rv == 0 ? 0 : p2p__quic_fail(q, rv);
}
