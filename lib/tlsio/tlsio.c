/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * GnuTLS without a socket: see tlsio.h. It calls back for bytes: take() and
 * give() are its socket. What is wrong there (too much, no memory) is noted as
 * refusal, since GnuTLS passes on no more than an errno.
 */
#include "tlsio/tlsio.h"

#include <errno.h>

#include "base/mem.h"

/* GnuTLS wants bytes: what is left of the slice. */
static ssize_t take(gnutls_transport_ptr_t ptr, void *to, size_t len)
{
    struct p2p__tlsio *t = ptr;
    size_t n = t->in != NULL ? p2p__min(len, t->in->len) : 0;

    if (n == 0) {
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    if (n > P2P__CAP_TLSIO_QUIET_BYTES - t->quiet) {
        t->refusal = P2P_ETOOBIG;
        gnutls_transport_set_errno(t->session, ENOBUFS);
        return -1;
    }
    memcpy(to, t->in->p, n);
    p2p__slice_skip(t->in, n);
    t->quiet += (uint32_t)n;
    return (ssize_t)n;
}

/* Makes room for what is pending, charged before it is there. */
static bool pending_room(struct p2p__tlsio *t, size_t more)
{
    size_t cap = t->pending_len + more;
    uint8_t *p;

    if (cap <= t->pending_cap) {
        return true;
    }
    if (cap > P2P__TLSIO_PENDING_MAX ||
        p2p__quota_take(t->quota, P2P__Q_MEMORY, cap - t->pending_cap) != 0) {
        return false;
    }
    p = p2p__realloc(t->pending, cap);
    if (p == NULL) {
        p2p__quota_give(t->quota, P2P__Q_MEMORY, cap - t->pending_cap);
        return false;
    }
    t->pending = p;
    t->pending_cap = cap;
    return true;
}

static void drop_pending(struct p2p__tlsio *t)
{
    p2p__quota_give(t->quota, P2P__Q_MEMORY, t->pending_cap);
    p2p__free(t->pending);
    t->pending = NULL;
    t->pending_len = t->pending_cap = 0;
}

/* What has no room in the tx that is under way waits for the next. */
static bool put_pending(struct p2p__tlsio *t, const uint8_t *p, size_t len)
{
    if (len == 0) {
        return true;
    }
    if (!pending_room(t, len)) {
        return false;
    }
    memcpy(t->pending + t->pending_len, p, len);
    t->pending_len += len;
    p2p__mark(t->owner);
    return true;
}

/* GnuTLS has bytes: all of them are taken, or the session is at its end.
 * put_record() leaves room for its record, but there may be an answer to a key
 * update before it, of which only GnuTLS knows. */
static ssize_t give(gnutls_transport_ptr_t ptr, const void *p, size_t len)
{
    struct p2p__tlsio *t = ptr;
    size_t direct = t->out != NULL && t->pending_len == 0
                        ? p2p__min(len, p2p__outbuf_room(t->out))
                        : 0;

    if (direct > 0) {
        p2p__outbuf_put(t->out, p, direct);
    }
    if (!put_pending(t, (const uint8_t *)p + direct, len - direct)) {
        t->refusal = P2P_ELIMIT;
        gnutls_transport_set_errno(t->session, ENOBUFS);
        return -1;
    }
    return (ssize_t)len;
}

/* Whether there is something to read is not GnuTLS's to wait for. */
static int no_wait(gnutls_transport_ptr_t ptr, unsigned ms)
{
    (void)ptr;
    (void)ms;
    return 1;
}

int p2p__tlsio_init(struct p2p__tlsio *t, unsigned flags,
                    struct p2p__quota *quota, struct p2p__job *owner)
{
    int rv = p2p__quota_take(quota, P2P__Q_MEMORY, P2P__TLSIO_SESSION_BYTES);

    *t = (struct p2p__tlsio){.quota = quota, .owner = owner};
    if (rv != 0) {
        return rv;
    }
    if (gnutls_init(&t->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                                     GNUTLS_NO_TICKETS) < 0) {
        t->session = NULL;
        p2p__quota_give(quota, P2P__Q_MEMORY, P2P__TLSIO_SESSION_BYTES);
        return P2P_ENOMEM;
    }
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, take);
    gnutls_transport_set_push_function(t->session, give);
    gnutls_transport_set_pull_timeout_function(t->session, no_wait);
    gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
    return 0;
}

