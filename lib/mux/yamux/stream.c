/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A stream's life: made on SYN or open(), dead on RST or when both directions
 * are finished, freed when CLOSED was told. All changes of the lists that a
 * stream is on are here.
 * Failure modes: the quota or memory refuses a new stream; ids run out.
 */
#include "base/mem.h"
#include "mux/yamux/priv.h"

static enum p2p__quota_kind kind_of(const struct p2p__ystream *st)
{
    return st->bits & P2P__YS_INBOUND ? P2P__Q_STREAMS_IN : P2P__Q_STREAMS_OUT;
}

/* Charges one stream of the kind and its memory, or nothing. */
static int charge(struct p2p__quota *q, enum p2p__quota_kind kind)
{
    int rv = p2p__quota_take(q, kind, 1);

    if (rv != 0) {
        return rv;
    }
    rv = p2p__quota_take(q, P2P__Q_MEMORY, P2P__YSTREAM_COST);
    if (rv != 0) {
        p2p__quota_give(q, kind, 1);
    }
    return rv;
}

static void discharge(struct p2p__quota *q, enum p2p__quota_kind kind)
{
    p2p__quota_give(q, P2P__Q_MEMORY, P2P__YSTREAM_COST);
    p2p__quota_give(q, kind, 1);
}

/* The struct, and its place in the map if it has an id. */
static struct p2p__ystream *make(struct p2p__yamux *s, uint32_t id)
{
    struct p2p__ystream *st = p2p__zalloc(sizeof *st);

    if (st == NULL) {
        return NULL;
    }
    st->id = id;
    if (id != 0 &&
        p2p__map_put(&s->streams, &st->node, &st->id, sizeof st->id) != 0) {
        p2p__free(st);
        return NULL;
    }
    return st;
}

int p2p__ystream_new(struct p2p__yamux *s, uint32_t id,
                     struct p2p__ystream **out, p2p_ns now)
{
    enum p2p__quota_kind kind = id ? P2P__Q_STREAMS_IN : P2P__Q_STREAMS_OUT;
    struct p2p__ystream *st;
    int rv = charge(s->quota, kind);

    if (rv != 0) {
        return rv;
    }
    st = make(s, id);
    if (st == NULL) {
        discharge(s->quota, kind);
        return P2P_ENOMEM;
    }
    st->bits = id ? P2P__YS_INBOUND | P2P__YS_UNACKED : P2P__YS_NEW;
    s->unacked_in = (uint16_t)(s->unacked_in + (id ? 1 : 0));
    st->send_window = P2P__YAMUX_WINDOW_BYTES;
    st->max = P2P__YAMUX_WINDOW_BYTES;
    st->left = P2P__YAMUX_WINDOW_BYTES;
    st->epoch = now;
    p2p__sendq_init(&st->q, s->quota);
    p2p__list_init(&st->out);
    p2p__list_init(&st->ctl);
    p2p__list_init(&st->ev);
    p2p__list_push(&s->all, &st->all);
    assert(kind_of(st) == kind);
    *out = st;
    return 0;
}

/* The id is given when the stream's turn has come, so that ids go out in
 * order. Errors: P2P_ELIMIT (none left), P2P_ENOMEM. */
static int announce(struct p2p__yamux *s, struct p2p__ystream *st)
{
    int rv;

    assert(st->bits & P2P__YS_NEW && st->id == 0);
    if (s->next_id > UINT32_MAX - 2) {
        return P2P_ELIMIT;
    }
    st->id = s->next_id;
    rv = p2p__map_put(&s->streams, &st->node, &st->id, sizeof st->id);
    if (rv != 0) {
        st->id = 0;
        return rv;
    }
    s->next_id += 2;
    s->unacked_out++;
    st->bits &= (uint16_t)~P2P__YS_NEW;
    st->bits |= P2P__YS_SYN_DUE | P2P__YS_UNACKED;
    return 0;
}

void p2p__ystream_admit(struct p2p__yamux *s)
{
    struct p2p__list *link;

    while (s->unacked_out < P2P__CAP_YAMUX_BACKLOG &&
           (link = p2p__list_pop(&s->waiting)) != NULL) {
        struct p2p__ystream *st =
            P2P__CONTAINER(link, struct p2p__ystream, out);

        if (announce(s, st) != 0) {
            p2p__ystream_kill(s, st);
            p2p__ystream_tell(s, st, P2P__WAITS_RESET);
            p2p__ystream_settle(s, st);
            continue;
        }
        p2p__list_push(&s->ready, link);
    }
}

