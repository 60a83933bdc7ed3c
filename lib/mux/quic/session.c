/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A session's beginning and end, the calls of an application upon it, and the
 * events it pulls.
 * Failure modes: the quota says no (ELIMIT), a queue is full (EAGAIN), nothing
 * is heard for too long (expire: ETIMEDOUT).
 */
#include "base/mem.h"
#include "mux/quic/priv.h"

static void set_params(ngtcp2_transport_params *p)
{
    ngtcp2_transport_params_default(p);
    p->initial_max_stream_data_bidi_local = P2P__QUIC_WINDOW_BYTES;
    p->initial_max_stream_data_bidi_remote = P2P__QUIC_WINDOW_BYTES;
    p->initial_max_data = P2P__QUIC_CONN_WINDOW_BYTES;
    p->initial_max_streams_bidi = P2P__CAP_QUIC_STREAMS;
    p->max_idle_timeout = P2P__QUIC_IDLE_NS;
    p->active_connection_id_limit = 7;
}

static void set_settings(struct p2p__quic *q, ngtcp2_settings *s, p2p_ns now)
{
    ngtcp2_settings_default(s);
    s->initial_ts = now;
    s->rand_ctx.native_handle = q->env;
    s->max_stream_window = P2P__CAP_QUIC_WINDOW_BYTES;
    s->max_window = P2P__CAP_QUIC_CONN_WINDOW_BYTES;
    s->handshake_timeout = P2P__QUIC_HANDSHAKE_NS;
}

static ngtcp2_cid random_id(struct p2p__quic *q, size_t len)
{
    ngtcp2_cid cid = {.datalen = len};

    q->env->random(q->env, cid.data, len);
    return cid;
}

/* An id of ours, with a route. */
static int first_id(struct p2p__quic *q, ngtcp2_cid *cid)
{
    int rv = P2P_EEXIST;

    while (rv == P2P_EEXIST) {
        struct p2p__quic_id id;

        *cid = random_id(q, P2P__QUIC_ID_BYTES);
        id = p2p__quic_id_from(cid);
        rv = p2p__quic_route_add(q->shared, q->quota, &q->routes, &id, q->user);
    }
    return rv;
}

/* What came of a connection of ngtcp2's; one that failed is gone. */
static int made(struct p2p__quic *q, int rv)
{
    if (rv == 0) {
        return 0;
    }
    q->conn = NULL;
    return q->refusal != 0 ? q->refusal : P2P_ENOMEM;
}

static int dial(struct p2p__quic *q, const ngtcp2_path *path,
                const ngtcp2_settings *settings)
{
    ngtcp2_transport_params params;
    ngtcp2_cid scid, dcid = random_id(q, NGTCP2_MIN_INITIAL_DCIDLEN);
    int rv = first_id(q, &scid);

    if (rv != 0) {
        return rv;
    }
    set_params(&params);
    return made(q, ngtcp2_conn_client_new(
                       &q->conn, &dcid, &scid, path, NGTCP2_PROTO_VER_V1,
                       &p2p__quic_callbacks, settings, &params, &q->mem, q));
}

/* The client goes on sending to the id that it chose until it knows ours. */
static int answer(struct p2p__quic *q, const struct p2p__quic_first *first,
                  const ngtcp2_path *path, ngtcp2_settings *settings)
{
    ngtcp2_transport_params params;
    const ngtcp2_cid dcid = p2p__quic_id_to(&first->dcid);
    const ngtcp2_cid theirs = p2p__quic_id_to(&first->scid);
    struct p2p__quic_id ours;
    ngtcp2_cid scid;
    int rv = p2p__quic_route_add(q->shared, q->quota, &q->routes, &first->dcid,
                                 q->user);

    if (rv == 0) {
        rv = first_id(q, &scid);
    }
    if (rv != 0) {
        return rv;
    }
    set_params(&params);
    p2p__ng_set_odcid(&params, &dcid);
    if (first->original.len > 0) {
        const ngtcp2_cid original = p2p__quic_id_to(&first->original);

        p2p__ng_set_odcid(&params, &original);
        params.retry_scid = dcid;
        params.retry_scid_present = 1;
        p2p__ng_set_token(settings, first->token);
    }
    ours = p2p__quic_id_from(&scid);
    params.stateless_reset_token_present = 1;
    p2p__quic_reset_token(q->shared, &ours, params.stateless_reset_token);
    return made(q, ngtcp2_conn_server_new(&q->conn, &theirs, &scid, path,
                                          first->version, &p2p__quic_callbacks,
                                          settings, &params, &q->mem, q));
}