/* Ours for what GnuTLS says. */
static int error_of(const struct p2p__tlsio *t, int e)
{
    if (t->refusal != 0) {
        return t->refusal;
    }
    switch (e) {
        case GNUTLS_E_MEMORY_ERROR:
            return P2P_ENOMEM;
        case GNUTLS_E_NO_APPLICATION_PROTOCOL:
            return P2P_ENOPROTO;
        case GNUTLS_E_RECORD_OVERFLOW:
            return P2P_ETOOBIG;
        case GNUTLS_E_DECRYPTION_FAILED:
        case GNUTLS_E_NO_CERTIFICATE_FOUND:
        case GNUTLS_E_CERTIFICATE_REQUIRED:
        case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
        case GNUTLS_E_FATAL_ALERT_RECEIVED:
            return P2P_EAUTH;
        default:
            return P2P_EPROTO;
    }
}

/* The session is at its end: an alert is its last word. */
static int alert(struct p2p__tlsio *t, int e)
{
    (void)gnutls_alert_send_appropriate(t->session, e);
    return error_of(t, e);
}

int p2p__tlsio_shake(struct p2p__tlsio *t, struct p2p__slice *in)
{
    int e;

    t->in = in;
    e = gnutls_handshake(t->session);
    t->in = NULL;
    if (e == GNUTLS_E_SUCCESS) {
        t->overhead = gnutls_protocol_get_version(t->session) == GNUTLS_TLS1_2
                          ? P2P__TLSIO_OVERHEAD_1_2
                          : P2P__TLSIO_OVERHEAD;
        t->quiet = 0;
        return 1;
    }
    /* More bytes are needed, or a warning came. */
    return gnutls_error_is_fatal(e) == 0 ? 0 : alert(t, e);
}

int p2p__tlsio_receive(struct p2p__tlsio *t, struct p2p__slice *in,
                       struct p2p__slice *up)
{
    gnutls_datum_t text;
    ssize_t n;

    assert(t->packet == NULL);
    t->in = in;
    n = gnutls_record_recv_packet(t->session, &t->packet);
    t->in = NULL;
    if (n == 0) {
        return P2P_ECLOSED;
    }
    if (n < 0) {
        return gnutls_error_is_fatal((int)n) == 0 ? 0 : alert(t, (int)n);
    }
    t->quiet = 0;
    gnutls_packet_get(t->packet, &text, NULL);
    *up = p2p__slice_of(text.data, text.size);
    return 0;
}

bool p2p__tlsio_draw(struct p2p__tlsio *t, struct p2p__outbuf *out)
{
    size_t n = p2p__min(t->pending_len, p2p__outbuf_room(out));

    if (n > 0) {
        p2p__outbuf_put(out, t->pending, n);
        memmove(t->pending, t->pending + n, t->pending_len - n);
        t->pending_len -= n;
    }
    if (t->pending_len == 0 && t->pending != NULL) {
        drop_pending(t);
    }
    return t->pending_len == 0;
}

/* One record of what above has to say. Its text is not put where the record
 * will be: an answer to a key update may be written there first. Returns how
 * many bytes above had. */
static int put_record(struct p2p__tlsio *t, struct p2p__src *above,
                      struct p2p__outbuf *out, p2p_ns now)
{
    size_t room = p2p__outbuf_room(out) - t->overhead;
    uint8_t text[P2P__TLSIO_PLAIN_MAX];
    int got = above->pull(above, text, p2p__min(room, sizeof text), now);
    ssize_t sent;

    if (got <= 0) {
        return got;
    }
    t->out = out;
    sent = gnutls_record_send(t->session, text, (size_t)got);
    t->out = NULL;
    if (sent < 0) {
        return error_of(t, (int)sent);
    }
    assert(sent == got);
    return got;
}

int p2p__tlsio_send(struct p2p__tlsio *t, struct p2p__src *above,
                    struct p2p__outbuf *out, p2p_ns now)
{
    int got = 1;

    while (got > 0 && p2p__outbuf_room(out) > t->overhead &&
           (out->len == 0 || p2p__outbuf_room(out) >= P2P__TLSIO_ROOM_MIN)) {
        got = put_record(t, above, out, now);
    }
    return got < 0 ? got : 0;
}

void p2p__tlsio_release(struct p2p__tlsio *t)
{
    if (t->packet != NULL) {
        gnutls_packet_deinit(t->packet);
        t->packet = NULL;
    }
}

void p2p__tlsio_fini(struct p2p__tlsio *t)
{
    p2p__tlsio_release(t);
    drop_pending(t);
    if (t->session != NULL) {
        gnutls_deinit(t->session);
        t->session = NULL;
        p2p__quota_give(t->quota, P2P__Q_MEMORY, P2P__TLSIO_SESSION_BYTES);
    }
}