void p2p__ystream_free(struct p2p__yamux *s, struct p2p__ystream *st)
{
    assert(st->max >= P2P__YAMUX_WINDOW_BYTES);
    p2p__ystream_acked(s, st);
    p2p__list_remove(&st->out);
    p2p__list_remove(&st->ctl);
    p2p__list_remove(&st->ev);
    p2p__list_remove(&st->all);
    if (st->id != 0) {
        p2p__map_remove(&s->streams, &st->node);
    }
    if (s->cur == st) {
        s->cur = NULL;
    }
    p2p__sendq_fini(&st->q);
    p2p__quota_give(s->quota, P2P__Q_MEMORY, st->max - P2P__YAMUX_WINDOW_BYTES);
    discharge(s->quota, kind_of(st));
    p2p__free(st);
}

struct p2p__ystream *p2p__ystream_find(const struct p2p__yamux *s, uint32_t id)
{
    struct p2p__map_node *n = p2p__map_get(&s->streams, &id, sizeof id);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct p2p__ystream, node);
}

void p2p__ystream_tell(struct p2p__yamux *s, struct p2p__ystream *st,
                       unsigned events)
{
    assert(events != 0);
    assert(!(st->events & P2P__WAITS_CLOSED));
    if (st->events == 0) {
        p2p__list_push(&s->ev, &st->ev);
    }
    st->events |= (uint8_t)events;
}

/* Whether there is a frame to send that the peer would take. */
static bool sendable(const struct p2p__ystream *st)
{
    if (st->bits & (P2P__YS_DEAD | P2P__YS_FIN_OUT)) {
        return false;
    }
    if (st->q.bytes > 0) {
        return st->send_window > 0;
    }
    return st->bits & (P2P__YS_FIN_WANT | P2P__YS_ANNOUNCE);
}

void p2p__ystream_schedule(struct p2p__yamux *s, struct p2p__ystream *st)
{
    if (p2p__list_empty(&st->out) && sendable(st)) {
        p2p__list_push(st->bits & P2P__YS_NEW ? &s->waiting : &s->ready,
                       &st->out);
        p2p__mark(s->owner);
    }
}

void p2p__ystream_control(struct p2p__yamux *s, struct p2p__ystream *st)
{
    if (p2p__list_empty(&st->ctl)) {
        p2p__list_push(&s->ctl, &st->ctl);
        p2p__mark(s->owner);
    }
}

void p2p__ystream_acked(struct p2p__yamux *s, struct p2p__ystream *st)
{
    if (!(st->bits & P2P__YS_UNACKED)) {
        return;
    }
    st->bits &= (uint16_t)~P2P__YS_UNACKED;
    if (st->bits & P2P__YS_INBOUND) {
        assert(s->unacked_in > 0);
        s->unacked_in--;
        return;
    }
    assert(s->unacked_out > 0);
    s->unacked_out--;
    if (!p2p__list_empty(&s->waiting)) {
        p2p__mark(s->owner);
    }
}

void p2p__ystream_kill(struct p2p__yamux *s, struct p2p__ystream *st)
{
    st->bits |= P2P__YS_DEAD;
    st->bits &=
        (uint16_t) ~(P2P__YS_BLOCKED | P2P__YS_WINDOW_DUE | P2P__YS_RST_DUE);
    p2p__list_remove(&st->out);
    p2p__list_remove(&st->ctl);
    p2p__ystream_acked(s, st);
    p2p__sendq_fini(&st->q);
    if (s->cur == st) {
        s->cur = NULL;
        s->bits &= (uint16_t)~P2P__Y_EV_DATA;
    }
}

void p2p__ystream_settle(struct p2p__yamux *s, struct p2p__ystream *st)
{
    const uint16_t both = P2P__YS_FIN_IN | P2P__YS_FIN_OUT;
    bool dead = st->bits & P2P__YS_DEAD && !(st->bits & P2P__YS_RST_DUE);

    if (st->events & P2P__WAITS_CLOSED) {
        return;
    }
    if (dead || (st->bits & both) == both) {
        p2p__list_remove(&st->ctl);
        assert(p2p__list_empty(&st->out) && st->q.bytes == 0);
        p2p__ystream_tell(s, st, P2P__WAITS_CLOSED);
    }
}