static int start(struct p2p__quic *q, const struct p2p__quic_cfg *cfg,
                 p2p_ns now)
{
    ngtcp2_path_storage ps;
    ngtcp2_settings settings;
    int rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, sizeof *q->peer);

    if (rv != 0) {
        return rv;
    }
    q->peer = p2p__zalloc(sizeof *q->peer);
    if (q->peer == NULL) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, sizeof *q->peer);
        return P2P_ENOMEM;
    }
    p2p__quic_path_to(&cfg->path, &ps);
    set_settings(q, &settings, now);
    rv = cfg->first == NULL ? dial(q, &ps.path, &settings)
                            : answer(q, cfg->first, &ps.path, &settings);
    return rv == 0 ? p2p__quic_tls_open(q) : rv;
}

static void init(struct p2p__quic *q, const struct p2p__quic_cfg *cfg,
                 p2p_ns now)
{
    q->quota = cfg->sess.quota;
    q->env = cfg->sess.env;
    q->owner = cfg->sess.owner;
    q->shared = cfg->shared;
    q->user = cfg->user;
    q->arrival = cfg->path;
    q->now = now;
    q->bits = cfg->first == NULL ? P2P__QC_DIALER : 0;
    if (cfg->expected != NULL) {
        q->expected = *cfg->expected;
    }
    p2p__list_init(&q->routes);
    p2p__list_init(&q->all);
    p2p__list_init(&q->ready);
    p2p__list_init(&q->waiting);
    p2p__list_init(&q->fresh);
    p2p__list_init(&q->events);
    p2p__ng_error_app(&q->why, 0);
    p2p__quic_mem_init(q);
    assert(cfg->sess.dialer == (cfg->first == NULL));
    assert(cfg->shared->id != NULL);
}

static void drop_peer(struct p2p__quic *q)
{
    if (q->peer != NULL) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, sizeof *q->peer);
        p2p__free(q->peer);
        q->peer = NULL;
    }
}

static void drop_pieces(struct p2p__quic *q)
{
    p2p__quic_piece_free(q, q->lent);
    q->lent = NULL;
    while (q->pieces != NULL) {
        struct p2p__slab *slab = q->pieces;
        struct p2p__qpiece *piece = (void *)slab->data;

        q->pieces = piece->next;
        piece->st->pieces--;
        p2p__quic_piece_free(q, slab);
    }
    q->last_piece = NULL;
}

static void op_fini(void *sess)
{
    struct p2p__quic *q = sess;

    q->owner = NULL;
    drop_pieces(q);
    drop_peer(q);
    p2p__quic_tls_free(q);
    if (q->conn != NULL) {
        ngtcp2_conn_del(q->conn);
    }
    P2P__LIST_EACH_SAFE (it, &q->all) {
        p2p__qstream_free(q, P2P__CONTAINER(it, struct p2p__qstream, all));
    }
    p2p__quic_routes_drop(q->shared, q->quota, &q->routes);
    p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QUIC_COST);
    p2p__wipe(q, sizeof *q);
    p2p__free(q);
}

int p2p__quic_new(const struct p2p__quic_cfg *cfg, void **out, p2p_ns now)
{
    struct p2p__quic *q;
    int rv = p2p__quota_take(cfg->sess.quota, P2P__Q_MEMORY, P2P__QUIC_COST);

    *out = NULL;
    if (rv != 0) {
        return rv;
    }
    q = p2p__zalloc(sizeof *q);
    if (q == NULL) {
        p2p__quota_give(cfg->sess.quota, P2P__Q_MEMORY, P2P__QUIC_COST);
        return P2P_ENOMEM;
    }
    init(q, cfg, now);
    rv = start(q, cfg, now);
    if (rv != 0) {
        op_fini(q);
        return rv;
    }
    p2p__mark(q->owner);
    *out = q;
    return 0;
}

bool p2p__quic_has_event(const struct p2p__quic *q)
{
    return q->bits & P2P__QC_PEER_TOLD &&
           (q->bits & P2P__QC_PONG_DUE || q->pieces != NULL ||
            !p2p__list_empty(&q->fresh) || !p2p__list_empty(&q->events));
}

/* The next data that anybody still wants. The window that all streams share
 * opens again at once: who does not consume shuts his own stream's alone. */
