/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One set of names for ngtcp2 0.12 (Debian 12) and 1.x (Debian 13): that of
 * 1.x, with p2p__ng_ in front where a name or a signature differs.
 */
#ifndef P2P_MUX_QUIC_COMPAT_H
#define P2P_MUX_QUIC_COMPAT_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/slice.h"

#if NGTCP2_VERSION_NUM < 0x010000

#define P2P__NG_CLOSED_BY_APP \
    NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION

#define P2P__NG_LEVEL_INITIAL   NGTCP2_CRYPTO_LEVEL_INITIAL
#define P2P__NG_LEVEL_HANDSHAKE NGTCP2_CRYPTO_LEVEL_HANDSHAKE
#define P2P__NG_LEVEL_APP       NGTCP2_CRYPTO_LEVEL_APPLICATION

typedef ngtcp2_connection_close_error p2p__ng_error;
typedef ngtcp2_crypto_level p2p__ng_level;
typedef ngtcp2_conn_stat p2p__ng_info;

/* An error code of the application. */
static inline void p2p__ng_error_app(p2p__ng_error *e, uint64_t code)
{
    ngtcp2_connection_close_error_set_application_error(e, code, NULL, 0);
}

/* What QUIC says for an error of the library. */
static inline void p2p__ng_error_lib(p2p__ng_error *e, int liberr)
{
    ngtcp2_connection_close_error_set_transport_error_liberr(e, liberr, NULL,
                                                             0);
}

/* What QUIC says for an alert of TLS. */
static inline void p2p__ng_error_alert(p2p__ng_error *e, uint8_t alert)
{
    ngtcp2_connection_close_error_set_transport_error_tls_alert(e, alert, NULL,
                                                                0);
}

/* Why the peer closed. */
static inline p2p__ng_error p2p__ng_error_of(ngtcp2_conn *conn)
{
    p2p__ng_error e;

    ngtcp2_conn_get_connection_close_error(conn, &e);
    return e;
}

/* Ends both directions of a stream. */
static inline int p2p__ng_shutdown(ngtcp2_conn *conn, int64_t id, uint64_t code)
{
    return ngtcp2_conn_shutdown_stream(conn, id, code);
}

static inline bool p2p__ng_draining(ngtcp2_conn *conn)
{
    return ngtcp2_conn_is_in_draining_period(conn) != 0;
}

/* The token that a server found good; borrowed for the call that follows. */
static inline void p2p__ng_set_token(ngtcp2_settings *s, struct p2p__slice t)
{
    s->token = (ngtcp2_vec){.base = t.p, .len = t.len};
}

static inline struct p2p__slice p2p__ng_token_of(const ngtcp2_pkt_hd *hd)
{
    return p2p__slice_of(hd->token.base, hd->token.len);
}

/* Marks that original_dcid is set: 1.x wants to be told. */
static inline void p2p__ng_set_odcid(ngtcp2_transport_params *params,
                                     const ngtcp2_cid *odcid)
{
    params->original_dcid = *odcid;
}

static inline void p2p__ng_info_of(ngtcp2_conn *conn, p2p__ng_info *info)
{
    ngtcp2_conn_get_conn_stat(conn, info);
}

/* What TLS does for QUIC by itself: the peer's parameters are there, and its
 * handshake is over. */
static inline int p2p__ng_decode_params(ngtcp2_conn *conn, const uint8_t *data,
                                        size_t len)
{
    return ngtcp2_conn_decode_remote_transport_params(conn, data, len);
}

static inline void p2p__ng_shaken(ngtcp2_conn *conn)
{
    ngtcp2_conn_handshake_completed(conn);
}

#else

#define P2P__NG_CLOSED_BY_APP NGTCP2_CCERR_TYPE_APPLICATION

#define P2P__NG_LEVEL_INITIAL   NGTCP2_ENCRYPTION_LEVEL_INITIAL
#define P2P__NG_LEVEL_HANDSHAKE NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE
#define P2P__NG_LEVEL_APP       NGTCP2_ENCRYPTION_LEVEL_1RTT

typedef ngtcp2_ccerr p2p__ng_error;
typedef ngtcp2_encryption_level p2p__ng_level;
typedef ngtcp2_conn_info p2p__ng_info;

static inline void p2p__ng_error_app(p2p__ng_error *e, uint64_t code)
{
    ngtcp2_ccerr_set_application_error(e, code, NULL, 0);
}

static inline void p2p__ng_error_lib(p2p__ng_error *e, int liberr)
{
    ngtcp2_ccerr_set_liberr(e, liberr, NULL, 0);
}

static inline void p2p__ng_error_alert(p2p__ng_error *e, uint8_t alert)
{
    ngtcp2_ccerr_set_tls_alert(e, alert, NULL, 0);
}

static inline p2p__ng_error p2p__ng_error_of(ngtcp2_conn *conn)
{
    return *ngtcp2_conn_get_ccerr(conn);
}

static inline int p2p__ng_shutdown(ngtcp2_conn *conn, int64_t id, uint64_t code)
{
    return ngtcp2_conn_shutdown_stream(conn, 0, id, code);
}

static inline bool p2p__ng_draining(ngtcp2_conn *conn)
{
    return ngtcp2_conn_in_draining_period(conn) != 0;
}

static inline void p2p__ng_set_token(ngtcp2_settings *s, struct p2p__slice t)
{
    s->token = t.p;
    s->tokenlen = t.len;
}

static inline struct p2p__slice p2p__ng_token_of(const ngtcp2_pkt_hd *hd)
{
    return p2p__slice_of(hd->token, hd->tokenlen);
}

static inline void p2p__ng_set_odcid(ngtcp2_transport_params *params,
                                     const ngtcp2_cid *odcid)
{
    params->original_dcid = *odcid;
    params->original_dcid_present = 1;
}

static inline void p2p__ng_info_of(ngtcp2_conn *conn, p2p__ng_info *info)
{
    ngtcp2_conn_get_conn_info(conn, info);
}

static inline int p2p__ng_decode_params(ngtcp2_conn *conn, const uint8_t *data,
                                        size_t len)
{
    return ngtcp2_conn_decode_and_set_remote_transport_params(conn, data, len);
}

static inline void p2p__ng_shaken(ngtcp2_conn *conn)
{
    ngtcp2_conn_tls_handshake_completed(conn);
}

#endif

#endif
