/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What ngtcp2 calls while it reads or writes. Random numbers are the
 * environment's; what happened to a stream becomes bits and pieces that next()
 * tells of. A callback that fails ends the connection; q->refusal says why.
 */
#include "mux/quic/priv.h"

/* Whom ngtcp2 speaks of; NULL: a stream that was refused, or left. */
static struct p2p__qstream *stream_of(void *stream_user)
{
    struct p2p__qstream *st = stream_user;

    return st == NULL || st->bits & P2P__QS_LEFT ? NULL : st;
}

static int refuse(struct p2p__quic *q, int err)
{
    q->refusal = err;
    return NGTCP2_ERR_CALLBACK_FAILURE;
}

static void on_rand(uint8_t *to, size_t len, const ngtcp2_rand_ctx *ctx)
{
    struct p2p__env *env = ctx->native_handle;

    env->random(env, to, len);
}

static int on_challenge(ngtcp2_conn *conn, uint8_t *data, void *user)
{
    struct p2p__quic *q = user;

    (void)conn;
    q->env->random(q->env, data, NGTCP2_PATH_CHALLENGE_DATALEN);
    return 0;
}

static int on_new_id(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token,
                     size_t len, void *user)
{
    struct p2p__quic *q = user;
    struct p2p__quic_id id = {.len = (uint8_t)len};
    int rv = P2P_EEXIST;

    (void)conn;
    assert(len <= sizeof id.bytes);
    while (rv == P2P_EEXIST) {
        q->env->random(q->env, id.bytes, len);
        rv = p2p__quic_route_add(q->shared, q->quota, &q->routes, &id, q->user);
    }
    if (rv != 0) {
        return refuse(q, rv);
    }
    *cid = p2p__quic_id_to(&id);
    p2p__quic_reset_token(q->shared, &id, token);
    return 0;
}

static int on_old_id(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user)
{
    struct p2p__quic *q = user;
    struct p2p__map_node *n =
        p2p__map_get(&q->shared->routes, cid->data, cid->datalen);
    struct p2p__list gone;

    (void)conn;
    if (n != NULL) {
        struct p2p__quic_route *r =
            P2P__CONTAINER(n, struct p2p__quic_route, node);

        p2p__list_init(&gone);
        p2p__list_remove(&r->link);
        p2p__list_push(&gone, &r->link);
        p2p__quic_routes_drop(q->shared, q->quota, &gone);
    }
    return 0;
}

/*
 * A packet is opened. One that takes back connection ids ends the connection:
 * no libp2p does so, and ngtcp2 0.12 (Debian 12) ends the process when such an
 * id comes twice, before 1.22 also when it is the first one of a handshake.
 */
static int on_packet(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                     const ngtcp2_crypto_aead_ctx *key, const uint8_t *text,
                     size_t len, const uint8_t *nonce, size_t nonce_len,
                     const uint8_t *aad, size_t aad_len)
{
    int rv = ngtcp2_crypto_decrypt_cb(dest, aead, key, text, len, nonce,
                                      nonce_len, aad, aad_len);

    assert(rv != 0 || len >= aead->max_overhead);
    return rv == 0 && p2p__quic_takes_back(
                          p2p__slice_of(dest, len - aead->max_overhead))
               ? NGTCP2_ERR_CALLBACK_FAILURE
               : rv;
}

/*
 * A server that confirms a handshake whose end we have not sent. ngtcp2 has let
 * go of what it needs to send it, so that nothing may be written any more: it
 * would end the process.
 */
static int on_confirmed(ngtcp2_conn *conn, void *user)
{
    struct p2p__quic *q = user;

    (void)conn;
    if (!(q->bits & P2P__QC_DIALER) || q->bits & P2P__QC_SETTLED) {
        return 0;
    }
    q->bits |= P2P__QC_CLOSED;
    return refuse(q, P2P_EPROTO);
}

static int on_crypto(ngtcp2_conn *conn, p2p__ng_level level, uint64_t offset,
                     const uint8_t *data, size_t len, void *user)
{
    struct p2p__quic *q = user;

    assert(q->crypto_bytes <= P2P__CAP_QUIC_CRYPTO_BYTES);
    if (len > P2P__CAP_QUIC_CRYPTO_BYTES - q->crypto_bytes) {
        return refuse(q, P2P_ETOOBIG);
    }
    q->crypto_bytes += (uint32_t)len;
    if (q->tls == NULL) {
        return 0; /* tickets: nobody reads them */
    }
    return ngtcp2_crypto_recv_crypto_data_cb(conn, level, offset, data, len,
                                             user);
}

/* Both of us are silent for half of the shorter limit at most. */
void p2p__quic_set_keepalive(ngtcp2_conn *conn)
{
    const ngtcp2_transport_params *theirs =
        ngtcp2_conn_get_remote_transport_params(conn);
    p2p_ns idle = theirs == NULL ? 0 : theirs->max_idle_timeout;

    ngtcp2_conn_set_keep_alive_timeout(
        conn, idle == 0 ? P2P__QUIC_KEEPALIVE_NS
                        : p2p__ns_min(P2P__QUIC_KEEPALIVE_NS, idle / 2));
}

static int on_established(ngtcp2_conn *conn, void *user)
{
    struct p2p__quic *q = user;
    int rv = p2p__quic_tls_done(q);

    if (rv != 0) {
        return refuse(q, rv);
    }
    p2p__quic_set_keepalive(conn);
    q->bits |= P2P__QC_ESTABLISHED;
    return 0;
}

