/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The calls of an application upon a session, and the events it pulls.
 * The happy path: open, send, DATA, consume, finish, CLOSED. Everything that a
 * call wants from the peer is noted as state and the owner is marked.
 * Failure modes: the quota says no (ELIMIT), a queue is full (EAGAIN), silence
 * lasts too long (expire: ETIMEDOUT).
 */
#include "base/mem.h"
#include "mux/yamux/priv.h"

const struct p2p__yamux_tune p2p__yamux_tune_default = {
    .keepalive_ns = P2P__SEC(15),
    .dead_ns = P2P__SEC(15),
    .max_window_bytes = P2P__CAP_YAMUX_WINDOW_BYTES,
};

static void init(struct p2p__yamux *s, const struct p2p__yamux_cfg *cfg,
                 p2p_ns now)
{
    uint64_t seed[2];

    p2p__env_seed(cfg->sess.env, seed);
    p2p__map_init(&s->streams, seed);
    p2p__list_init(&s->all);
    p2p__list_init(&s->ctl);
    p2p__list_init(&s->ready);
    p2p__list_init(&s->waiting);
    p2p__list_init(&s->ev);
    s->quota = cfg->sess.quota;
    s->owner = cfg->sess.owner;
    s->tune = cfg->tune != NULL ? cfg->tune : &p2p__yamux_tune_default;
    s->bits = cfg->sess.dialer ? P2P__Y_DIALER : 0;
    s->next_id = cfg->sess.dialer ? 1 : 2;
    s->last_rx = now;
    assert(s->tune->max_window_bytes >= P2P__YAMUX_WINDOW_BYTES);
    assert(s->tune->max_window_bytes <= P2P__CAP_YAMUX_WINDOW_BYTES);
}

int p2p__yamux_new(const struct p2p__yamux_cfg *cfg, void **out, p2p_ns now)
{
    struct p2p__yamux *s;
    int rv = p2p__quota_take(cfg->sess.quota, P2P__Q_MEMORY, P2P__YAMUX_COST);

    *out = NULL;
    if (rv != 0) {
        return rv;
    }
    s = p2p__zalloc(sizeof *s);
    if (s == NULL) {
        p2p__quota_give(cfg->sess.quota, P2P__Q_MEMORY, P2P__YAMUX_COST);
        return P2P_ENOMEM;
    }
    init(s, cfg, now);
    *out = s;
    return 0;
}

static void op_fini(void *sess)
{
    struct p2p__yamux *s = sess;

    s->owner = NULL;
    P2P__LIST_EACH_SAFE (it, &s->all) {
        p2p__ystream_free(s, P2P__CONTAINER(it, struct p2p__ystream, all));
    }
    p2p__free(s->refused);
    assert(s->unacked_in == 0 && s->unacked_out == 0);
    assert(s->streams.count == 0);
    p2p__map_fini(&s->streams);
    p2p__quota_give(s->quota, P2P__Q_MEMORY, P2P__YAMUX_COST);
    p2p__free(s);
}

bool p2p__yamux_has_event(const struct p2p__yamux *s)
{
    const unsigned waits = P2P__Y_EV_DATA | P2P__Y_EV_PONG | P2P__Y_EV_GOAWAY;

    return s->bits & waits || !p2p__list_empty(&s->ev);
}

/* Events of the session itself, data among them. */
static bool next_of_session(struct p2p__yamux *s, struct p2p__sess_ev *ev)
{
    if (s->bits & P2P__Y_EV_DATA) {
        assert(s->cur != NULL && s->data_len > 0);
        s->bits &= (uint16_t)~P2P__Y_EV_DATA;
        ev->type = P2P__SESS_DATA;
        ev->stream = s->cur;
        ev->user = s->cur->user;
        ev->data = (struct p2p__slice){s->data, s->data_len, s->data_slab};
        return true;
    }
    if (s->bits & P2P__Y_EV_PONG) {
        s->bits &= (uint16_t)~P2P__Y_EV_PONG;
        ev->type = P2P__SESS_PONG;
        ev->code = P2P__US(s->rtt_us);
        return true;
    }
    if (s->bits & P2P__Y_EV_GOAWAY) {
        s->bits &= (uint16_t)~P2P__Y_EV_GOAWAY;
        ev->type = P2P__SESS_GOAWAY;
        ev->code = s->goaway_in;
        return true;
    }
    return false;
}

