/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * TLS 1.3 inside QUIC: GnuTLS's session gives ngtcp2 the keys and looks at the
 * peer's certificate. It goes when the handshake is over: QUIC changes keys by
 * itself, and tickets are neither sent nor read, so an idle connection does
 * not pay for it.
 */
#include "mux/quic/priv.h"

/* RFC 9001, 8.1; libp2p quic, "ALPN". */
#define ALPN "libp2p"

static ngtcp2_conn *conn_of(ngtcp2_crypto_conn_ref *ref)
{
    return P2P__CONTAINER(ref, struct p2p__quic, ref)->conn;
}

static int verify(gnutls_session_t session)
{
    ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
    struct p2p__quic *q = P2P__CONTAINER(ref, struct p2p__quic, ref);

    q->refusal = p2p__tls_judge(session, q->env, &q->expected, q->peer);
    return q->refusal == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int set_alpn(gnutls_session_t session)
{
    unsigned char text[] = ALPN;
    const gnutls_datum_t name = {.data = text, .size = sizeof text - 1};

    return gnutls_alpn_set_protocols(session, &name, 1,
                                     GNUTLS_ALPN_MANDATORY) == 0
               ? 0
               : P2P_ENOMEM;
}

static int configure(gnutls_session_t session, bool dialer)
{
    return dialer ? ngtcp2_crypto_gnutls_configure_client_session(session)
                  : ngtcp2_crypto_gnutls_configure_server_session(session);
}

int p2p__quic_tls_open(struct p2p__quic *q)
{
    const bool dialer = q->bits & P2P__QC_DIALER;
    int rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, P2P__QUIC_TLS_BYTES);

    if (rv != 0) {
        return rv;
    }
    if (gnutls_init(&q->tls, (dialer ? GNUTLS_CLIENT : GNUTLS_SERVER) |
                                 GNUTLS_NO_TICKETS | GNUTLS_NO_EXTENSIONS) <
        0) {
        q->tls = NULL;
        p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QUIC_TLS_BYTES);
        return P2P_ENOMEM;
    }
    q->ref.get_conn = conn_of;
    gnutls_session_set_ptr(q->tls, &q->ref);
    rv = p2p__tls_id_apply(q->shared->id, q->tls);
    if (rv == 0) {
        rv = set_alpn(q->tls);
    }
    if (rv == 0 && configure(q->tls, dialer) != 0) {
        rv = P2P_ENOMEM;
    }
    if (rv == 0) {
        ngtcp2_conn_set_tls_native_handle(q->conn, q->tls);
    }
    return rv;
}

int p2p__quic_tls_done(struct p2p__quic *q)
{
    assert(q->tls != NULL && !(q->bits & P2P__QC_ESTABLISHED));
    return p2p__tls_bind(q->tls, q->binding);
}

void p2p__quic_tls_free(struct p2p__quic *q)
{
    if (q->tls == NULL) {
        return;
    }
    if (q->conn != NULL) {
        ngtcp2_conn_set_tls_native_handle(q->conn, NULL);
    }
    gnutls_deinit(q->tls);
    q->tls = NULL;
    p2p__quota_give(q->quota, P2P__Q_MEMORY, P2P__QUIC_TLS_BYTES);
}

static int id_new(struct p2p__crypto *crypto, struct p2p__env *env,
                  const struct p2p_key *key, void **id)
{
    struct p2p__tls_id *made;
    int rv = p2p__tls_id_new(key, verify, &made);

    (void)crypto;
    (void)env;
    *id = made;
    return rv;
}

static void id_free(void *id)
{
    p2p__tls_id_free(id);
}

static int no_start(const struct p2p__sec_cfg *cfg, void **chan, p2p_ns now)
{
    (void)cfg;
    (void)now;
    *chan = NULL;
    return P2P_ENOTSUP;
}

static bool next(void *chan, struct p2p__sec_ev *ev)
{
    struct p2p__quic *q = chan;

    if (q->peer == NULL || q->bits & (P2P__QC_PEER_TOLD | P2P__QC_POISONED) ||
        !(q->bits & P2P__QC_ESTABLISHED)) {
        return false;
    }
    q->bits |= P2P__QC_PEER_TOLD;
    *ev = (struct p2p__sec_ev){
        .peer = q->peer->id,
        .pubkey = p2p__slice_of(q->peer->pubkey, q->peer->pubkey_len),
        .muxer = -1,
    };
    p2p__mark(q->owner);
    return true;
}

static const uint8_t *binding(const void *chan)
{
    const struct p2p__quic *q = chan;

    return q->bits & P2P__QC_ESTABLISHED ? q->binding : NULL;
}

/* Its name alone is looked at. */
static const struct p2p__chan_ops in_name_only = {.protocol = "/tls/1.0.0"};

const struct p2p_security p2p__quic_security = {
    .chan = &in_name_only,
    .id_new = id_new,
    .id_free = id_free,
    .start = no_start,
    .next = next,
    .binding = binding,
};
