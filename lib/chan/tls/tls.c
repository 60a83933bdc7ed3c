/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The TLS channel: see tls.h. GnuTLS calls back for bytes: take() and give()
 * are its socket. All else here is called by the stack.
 */
#include "chan/tls/tls.h"

#include <errno.h>

#include "base/mem.h"
#include "tlsid/tlsid.h"

/* What ALPN says when no muxer is agreed on. Spec: libp2p tls, "ALPN". */
#define ALPN_NO_MUXER "libp2p"

/* Muxers that can be announced, and the text above. */
#define ALPN_MAX 8U

struct tls {
    gnutls_session_t session;
    gnutls_packet_t packet;  /* lent by the last rx; or NULL */
    struct p2p__slice *in;   /* of the rx that is under way */
    struct p2p__outbuf *out; /* of the tx that may be written to directly */
    uint8_t *pending;        /* not drawn yet */
    size_t pending_len;
    size_t pending_cap;
    struct p2p__cert_owner *peer; /* until the event was pulled */
    struct p2p__quota *quota;
    struct p2p__env *env;
    struct p2p__job *owner;
    const char *const *muxers;
    size_t muxer_count;
    p2p_ns deadline;
    int refusal;    /* what is wrong, if it is not GnuTLS that says so */
    uint32_t quiet; /* bytes read since there was one for the layer above */
    struct p2p_peer_id expected;
    bool established;
    bool ev_due;
    bool failed;
    uint8_t binding[P2P__TLS_BINDING_BYTES];
};