/* The first of a stream's events. */
static void next_of_stream(struct p2p__yamux *s, struct p2p__ystream *st,
                           struct p2p__sess_ev *ev)
{
    ev->type = p2p__sess_ev_take(&st->events);
    ev->stream = st;
    ev->user = st->user;
    ev->code = ev->type == P2P__SESS_RESET ? st->code : 0;
    if (st->events == 0) {
        p2p__list_remove(&st->ev);
    }
    if (ev->type == P2P__SESS_CLOSED) {
        p2p__ystream_free(s, st);
    }
}

static bool op_next(void *sess, struct p2p__sess_ev *ev)
{
    struct p2p__yamux *s = sess;
    struct p2p__list *link;

    *ev = (struct p2p__sess_ev){0};
    if (next_of_session(s, ev)) {
        return true;
    }
    link = p2p__list_first(&s->ev);
    if (link == NULL) {
        return false;
    }
    next_of_stream(s, P2P__CONTAINER(link, struct p2p__ystream, ev), ev);
    return true;
}

/* Who dialed asks a little earlier: else both ends ask at the same time. */
static p2p_ns keepalive(const struct p2p__yamux *s)
{
    const p2p_ns most = s->tune->keepalive_ns;

    return s->bits & P2P__Y_DIALER ? most - most / 10 : most;
}

static p2p_ns op_deadline(const void *sess)
{
    const struct p2p__yamux *s = sess;

    if (s->tune->keepalive_ns == 0) {
        return P2P_NEVER;
    }
    if (!(s->bits & P2P__Y_PROBED)) {
        return p2p__ns_after(s->last_rx, keepalive(s));
    }
    return p2p__ns_after(s->last_rx > s->ping_at ? s->last_rx : s->ping_at,
                         s->tune->dead_ns);
}

/* Silence: a ping, which replaces one that was not answered; more silence,
 * whether the ping could be sent or not: dead (T6). */
static int op_expire(void *sess, p2p_ns now)
{
    struct p2p__yamux *s = sess;

    if (now < op_deadline(s)) {
        return 0;
    }
    if (s->bits & P2P__Y_PROBED) {
        s->bits |= P2P__Y_POISONED;
        return P2P_ETIMEDOUT;
    }
    s->bits |= P2P__Y_PROBED | P2P__Y_PING_DUE;
    s->ping_at = now;
    p2p__mark(s->owner);
    return 0;
}

void p2p__yamux_want_ping(struct p2p__yamux *s)
{
    if (!(s->bits & (P2P__Y_PING_DUE | P2P__Y_PING_SENT))) {
        s->bits |= P2P__Y_PING_DUE;
        p2p__mark(s->owner);
    }
}

static int op_ping(void *sess, p2p_ns now)
{
    struct p2p__yamux *s = sess;

    s->bits |= P2P__Y_PING_TELL;
    p2p__yamux_want_ping(s);
    return 0;
}

/* Our ping may stand behind much that a slow peer has yet to read: it gets
 * more time to answer. */
static void op_alive(void *sess, p2p_ns at)
{
    struct p2p__yamux *s = sess;

    if (s->bits & P2P__Y_PROBED && at > s->last_rx) {
        s->last_rx = at;
    }
}

static void op_goaway(void *sess, uint64_t code)
{
    struct p2p__yamux *s = sess;

    s->goaway_out = (uint32_t)code;
    s->bits |= P2P__Y_GOAWAY_DUE | P2P__Y_GOAWAY_OUT;
    p2p__mark(s->owner);
}

