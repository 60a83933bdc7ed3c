/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two connections of QUIC, what their applications do, and what the network
 * makes of their datagrams: lost, doubled, turned bits, and others that nobody
 * sent. Packets are plain (quic_plain.c), so who turns a bit has the keys, and
 * frames can be made up. Whatever it is, streams end where they should and
 * quotas are empty at the end; and after the last input time goes on for three
 * pings that keep it alive.
 */
#include <stdlib.h>

#include "mux/quic/priv.h"

#include "quic_pair.h"

#define STREAMS 8U

/* Two connections come to their end in it; more only takes longer. */
#define INPUT_MAX 600

/* A short packet around frames: its head, and what is there in place of a
 * tag. */
#define HEAD_BYTES (1 + P2P__QUIC_ID_BYTES + 4)
#define TAG_BYTES  16U

struct play {
    struct quic_pair p;
    const uint8_t *in;
    size_t left;
    void *streams[2][STREAMS];
    size_t owed[2][STREAMS];
    uint32_t forged; /* packet numbers */
};

/* What applications send. */
static const uint8_t text[5000];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t take(struct play *w)
{
    if (w->left == 0) {
        return 0;
    }
    w->left--;
    return *w->in++;
}

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

/* What the network makes of one datagram. */
static bool tap(struct quic_pair *p, unsigned from, uint8_t *bytes, size_t *len)
{
    struct play *w = p->user;
    uint8_t what = take(w);

    (void)from;
    if (what >= 250) {
        return false;
    }
    if (what >= 240) {
        bytes[take(w) * 256U % *len] ^= (uint8_t)(1U << (what & 7));
        bytes[take(w) % *len] ^= take(w);
    } else if (what >= 235) {
        *len = 1 + take(w) % *len;
    }
    return true;
}

/* The slot of a stream, or STREAMS. */
static size_t slot_of(const struct play *w, unsigned side, const void *st)
{
    size_t i = 0;

    while (i < STREAMS && w->streams[side][i] != st) {
        i++;
    }
    return i;
}

static void on_event(struct quic_pair *p, unsigned side,
                     const struct p2p__sess_ev *ev)
{
    struct play *w = p->user;
    size_t i = slot_of(w, side, ev->stream);

    switch (ev->type) {
        case P2P__SESS_OPENED:
            need(i == STREAMS);
            i = slot_of(w, side, NULL);
            if (i < STREAMS) {
                w->streams[side][i] = ev->stream;
                w->owed[side][i] = 0;
            } else {
                p2p__quic_ops.reset(p->end[side].sess, ev->stream, 3);
            }
            break;
        case P2P__SESS_DATA:
            need(i < STREAMS && ev->data.len > 0);
            w->owed[side][i] += ev->data.len;
            break;
        case P2P__SESS_CLOSED:
            if (i < STREAMS) {
                w->streams[side][i] = NULL;
            }
            break;
        default:
            need(i < STREAMS || ev->type == P2P__SESS_PONG);
    }
}

static void open_one(struct play *w, unsigned side)
{
    size_t i = slot_of(w, side, NULL);
    void *sess = w->p.end[side].sess;

    if (i < STREAMS) {
        w->owed[side][i] = 0;
        (void)p2p__quic_ops.open(sess, NULL, &w->streams[side][i], w->p.now);
    }
}

/* What an application does with one of its streams. */
static void use_one(struct play *w, unsigned side, uint8_t what)
{
    const struct p2p__slice data =
        p2p__slice_of(text, what >> 5 == 0 ? 0 : sizeof text >> (what & 7));
    void *sess = w->p.end[side].sess;
    size_t i = what % STREAMS;
    void *st = w->streams[side][i];

    if (st == NULL) {
        return;
    }
    switch (what >> 5) {
        case 4:
            p2p__quic_ops.consume(sess, st, w->owed[side][i]);
            w->owed[side][i] = 0;
            break;
        case 5:
            p2p__quic_ops.finish(sess, st);
            break;
        case 6:
            p2p__quic_ops.reset(sess, st, what);
            break;
        default:
            (void)p2p__quic_ops.send(sess, st, &data);
    }
}

/* A datagram that the other end has not sent: bytes, or frames in a packet
 * that is for one of this end's ids. */
static void forge(struct play *w, unsigned side, bool frames)
{
    const struct p2p__quic *q = w->p.end[side].sess;
    struct p2p__list *link = frames ? p2p__list_first(&q->routes) : NULL;
    const size_t want = take(w) * 4U;
    const size_t len = p2p__min(want, w->left);
    const size_t head = link == NULL ? 0 : HEAD_BYTES;
    uint8_t packet[HEAD_BYTES + 1020 + TAG_BYTES] = {0x43};

    if (link != NULL) {
        const struct p2p__quic_route *r =
            P2P__CONTAINER(link, struct p2p__quic_route, link);

        memcpy(packet + 1, r->id.bytes, P2P__QUIC_ID_BYTES);
        w->forged++;
        packet[HEAD_BYTES - 2] = (uint8_t)(w->forged >> 8);
        packet[HEAD_BYTES - 1] = (uint8_t)w->forged;
    }
    memcpy(packet + head, w->in, len);
    w->in += len;
    w->left -= len;
    (void)quic_pair_feed(&w->p, side, packet,
                         head + len + (link == NULL ? 0 : TAG_BYTES));
}

static void do_one(struct play *w)
{
    uint8_t what = take(w);
    unsigned side = what & 1;

    if (w->p.end[side].sess == NULL) {
        return;
    }
    switch (what >> 1 & 7) {
        case 0:
            open_one(w, side);
            break;
        case 1:
            quic_pair_pass(&w->p, P2P__MS(what >> 4));
            break;
        case 2:
            if (w->p.end[side].established) {
                (void)p2p__quic_update_key(w->p.end[side].sess, w->p.now);
            }
            break;
        case 3:
            forge(w, side, what & 16);
            break;
        default:
            use_one(w, side, take(w));
    }
    quic_pair_pump(&w->p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play room; /* large, and most of it a buffer */
    struct play *w = &room;

    memset(&w->in, 0, sizeof *w - offsetof(struct play, in));
    need(quic_pair_init(&w->p, 1) == 0);
    w->in = data;
    w->left = p2p__min(size, INPUT_MAX);
    w->p.user = w;
    w->forged = 1000; /* beyond those that will be sent */
    w->p.on = on_event;
    w->p.tap = tap;
    w->p.end[1].quota.limit[P2P__Q_MEMORY] = 1U << 22;
    need(quic_pair_dial(&w->p) == 0);
    quic_pair_pass(&w->p, P2P__MS(100));
    while (w->left > 0) {
        do_one(w);
    }
    quic_pair_pass(&w->p, 3 * P2P__QUIC_KEEPALIVE_NS + P2P__SEC(5));
    quic_pair_fini(&w->p);
    return 0;
}
