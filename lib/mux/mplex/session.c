/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The calls of an application upon a session, and the events it pulls.
 * The happy path: open, send, DATA, consume, finish, CLOSED.
 * Failure modes: the quota says no (ELIMIT), a queue is full (EAGAIN), the
 * application owes too much for too long (expire: ELIMIT).
 */
#include "base/mem.h"
#include "mux/mplex/priv.h"

int p2p__mplex_new(const struct p2p__mplex_cfg *cfg, void **out, p2p_ns now)
{
    struct p2p__quota *quota = cfg->sess.quota;
    struct p2p__mplex *s = NULL;
    uint64_t seed[2];

    *out = NULL;
    if (p2p__quota_take(quota, P2P__Q_MEMORY, sizeof *s) != 0) {
        return P2P_ELIMIT;
    }
    s = p2p__zalloc(sizeof *s);
    if (s == NULL) {
        p2p__quota_give(quota, P2P__Q_MEMORY, sizeof *s);
        return P2P_ENOMEM;
    }
    s->quota = quota;
    s->owner = cfg->sess.owner;
    p2p__list_init(&s->all);
    p2p__list_init(&s->ready);
    p2p__list_init(&s->rst);
    p2p__list_init(&s->ev);
    p2p__env_seed(cfg->sess.env, seed);
    p2p__map_init(&s->streams, seed);
    *out = s;
    return 0;
}

static void op_fini(void *sess)
{
    struct p2p__mplex *s = sess;
    struct p2p__list *link;

    s->owner = NULL; /* which may be gone already */
    while ((link = p2p__list_first(&s->all)) != NULL) {
        p2p__mpstream_free(s, P2P__CONTAINER(link, struct p2p__mpstream, all));
    }
    assert(s->owed == 0 && s->streams.count == 0);
    p2p__map_fini(&s->streams);
    p2p__quota_give(s->quota, P2P__Q_MEMORY, sizeof *s);
    p2p__free(s);
}

static bool op_next(void *sess, struct p2p__sess_ev *ev)
{
    struct p2p__mplex *s = sess;
    struct p2p__list *link = p2p__list_first(&s->ev);
    struct p2p__mpstream *st;

    *ev = (struct p2p__sess_ev){0};
    if (s->bits & P2P__M_EV_DATA) {
        assert(s->cur != NULL);
        s->bits &= (uint8_t)~P2P__M_EV_DATA;
        ev->type = P2P__SESS_DATA;
        ev->data = s->data;
        ev->stream = s->cur;
        ev->user = s->cur->user;
        return true;
    }
    if (link == NULL) {
        return false;
    }
    st = P2P__CONTAINER(link, struct p2p__mpstream, ev);
    ev->type = p2p__sess_ev_take(&st->events);
    ev->stream = st;
    ev->user = st->user;
    if (st->events == 0) {
        p2p__list_remove(link);
    }
    if (ev->type == P2P__SESS_CLOSED) {
        p2p__mpstream_free(s, st);
    }
    return true;
}

static bool op_want_read(const void *sess)
{
    const struct p2p__mplex *s = sess;

    return !(s->bits & P2P__M_PAUSED);
}

static p2p_ns op_deadline(const void *sess)
{
    const struct p2p__mplex *s = sess;

    return op_want_read(s) ? P2P_NEVER
                           : p2p__ns_after(s->paused_at, P2P__MPLEX_STALL_NS);
}

static int op_expire(void *sess, p2p_ns now)
{
    struct p2p__mplex *s = sess;

    if (now < op_deadline(s)) {
        return 0;
    }
    s->bits |= P2P__M_POISONED;
    return P2P_ELIMIT;
}

static int op_open(void *sess, void *user, void **stream, p2p_ns now)
{
    struct p2p__mplex *s = sess;
    struct p2p__mpstream *st = NULL;
    int rv = P2P_ECLOSED;

    *stream = NULL;
    if (!(s->bits & (P2P__M_CLOSING | P2P__M_POISONED))) {
        rv = p2p__mpstream_open(s, &st);
    }
    if (rv == 0) {
        st->user = user;
        *stream = st;
    }
    return rv;
}