/* GnuTLS wants bytes: what is left of the slice. */
static ssize_t take(gnutls_transport_ptr_t ptr, void *to, size_t len)
{
    struct tls *t = ptr;
    size_t n = t->in != NULL ? p2p__min(len, t->in->len) : 0;

    if (n == 0) {
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    if (n > P2P__CAP_TLS_QUIET_BYTES - t->quiet) {
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
static bool pending_room(struct tls *t, size_t more)
{
    size_t cap = t->pending_len + more;
    uint8_t *p;

    if (cap <= t->pending_cap) {
        return true;
    }
    if (cap > P2P__TLS_PENDING_MAX ||
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

static void drop_pending(struct tls *t)
{
    p2p__quota_give(t->quota, P2P__Q_MEMORY, t->pending_cap);
    p2p__free(t->pending);
    t->pending = NULL;
    t->pending_len = t->pending_cap = 0;
}

/* What has no room in the tx that is under way waits for the next. */
static bool put_pending(struct tls *t, const uint8_t *p, size_t len)
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
    struct tls *t = ptr;
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

static int verify(gnutls_session_t session)
{
    struct tls *t = gnutls_session_get_ptr(session);

    t->refusal = p2p__tls_judge(session, t->env, &t->expected, t->peer);
    return t->refusal == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* Ours for what GnuTLS says. */
static int error_of(const struct tls *t, int e)
{
    return t->refusal != 0 ? t->refusal : p2p__tls_error(e);
}

static void release(struct tls *t)
{
    if (t->packet != NULL) {
        gnutls_packet_deinit(t->packet);
        t->packet = NULL;
    }
}

static void drop_peer(struct tls *t)
{
    if (t->peer != NULL) {
        p2p__quota_give(t->quota, P2P__Q_MEMORY, sizeof *t->peer);
        p2p__free(t->peer);
        t->peer = NULL;
    }
}

/* The channel is at its end; an alert is the last word. */
static int fail(struct tls *t, int err)
{
    assert(err < 0);
    drop_peer(t);
    release(t);
    t->ev_due = false;
    t->failed = true;
    return err;
}

/* The handshake is over; 32 bytes of it are kept for channel binding. */
static int establish(struct tls *t)
{
    int rv = p2p__tls_bind(t->session, t->binding);

    if (rv != 0) {
        return rv;
    }
    t->established = true;
    t->ev_due = true;
    t->quiet = 0;
    return 0;
}

/* Goes on with the handshake. */
static int shake(struct tls *t)
{
    int e = gnutls_handshake(t->session);

    if (e == GNUTLS_E_SUCCESS) {
        return establish(t);
    }
    if (gnutls_error_is_fatal(e) == 0) {
        return 0; /* more bytes are needed, or a warning came */
    }
    (void)gnutls_alert_send_appropriate(t->session, e);
    return error_of(t, e);
}

/* Reads a record; nothing in it: no data, or not all of it is here. */
static int receive(struct tls *t, struct p2p__slice *up)
{
    ssize_t n = gnutls_record_recv_packet(t->session, &t->packet);
    gnutls_datum_t text;

    if (n == 0) {
        return P2P_ECLOSED; /* the peer said so */
    }
    if (n < 0) {
        if (gnutls_error_is_fatal((int)n) == 0) {
            return 0;
        }
        (void)gnutls_alert_send_appropriate(t->session, (int)n);
        return error_of(t, (int)n);
    }
    t->quiet = 0;
    gnutls_packet_get(t->packet, &text, NULL);
    *up = p2p__slice_of(text.data, text.size);
    return 0;
}

static int rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
              p2p_ns now)
{
    struct tls *t = chan;
    int rv;

    (void)now;
    assert(!t->failed && !t->ev_due);
    *up = (struct p2p__slice){.p = NULL};
    release(t);
    if (in->len == 0) {
        return 0;
    }
    t->in = in;
    rv = t->established ? receive(t, up) : shake(t);
    t->in = NULL;
    return rv == 0 ? 0 : fail(t, rv);
}

/* Draws what is pending; false: some is left. */
static bool draw_pending(struct tls *t, struct p2p__outbuf *out)
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
static int put_record(struct tls *t, struct p2p__src *above,
                      struct p2p__outbuf *out, p2p_ns now)
{
    size_t room = p2p__outbuf_room(out) - P2P__TLS_OVERHEAD;
    uint8_t text[P2P__TLS_PLAIN_MAX];
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

static int tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
              p2p_ns now)
{
    struct tls *t = chan;
    int got = 1;

    if (!draw_pending(t, out) || t->failed || t->ev_due || !t->established ||
        above == NULL) {
        return 0;
    }
    while (got > 0 && p2p__outbuf_room(out) > P2P__TLS_OVERHEAD &&
           (out->len == 0 || p2p__outbuf_room(out) >= P2P__TLS_ROOM_MIN)) {
        got = put_record(t, above, out, now);
    }
    return got < 0 ? fail(t, got) : 0;
}

static p2p_ns deadline(const void *chan)
{
    const struct tls *t = chan;

    return t->established || t->failed ? P2P_NEVER : t->deadline;
}

static int expire(void *chan, p2p_ns now)
{
    return now < deadline(chan) ? 0 : fail(chan, P2P_ETIMEDOUT);
}

static void fini(void *chan)
{
    struct tls *t = chan;

    release(t);
    drop_peer(t);
    drop_pending(t);
    if (t->session != NULL) {
        gnutls_deinit(t->session);
        p2p__quota_give(t->quota, P2P__Q_MEMORY, P2P__TLS_SESSION_BYTES);
    }
    p2p__wipe(t, sizeof *t);
}

/* Announces the muxers, in our order. */
static int set_alpn(const struct tls *t)
{
    gnutls_datum_t names[ALPN_MAX];
    union {
        const char *c;
        unsigned char *m;
    } text;
    size_t n = 0;

    if (t->muxer_count >= ALPN_MAX) {
        return P2P_EINVAL;
    }
    for (; n <= t->muxer_count; n++) {
        text.c = n < t->muxer_count ? t->muxers[n] : ALPN_NO_MUXER;
        names[n] =
            (gnutls_datum_t){.data = text.m, .size = (unsigned)strlen(text.c)};
    }
    return gnutls_alpn_set_protocols(
               t->session, names, (unsigned)n,
               GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE) == 0
               ? 0
               : P2P_ENOMEM;
}

/* A session with everything set, charged before it is there. */
static int open_session(struct tls *t, const struct p2p__sec_cfg *cfg)
{
    const struct p2p__tls_id *id = cfg->id;
    int rv = p2p__quota_take(t->quota, P2P__Q_MEMORY, P2P__TLS_SESSION_BYTES);

    if (rv != 0) {
        return rv;
    }
    if (gnutls_init(&t->session, (cfg->dialer ? GNUTLS_CLIENT : GNUTLS_SERVER) |
                                     GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                                     GNUTLS_NO_TICKETS | GNUTLS_NO_EXTENSIONS) <
        0) {
        t->session = NULL;
        p2p__quota_give(t->quota, P2P__Q_MEMORY, P2P__TLS_SESSION_BYTES);
        return P2P_ENOMEM;
    }
    gnutls_session_set_ptr(t->session, t);
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, take);
    gnutls_transport_set_push_function(t->session, give);
    gnutls_transport_set_pull_timeout_function(t->session, no_wait);
    gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
    rv = p2p__tls_id_apply(id, t->session);
    return rv != 0 ? rv : set_alpn(t);
}

/* Room for who the peer turns out to be. */
static int make_peer(struct tls *t)
{
    int rv = p2p__quota_take(t->quota, P2P__Q_MEMORY, sizeof *t->peer);

    if (rv == 0) {
        t->peer = p2p__zalloc(sizeof *t->peer);
        if (t->peer == NULL) {
            p2p__quota_give(t->quota, P2P__Q_MEMORY, sizeof *t->peer);
            rv = P2P_ENOMEM;
        }
    }
    return rv;
}

static int start(const struct p2p__sec_cfg *cfg, void **chan, p2p_ns now)
{
    struct tls *t = p2p__zalloc(sizeof *t);
    int rv;

    *chan = NULL;
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    t->quota = cfg->quota;
    t->env = cfg->env;
    t->owner = cfg->owner;
    t->muxers = cfg->muxers;
    t->muxer_count = cfg->muxer_count;
    t->deadline =
        p2p__ns_after(now, cfg->timeout > 0 ? cfg->timeout : P2P__TLS_TIMEOUT);
    if (cfg->expected != NULL) {
        t->expected = *cfg->expected;
    }
    rv = make_peer(t);
    if (rv == 0) {
        rv = open_session(t, cfg);
    }
    if (rv == 0 && cfg->dialer) {
        rv = shake(t); /* its first message */
    }
    if (rv != 0) {
        fini(t);
        p2p__free(t);
        return rv;
    }
    *chan = t;
    return 0;
}

/* Which of our muxers ALPN agreed on; -1: none. */
static int agreed(const struct tls *t)
{
    gnutls_datum_t name;

    if (gnutls_alpn_get_selected_protocol(t->session, &name) != 0) {
        return -1;
    }
    for (size_t i = 0; i < t->muxer_count; i++) {
        if (name.size == strlen(t->muxers[i]) &&
            memcmp(name.data, t->muxers[i], name.size) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool next(void *chan, struct p2p__sec_ev *ev)
{
    struct tls *t = chan;

    if (!t->ev_due) {
        if (t->established) {
            drop_peer(t);
        }
        return false;
    }
    t->ev_due = false;
    *ev = (struct p2p__sec_ev){
        .peer = t->peer->id,
        .pubkey = p2p__slice_of(t->peer->pubkey, t->peer->pubkey_len),
        .muxer = agreed(t),
    };
    ev->announced = ev->muxer >= 0;
    p2p__mark(t->owner);
    return true;
}

static const uint8_t *binding(const void *chan)
{
    const struct tls *t = chan;

    return t->established ? t->binding : NULL;
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

static const struct p2p__chan_ops chan_ops = {
    .protocol = P2P__TLS_PROTOCOL,
    .rx = rx,
    .tx = tx,
    .deadline = deadline,
    .expire = expire,
    .fini = fini,
};

const struct p2p_security p2p__tls_security = {
    .chan = &chan_ops,
    .id_new = id_new,
    .id_free = id_free,
    .start = start,
    .next = next,
    .binding = binding,
};