static bool next_piece(struct p2p__quic *q, struct p2p__sess_ev *ev)
{
    while (q->pieces != NULL) {
        struct p2p__slab *slab = q->pieces;
        struct p2p__qpiece *piece = (void *)slab->data;
        struct p2p__qstream *st = piece->st;

        q->pieces = piece->next;
        q->last_piece = q->pieces == NULL ? NULL : q->last_piece;
        st->pieces--;
        ngtcp2_conn_extend_max_offset(q->conn, piece->len);
        assert(q->lent == NULL && piece->len > 0);
        if (!(st->bits & P2P__QS_DEAD)) {
            q->lent = slab;
            st->owed += piece->len;
            ev->type = P2P__SESS_DATA;
            ev->stream = st;
            ev->user = st->user;
            ev->data = (struct p2p__slice){
                .p = (uint8_t *)(piece + 1), .len = piece->len, .slab = slab};
            return true;
        }
        p2p__quic_piece_free(q, slab);
    }
    return false;
}

/* The first of a stream's events. */
static void next_of_stream(struct p2p__quic *q, struct p2p__qstream *st,
                           struct p2p__sess_ev *ev)
{
    ev->type = p2p__sess_ev_take(&st->events);
    ev->stream = st;
    ev->user = st->user;
    ev->code = ev->type == P2P__SESS_RESET ? st->code : 0;
    p2p__list_remove(&st->ev);
    if (st->events != 0) {
        p2p__list_push(&q->events, &st->ev);
    }
    if (ev->type == P2P__SESS_CLOSED) {
        p2p__qstream_leave(q, st);
    }
}

static bool op_next(void *sess, struct p2p__sess_ev *ev)
{
    struct p2p__quic *q = sess;
    struct p2p__list *link;

    *ev = (struct p2p__sess_ev){0};
    p2p__quic_piece_free(q, q->lent);
    q->lent = NULL;
    if (!p2p__quic_has_event(q)) {
        return false;
    }
    drop_peer(q);
    if (q->bits & P2P__QC_PONG_DUE) {
        p2p__ng_info info;

        q->bits &= (uint16_t)~P2P__QC_PONG_DUE;
        p2p__ng_info_of(q->conn, &info);
        ev->type = P2P__SESS_PONG;
        ev->code = info.smoothed_rtt;
        return true;
    }
    link = p2p__list_first(&q->fresh);
    if (link == NULL && next_piece(q, ev)) {
        return true;
    }
    if (link == NULL) {
        link = p2p__list_first(&q->events);
    }
    if (link == NULL) {
        return false;
    }
    next_of_stream(q, P2P__CONTAINER(link, struct p2p__qstream, ev), ev);
    return true;
}

/* Connection ids that are retired ngtcp2 forgets after their moment, not at it:
 * at it nothing happens, and would again. */
static p2p_ns op_deadline(const void *sess)
{
    const struct p2p__quic *q = sess;

    return q->bits & P2P__QC_POISONED
               ? P2P_NEVER
               : p2p__ns_min(p2p__quic_grant_at(q),
                             p2p__ns_after(ngtcp2_conn_get_expiry(q->conn), 1));
}

static int op_expire(void *sess, p2p_ns now)
{
    struct p2p__quic *q = sess;
    int rv = 0;

    if (q->bits & P2P__QC_POISONED) {
        return 0;
    }
    now = p2p__quic_at(q, now);
    q->refusal = 0;
    p2p__quic_grant(q); /* tx does not while the socket is full */
    if (ngtcp2_conn_get_expiry(q->conn) <= now) {
        rv = ngtcp2_conn_handle_expiry(q->conn, now);
    }
    p2p__mark(q->owner);
    return rv == 0 ? 0 : p2p__quic_fail(q, rv);
}

static int op_open(void *sess, void *user, void **stream, p2p_ns now)
{
    struct p2p__quic *q = sess;
    struct p2p__qstream *st;
    int rv;

    (void)now;
    *stream = NULL;
    if (q->bits & (P2P__QC_GOAWAY | P2P__QC_POISONED)) {
        return P2P_ECLOSED;
    }
    rv = p2p__qstream_new(q, -1, &st);
    if (rv == 0) {
        st->user = user;
        *stream = st;
    }
    return rv;
}

static void op_set_user(void *sess, void *stream, void *user)
{
    struct p2p__qstream *st = stream;

    (void)sess;
    st->user = user;
}

/* Whether a stream's queue takes so many more bytes now. */
static bool takes(const struct p2p__qstream *st, size_t len)
{
    size_t unsent = p2p__qstream_unsent(st);

    return st->q.bytes == 0 ||
           (st->q.bytes < P2P__CAP_QUIC_HELD_BYTES &&
            (unsent == 0 || (unsent < P2P__CAP_QUIC_QUEUED_BYTES &&
                             len <= P2P__CAP_QUIC_QUEUED_BYTES - unsent)));
}