static int op_open(void *sess, void *user, void **stream, p2p_ns now)
{
    struct p2p__yamux *s = sess;
    struct p2p__ystream *st = NULL;
    int rv;

    *stream = NULL;
    if (s->bits & (P2P__Y_GOAWAY_IN | P2P__Y_GOAWAY_OUT | P2P__Y_POISONED)) {
        return P2P_ECLOSED;
    }
    rv = p2p__ystream_new(s, 0, &st, now);
    if (rv != 0) {
        return rv;
    }
    st->user = user;
    *stream = st;
    return 0;
}

static void op_set_user(void *sess, void *stream, void *user)
{
    struct p2p__ystream *st = stream;

    st->user = user;
}

static int op_send(void *sess, void *stream, const struct p2p__slice *data)
{
    struct p2p__ystream *st = stream;
    int rv;

    if (st->bits & P2P__YS_DEAD) {
        return P2P_ERESET;
    }
    if (st->bits & P2P__YS_FIN_WANT) {
        return P2P_ECLOSED;
    }
    if (st->q.bytes > 0 &&
        (st->q.bytes >= P2P__CAP_YAMUX_QUEUED_BYTES ||
         data->len > P2P__CAP_YAMUX_QUEUED_BYTES - st->q.bytes)) {
        st->bits |= P2P__YS_BLOCKED;
        return P2P_EAGAIN;
    }
    rv = p2p__sendq_push(&st->q, data);
    if (rv != 0) {
        return rv;
    }
    if (st->bits & P2P__YS_NEW) {
        st->bits |= P2P__YS_ANNOUNCE;
    }
    p2p__ystream_schedule(sess, st);
    return 0;
}

static void op_consume(void *sess, void *stream, size_t n)
{
    struct p2p__ystream *st = stream;

    if (st->bits & (P2P__YS_DEAD | P2P__YS_FIN_IN)) {
        return;
    }
    assert(n <= st->max - st->left - st->credit);
    st->credit += (uint32_t)n;
    if (st->credit >= st->max / 2) {
        st->bits |= P2P__YS_WINDOW_DUE;
        p2p__ystream_control(sess, st);
    }
}

static void op_finish(void *sess, void *stream)
{
    struct p2p__ystream *st = stream;

    if (st->bits & (P2P__YS_DEAD | P2P__YS_FIN_WANT)) {
        return;
    }
    st->bits |= P2P__YS_FIN_WANT;
    st->bits &= (uint16_t)~P2P__YS_BLOCKED;
    p2p__ystream_schedule(sess, st);
}

static void op_reset(void *sess, void *stream, uint64_t code)
{
    struct p2p__yamux *s = sess;
    struct p2p__ystream *st = stream;

    if (st->bits & P2P__YS_DEAD || st->events & P2P__WAITS_CLOSED) {
        p2p__sess_ev_cut(&st->events, &st->ev);
        return;
    }
    p2p__ystream_kill(s, st);
    st->code = (uint32_t)code;
    st->events = 0;
    p2p__list_remove(&st->ev);
    if (!(st->bits & (P2P__YS_NEW | P2P__YS_SYN_DUE))) {
        st->bits |= P2P__YS_RST_DUE;
        p2p__ystream_control(s, st);
    }
    p2p__ystream_settle(s, st);
}

static size_t op_queued(const void *sess, const void *stream)
{
    const struct p2p__ystream *st = stream;

    return st->q.bytes;
}

p2p_ns p2p__yamux_rtt(const void *sess)
{
    const struct p2p__yamux *s = sess;

    return P2P__US(s->rtt_us);
}

uint32_t p2p__yamux_stream_id(const void *stream)
{
    const struct p2p__ystream *st = stream;

    return st->bits & P2P__YS_SYN_DUE ? 0 : st->id;
}

const struct p2p__sess_ops p2p__yamux_ops = {
    .protocol = "/yamux/1.0.0",
    .rx = p2p__yamux_rx,
    .tx = p2p__yamux_tx,
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
    .alive = op_alive,
    .goaway = op_goaway,
    .queued = op_queued,
    .fini = op_fini,
};
