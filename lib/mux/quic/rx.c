/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What comes in. The happy path: ngtcp2 reads the datagram, opens its packets,
 * and calls back (calls.c); next() tells what came of it.
 * Failure modes: the peer ended the connection, broke the protocol, or is not
 * who it should be; ngtcp2 says so, and the reason is kept for the last word.
 */
#include "base/mem.h"
#include "mux/quic/priv.h"

/* Codes of TLS alerts in a close. RFC 9001, 4.8. */
#define CRYPTO_ERROR      0x100U
#define NO_APPLICATION    0x178U
#define CONNECTION_REFUSE 0x2U

void p2p__quic_piece_free(struct p2p__quic *q, struct p2p__slab *slab)
{
    if (slab != NULL) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, sizeof *slab + slab->cap);
        p2p__slab_unref(slab);
    }
}

int p2p__quic_piece_add(struct p2p__quic *q, struct p2p__qstream *st,
                        const uint8_t *data, size_t len)
{
    const size_t cap = sizeof(struct p2p__qpiece) + len;
    struct p2p__slab *slab;
    struct p2p__qpiece *piece;
    int rv = p2p__quota_take(q->quota, P2P__Q_MEMORY, sizeof *slab + cap);

    if (rv != 0) {
        return rv;
    }
    slab = p2p__slab_new(cap);
    if (slab == NULL) {
        p2p__quota_give(q->quota, P2P__Q_MEMORY, sizeof *slab + cap);
        return P2P_ENOMEM;
    }
    piece = (void *)slab->data;
    *piece = (struct p2p__qpiece){.st = st, .len = len};
    memcpy(piece + 1, data, len);
    if (q->pieces == NULL) {
        q->pieces = slab;
    } else {
        ((struct p2p__qpiece *)(void *)q->last_piece->data)->next = slab;
    }
    q->last_piece = slab;
    st->pieces++;
    return 0;
}

/* Why the peer ended it. */
static int reason_of(ngtcp2_conn *conn)
{
    const p2p__ng_error e = p2p__ng_error_of(conn);

    if (e.type == P2P__NG_CLOSED_BY_APP) {
        return P2P_ECLOSED;
    }
    if (e.error_code == NO_APPLICATION) {
        return P2P_ENOPROTO;
    }
    if (e.error_code / CRYPTO_ERROR == 1) {
        return P2P_EAUTH;
    }
    return e.error_code == CONNECTION_REFUSE ? P2P_EREFUSED : P2P_ECLOSED;
}

/* Ours for an error of ngtcp2. */
static int error_of(struct p2p__quic *q, int liberr)
{
    if (q->refusal != 0) {
        return q->refusal;
    }
    switch (liberr) {
        case NGTCP2_ERR_DRAINING:
            return reason_of(q->conn);
        case NGTCP2_ERR_NOMEM:
            return P2P_ENOMEM;
        case NGTCP2_ERR_IDLE_CLOSE:
        case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
            return P2P_ETIMEDOUT;
        case NGTCP2_ERR_CRYPTO:
            return P2P_EAUTH;
        case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
            return P2P_ENOTSUP;
        default:
            return P2P_EPROTO;
    }
}

int p2p__quic_fail(struct p2p__quic *q, int liberr)
{
    const uint8_t alert = ngtcp2_conn_get_tls_alert(q->conn);

    assert(liberr < 0 && q->conn != NULL);
    q->bits |= P2P__QC_POISONED | P2P__QC_GOAWAY;
    switch (liberr) {
        case NGTCP2_ERR_DRAINING:
        case NGTCP2_ERR_DROP_CONN:
        case NGTCP2_ERR_RETRY:
        case NGTCP2_ERR_IDLE_CLOSE:
        case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
            q->bits |= P2P__QC_CLOSED; /* nobody listens */
            break;
        case NGTCP2_ERR_CRYPTO:
            p2p__ng_error_alert(&q->why, alert);
            break;
        default:
            p2p__ng_error_lib(&q->why, liberr);
    }
    p2p__mark(q->owner);
    return error_of(q, liberr);
}

void p2p__quic_arrives(void *sess, const struct p2p__quic_path *path,
                       uint8_t ecn)
{
    struct p2p__quic *q = sess;

    q->arrival = *path;
    q->ecn = ecn;
}

int p2p__quic_rx(void *sess, struct p2p__slice *in, p2p_ns now)
{
    struct p2p__quic *q = sess;
    ngtcp2_path_storage ps;
    const ngtcp2_pkt_info pi = {.ecn = q->ecn};
    int rv;

    assert(!(q->bits & P2P__QC_POISONED));
    if (p2p__quic_has_event(q) || in->len == 0) {
        return 0;
    }
    now = p2p__quic_at(q, now);
    q->refusal = 0;
    p2p__quic_path_to(&q->arrival, &ps);
    rv = ngtcp2_conn_read_pkt(q->conn, &ps.path, &pi, in->p, in->len, now);
    p2p__slice_skip(in, in->len);
    if (q->bits & P2P__QC_ESTABLISHED) {
        p2p__quic_tls_free(q);
    }
    p2p__mark(q->owner);
    return rv == 0 ? 0 : p2p__quic_fail(q, rv);
}