static int op_send(void *sess, void *stream, const struct p2p__slice *data)
{
    struct p2p__quic *q = sess;
    struct p2p__qstream *st = stream;
    int rv;

    if (st->bits & (P2P__QS_DEAD | P2P__QS_STOPPED)) {
        return P2P_ERESET;
    }
    if (st->bits & P2P__QS_FIN_WANT) {
        return P2P_ECLOSED;
    }
    if (!takes(st, data->len)) {
        st->bits |= P2P__QS_BLOCKED;
        return P2P_EAGAIN;
    }
    rv = p2p__sendq_push(&st->q, data);
    if (rv == 0) {
        p2p__qstream_schedule(q, st);
    }
    return rv;
}

static void op_consume(void *sess, void *stream, size_t n)
{
    struct p2p__quic *q = sess;
    struct p2p__qstream *st = stream;

    assert(n <= st->owed);
    st->owed -= n;
    if (n > 0 && st->bits & P2P__QS_HELD) {
        (void)ngtcp2_conn_extend_max_stream_offset(q->conn, st->id, n);
        p2p__mark(q->owner);
    }
}

static void op_finish(void *sess, void *stream)
{
    struct p2p__quic *q = sess;
    struct p2p__qstream *st = stream;

    if (st->bits & (P2P__QS_DEAD | P2P__QS_FIN_WANT)) {
        return;
    }
    st->bits |= P2P__QS_FIN_WANT;
    st->bits &= (uint16_t)~P2P__QS_BLOCKED;
    p2p__qstream_schedule(q, st);
}

static void op_reset(void *sess, void *stream, uint64_t code)
{
    struct p2p__quic *q = sess;
    struct p2p__qstream *st = stream;

    if (st->bits & P2P__QS_DEAD || st->events & P2P__WAITS_CLOSED) {
        st->bits |= P2P__QS_DEAD; /* data that waits is of no interest */
        p2p__sess_ev_cut(&st->events, &st->ev);
        return;
    }
    p2p__list_remove(&st->ev);
    st->events = 0;
    p2p__qstream_kill(q, st, P2P__WAITS_CLOSED);
    if (st->bits & P2P__QS_HELD &&
        p2p__ng_shutdown(q->conn, st->id, code) != 0) {
        q->bits |= P2P__QC_NO_MEMORY; /* tx says so */
    }
    p2p__mark(q->owner);
}

/* An ack is an answer. Where the congestion window is full, who waits for one
 * asks by himself: when, ngtcp2 says. */
static int op_probe(void *sess, p2p_ns now)
{
    struct p2p__quic *q = sess;

    (void)now;
    if (!(q->bits & P2P__QC_ESTABLISHED) ||
        ngtcp2_conn_get_cwnd_left(q->conn) == 0) {
        return P2P_EAGAIN;
    }
    q->bits |= P2P__QC_PROBES;
    ngtcp2_conn_set_keep_alive_timeout(q->conn, 1);
    p2p__mark(q->owner);
    return 0;
}

/* The round trip is always known: no ping is sent. */
static int op_ping(void *sess, p2p_ns now)
{
    struct p2p__quic *q = sess;

    (void)now;
    q->bits |= P2P__QC_PONG_DUE;
    p2p__mark(q->owner);
    return 0;
}

static void op_goaway(void *sess, uint64_t code)
{
    struct p2p__quic *q = sess;

    if (!(q->bits & (P2P__QC_GOAWAY | P2P__QC_POISONED))) {
        p2p__ng_error_app(&q->why, code);
    }
    q->bits |= P2P__QC_GOAWAY;
}

static size_t op_queued(const void *sess, const void *stream)
{
    (void)sess;
    return p2p__qstream_unsent(stream);
}

int64_t p2p__quic_stream_id(const void *stream)
{
    const struct p2p__qstream *st = stream;

    return st->id;
}

int p2p__quic_update_key(void *sess, p2p_ns now)
{
    struct p2p__quic *q = sess;

    now = p2p__quic_at(q, now);
    p2p__mark(q->owner);
    return ngtcp2_conn_initiate_key_update(q->conn, now) == 0 ? 0 : P2P_ESTATE;
}

const struct p2p__sess_ops p2p__quic_ops = {
    .protocol = P2P__QUIC_PROTOCOL,
    .rx = p2p__quic_rx,
    .tx = p2p__quic_tx,
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
    .probe = op_probe,
    .goaway = op_goaway,
    .queued = op_queued,
    .fini = op_fini,
};