static int on_open(ngtcp2_conn *conn, int64_t id, void *user)
{
    struct p2p__quic *q = user;
    struct p2p__qstream *st;
    int rv =
        q->bits & P2P__QC_GOAWAY ? P2P_ECLOSED : p2p__qstream_new(q, id, &st);

    if (rv != 0) {
        return p2p__ng_shutdown(conn, id, 0) == 0 ? 0
                                                  : NGTCP2_ERR_CALLBACK_FAILURE;
    }
    if (ngtcp2_conn_set_stream_user_data(conn, id, st) != 0) {
        p2p__qstream_free(q, st);
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    st->bits |= P2P__QS_HELD;
    p2p__qstream_tell(q, st, P2P__WAITS_OPENED);
    return 0;
}

static int on_data(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                   uint64_t offset, const uint8_t *data, size_t len, void *user,
                   void *stream_user)
{
    struct p2p__quic *q = user;
    struct p2p__qstream *st = stream_of(stream_user);
    int rv = 0;

    (void)id;
    (void)offset;
    if (st == NULL || st->bits & P2P__QS_DEAD) {
        ngtcp2_conn_extend_max_offset(conn, len);
        return 0;
    }
    if (len > 0) {
        rv = p2p__quic_piece_add(q, st, data, len);
    }
    if (rv != 0) {
        return refuse(q, rv);
    }
    if (flags & NGTCP2_STREAM_DATA_FLAG_FIN) {
        p2p__qstream_tell(q, st, P2P__WAITS_FIN);
    }
    return 0;
}

static int on_acked(ngtcp2_conn *conn, int64_t id, uint64_t offset,
                    uint64_t len, void *user, void *stream_user)
{
    struct p2p__qstream *st = stream_user;

    (void)conn;
    (void)id;
    (void)offset;
    if (st != NULL) {
        p2p__sendq_drop(&st->q, &st->sent, (size_t)len);
        p2p__qstream_relieve(user, st);
    }
    return 0;
}

/* Both directions ended, and the peer has acknowledged all. */
static int on_close(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                    uint64_t code, void *user, void *stream_user)
{
    struct p2p__quic *q = user;
    struct p2p__qstream *st = stream_user;

    (void)flags;
    (void)code;
    if (!ngtcp2_conn_is_local_stream(conn, id)) {
        p2p__quic_credit(q, st == NULL || st->bits & P2P__QS_ABORTED);
    }
    if (st != NULL) {
        p2p__qstream_tell(q, st, P2P__WAITS_CLOSED);
        p2p__qstream_unhold(q, st);
    }
    return 0;
}

/* The peer ends its direction: a reset of libp2p ends both. */
static int on_reset(ngtcp2_conn *conn, int64_t id, uint64_t final_size,
                    uint64_t code, void *user, void *stream_user)
{
    struct p2p__qstream *st = stream_of(stream_user);

    (void)final_size;
    if (st == NULL || st->bits & P2P__QS_DEAD) {
        return 0;
    }
    st->code = code;
    st->bits |= P2P__QS_ABORTED;
    p2p__qstream_kill(user, st, P2P__WAITS_RESET | P2P__WAITS_CLOSED);
    return p2p__ng_shutdown(conn, id, code) == 0 ? 0
                                                 : NGTCP2_ERR_CALLBACK_FAILURE;
}

/* The peer reads no more; ngtcp2 resets our direction. */
static int on_stop(ngtcp2_conn *conn, int64_t id, uint64_t code, void *user,
                   void *stream_user)
{
    struct p2p__qstream *st = stream_of(stream_user);

    (void)conn;
    (void)id;
    (void)code;
    if (st != NULL && !(st->bits & P2P__QS_DEAD)) {
        st->bits |= P2P__QS_STOPPED;
        p2p__list_remove(&st->out);
        p2p__sendq_cut(&st->q, &st->sent);
        p2p__qstream_relieve(user, st);
    }
    return 0;
}

static int on_window(ngtcp2_conn *conn, int64_t id, uint64_t max, void *user,
                     void *stream_user)
{
    struct p2p__qstream *st = stream_of(stream_user);

    (void)conn;
    (void)id;
    (void)max;
    if (st != NULL) {
        st->bits &= (uint16_t)~P2P__QS_STUCK;
        p2p__qstream_schedule(user, st);
    }
    return 0;
}

/* The peer lets us open more; tx will. */
static int on_streams(ngtcp2_conn *conn, uint64_t max, void *user)
{
    struct p2p__quic *q = user;

    (void)conn;
    (void)max;
    p2p__mark(q->owner);
    return 0;
}

const ngtcp2_callbacks p2p__quic_callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_crypto_data = on_crypto,
    .handshake_completed = on_established,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = on_packet,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .recv_stream_data = on_data,
    .acked_stream_data_offset = on_acked,
    .stream_open = on_open,
    .stream_close = on_close,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .extend_max_local_streams_bidi = on_streams,
    .rand = on_rand,
    .get_new_connection_id = on_new_id,
    .remove_connection_id = on_old_id,
    .update_key = ngtcp2_crypto_update_key_cb,
    .stream_reset = on_reset,
    .extend_max_stream_data = on_window,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .get_path_challenge_data = on_challenge,
    .handshake_confirmed = on_confirmed,
    .stream_stop_sending = on_stop,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
};
