/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A stream's life: made when the peer opens it or by open(), known to ngtcp2
 * from the first packet that names it, dead after a reset, freed when both the
 * application and ngtcp2 are done with it. All changes of the lists that a
 * stream is on are here.
 * Failure modes: the quota or memory refuses a new stream.
 */
#include "base/mem.h"
#include "mux/quic/priv.h"

/* What pays for one aborted stream. */
#define CHURN_EACH (P2P__SEC(1) / P2P__CAP_QUIC_CHURN_PER_SEC)

static enum p2p__quota_kind kind_of(const struct p2p__qstream *st)
{
    return st->bits & P2P__QS_INBOUND ? P2P__Q_STREAMS_IN : P2P__Q_STREAMS_OUT;
}

int p2p__qstream_new(struct p2p__quic *q, int64_t id, struct p2p__qstream **out)
{
    enum p2p__quota_kind kind =
        id >= 0 ? P2P__Q_STREAMS_IN : P2P__Q_STREAMS_OUT;
    struct p2p__qstream *st;
    int rv = p2p__quota_take(q->quota, kind, 1);

    if (rv != 0) {
        return rv;
    }
    rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, P2P__QSTREAM_COST);
    if (rv != 0) {
        p2p__quota_give(q->quota, kind, 1);
        return rv;
    }
    st = p2p__zalloc(sizeof *st);
    if (st == NULL) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QSTREAM_COST);
        p2p__quota_give(q->quota, kind, 1);
        return P2P_ENOMEM;
    }
    st->id = id;
    st->bits = id >= 0 ? P2P__QS_INBOUND : 0;
    p2p__sendq_init(&st->q, q->quota);
    p2p__list_init(&st->out);
    p2p__list_init(&st->ev);
    p2p__list_init(&st->all);
    p2p__list_push(&q->all, &st->all);
    *out = st;
    return 0;
}

void p2p__qstream_free(struct p2p__quic *q, struct p2p__qstream *st)
{
    assert(st->pieces == 0);
    p2p__list_remove(&st->out);
    p2p__list_remove(&st->ev);
    p2p__list_remove(&st->all);
    p2p__sendq_fini(&st->q);
    if (!(st->bits & P2P__QS_LEFT)) {
        p2p__quota_give(q->quota, kind_of(st), 1);
    }
    p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QSTREAM_COST);
    p2p__free(st);
}

void p2p__qstream_unhold(struct p2p__quic *q, struct p2p__qstream *st)
{
    assert(st->bits & P2P__QS_HELD);
    st->bits &= (uint16_t)~P2P__QS_HELD;
    if (st->bits & P2P__QS_LEFT) {
        p2p__qstream_free(q, st);
    }
}

void p2p__qstream_leave(struct p2p__quic *q, struct p2p__qstream *st)
{
    assert(!(st->bits & P2P__QS_LEFT) && st->pieces == 0);
    if (!(st->bits & P2P__QS_HELD)) {
        p2p__qstream_free(q, st);
        return;
    }
    st->bits |= P2P__QS_LEFT;
    p2p__quota_give(q->quota, kind_of(st), 1);
}

void p2p__qstream_tell(struct p2p__quic *q, struct p2p__qstream *st,
                       unsigned events)
{
    assert(events != 0);
    assert(st->events == 0 || !p2p__list_empty(&st->ev));
    if (st->bits & P2P__QS_LEFT || st->events & P2P__WAITS_CLOSED) {
        return;
    }
    if (st->events == 0) {
        p2p__list_push(events & P2P__WAITS_OPENED ? &q->fresh : &q->events,
                       &st->ev);
    }
    st->events |= (uint8_t)events;
}

size_t p2p__qstream_unsent(const struct p2p__qstream *st)
{
    assert(st->sent.taken <= st->q.bytes);
    return st->q.bytes - st->sent.taken;
}

/* Whether there is something to send that the peer would take. */
static bool sendable(const struct p2p__qstream *st)
{
    const unsigned never = P2P__QS_DEAD | P2P__QS_STOPPED | P2P__QS_FIN_OUT;

    if (st->bits & (never | P2P__QS_STUCK)) {
        return false;
    }
    return p2p__qstream_unsent(st) > 0 || st->bits & P2P__QS_FIN_WANT;
}

void p2p__qstream_schedule(struct p2p__quic *q, struct p2p__qstream *st)
{
    if (p2p__list_empty(&st->out) && sendable(st)) {
        p2p__list_push(st->id < 0 ? &q->waiting : &q->ready, &st->out);
        p2p__mark(q->owner);
    }
}

void p2p__qstream_relieve(struct p2p__quic *q, struct p2p__qstream *st)
{
    if (st->bits & P2P__QS_BLOCKED &&
        p2p__qstream_unsent(st) <= P2P__CAP_QUIC_QUEUED_BYTES / 2 &&
        st->q.bytes + P2P__CAP_QUIC_QUEUED_BYTES / 2 <=
            P2P__CAP_QUIC_HELD_BYTES) {
        st->bits &= (uint16_t)~P2P__QS_BLOCKED;
        p2p__qstream_tell(q, st, P2P__WAITS_WRITABLE);
    }
}

void p2p__qstream_kill(struct p2p__quic *q, struct p2p__qstream *st,
                       unsigned events)
{
    assert(!(st->bits & P2P__QS_DEAD));
    st->bits |= P2P__QS_DEAD;
    st->bits &= (uint16_t)~P2P__QS_BLOCKED;
    p2p__list_remove(&st->out);
    p2p__sendq_cut(&st->q, &st->sent);
    p2p__qstream_tell(q, st, events);
}

void p2p__quic_credit(struct p2p__quic *q, bool churn)
{
    if (churn) {
        p2p__debt_add(&q->churn, CHURN_EACH, q->now);
    }
    q->credits++;
    p2p__mark(q->owner);
}

p2p_ns p2p__quic_grant_at(const struct p2p__quic *q)
{
    const p2p_ns span = (P2P__CAP_QUIC_CHURN_BURST - 1) * CHURN_EACH;

    if (q->credits == 0) {
        return P2P_NEVER;
    }
    return q->churn.paid_at > span ? q->churn.paid_at - span : 0;
}

void p2p__quic_grant(struct p2p__quic *q)
{
    if (p2p__quic_grant_at(q) <= q->now) {
        ngtcp2_conn_extend_max_streams_bidi(q->conn, q->credits);
        q->credits = 0;
    }
}