static void op_set_user(void *sess, void *stream, void *user)
{
    struct p2p__mpstream *st = stream;

    st->user = user;
}

/* Whether so much more would go over the mark; an empty queue takes all. */
static bool is_full(const struct p2p__mpstream *st, size_t more)
{
    const size_t mark = P2P__CAP_MPLEX_QUEUED_BYTES;

    return st->q.bytes >= mark ||
           (st->q.bytes > 0 && more > mark - st->q.bytes);
}

static int op_send(void *sess, void *stream, const struct p2p__slice *data)
{
    struct p2p__mpstream *st = stream;
    int rv;

    if (st->bits & (P2P__MP_DEAD | P2P__MP_FIN_WANT)) {
        return st->bits & P2P__MP_DEAD ? P2P_ERESET : P2P_ECLOSED;
    }
    if (is_full(st, data->len)) {
        st->bits |= P2P__MP_BLOCKED;
        return P2P_EAGAIN;
    }
    rv = p2p__sendq_push(&st->q, data);
    if (rv == 0) {
        st->bits |= st->bits & P2P__MP_NEW ? P2P__MP_ANNOUNCE : 0;
        p2p__mpstream_schedule(sess, st);
    }
    return rv;
}

static void op_consume(void *sess, void *stream, size_t n)
{
    struct p2p__mpstream *st = stream;

    if (!(st->bits & P2P__MP_DEAD)) {
        p2p__mpstream_paid(sess, st, n);
    }
}

static void op_finish(void *sess, void *stream)
{
    struct p2p__mpstream *st = stream;

    if (!(st->bits & P2P__MP_DEAD)) {
        st->bits |= P2P__MP_FIN_WANT;
        st->bits &= (uint16_t)~P2P__MP_BLOCKED;
        p2p__mpstream_schedule(sess, st);
    }
}

/* The wire has no room for a code. */
static void op_reset(void *sess, void *stream, uint64_t code)
{
    struct p2p__mplex *s = sess;
    struct p2p__mpstream *st = stream;

    if (st->bits & P2P__MP_DEAD || st->events & P2P__WAITS_CLOSED) {
        p2p__sess_ev_cut(&st->events, &st->ev);
        return;
    }
    p2p__mpstream_kill(s, st);
    p2p__list_remove(&st->ev);
    st->events = 0;
    if (!(st->bits & P2P__MP_NEW)) {
        st->bits |= P2P__MP_RST_DUE;
        p2p__list_push(&s->rst, &st->rst);
        p2p__mark(s->owner);
    }
    p2p__mpstream_settle(s, st);
}

static int op_ping(void *sess, p2p_ns now)
{
    return P2P_ENOTSUP;
}

static void op_goaway(void *sess, uint64_t code)
{
    struct p2p__mplex *s = sess;

    s->bits |= P2P__M_CLOSING;
}

static size_t op_queued(const void *sess, const void *stream)
{
    const struct p2p__mpstream *st = stream;

    return st->q.bytes;
}

uint64_t p2p__mplex_stream_id(const void *stream)
{
    const struct p2p__mpstream *st = stream;

    return st->bits & P2P__MP_NEW ? UINT64_MAX : st->key >> 1;
}

const struct p2p__sess_ops p2p__mplex_ops = {
    .protocol = "/mplex/6.7.0",
    .rx = p2p__mplex_rx,
    .tx = p2p__mplex_tx,
    .next = op_next,
    .deadline = op_deadline,
    .expire = op_expire,
    .open = op_open,
    .set_user = op_set_user,
    .send = op_send,
    .consume = op_consume,
    .finish = op_finish,
    .reset = op_reset,
    .ping = op_ping,
    .goaway = op_goaway,
    .queued = op_queued,
    .want_read = op_want_read,
    .fini = op_fini,
};
