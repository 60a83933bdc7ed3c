/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The TLS channel: see tls.h. How GnuTLS gets and gives bytes is tlsio's; here
 * are who the peer is, and which muxer was agreed on.
 */
#include "chan/tls/tls.h"

#include "base/mem.h"
#include "tlsid/tlsid.h"
#include "tlsio/tlsio.h"

/* What ALPN says when no muxer is agreed on. Spec: libp2p tls, "ALPN". */
#define ALPN_NO_MUXER "libp2p"

/* Muxers that can be announced, and the text above. */
#define ALPN_MAX 8U

struct tls {
    struct p2p__tlsio io;
    struct p2p__cert_owner *peer; /* until the event was pulled */
    struct p2p__env *env;
    const char *const *muxers;
    size_t muxer_count;
    p2p_ns deadline;
    struct p2p_peer_id expected;
    bool established;
    bool ev_due;
    bool failed;
    uint8_t binding[P2P__TLS_BINDING_BYTES];
};

static int verify(gnutls_session_t session)
{
    struct tls *t = gnutls_session_get_ptr(session);

    t->io.refusal = p2p__tls_judge(session, t->env, &t->expected, t->peer);
    return t->io.refusal == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static void drop_peer(struct tls *t)
{
    if (t->peer != NULL) {
        p2p__quota_give(t->io.quota, P2P__Q_MEMORY, sizeof *t->peer);
        p2p__free(t->peer);
        t->peer = NULL;
    }
}

/* The channel is at its end; an alert is the last word. */
static int fail(struct tls *t, int err)
{
    assert(err < 0);
    drop_peer(t);
    p2p__tlsio_release(&t->io);
    t->ev_due = false;
    t->failed = true;
    return err;
}

/* The handshake is over; 32 bytes of it are kept for channel binding. */
static int establish(struct tls *t)
{
    int rv = p2p__tls_bind(t->io.session, t->binding);

    if (rv != 0) {
        return rv;
    }
    t->established = true;
    t->ev_due = true;
    return 0;
}

/* Goes on with the handshake; `in` may be NULL. */
static int shake(struct tls *t, struct p2p__slice *in)
{
    int rv = p2p__tlsio_shake(&t->io, in);

    return rv == 1 ? establish(t) : rv;
}

static int rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
              p2p_ns now)
{
    struct tls *t = chan;
    int rv;

    (void)now;
    assert(!t->failed && !t->ev_due);
    *up = (struct p2p__slice){.p = NULL};
    p2p__tlsio_release(&t->io);
    if (in->len == 0) {
        return 0;
    }
    rv = t->established ? p2p__tlsio_receive(&t->io, in, up) : shake(t, in);
    return rv == 0 ? 0 : fail(t, rv);
}

static int tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
              p2p_ns now)
{
    struct tls *t = chan;
    int rv;

    if (!p2p__tlsio_draw(&t->io, out) || t->failed || t->ev_due ||
        !t->established || above == NULL) {
        return 0;
    }
    rv = p2p__tlsio_send(&t->io, above, out, now);
    return rv < 0 ? fail(t, rv) : 0;
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

    drop_peer(t);
    p2p__tlsio_fini(&t->io);
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
               t->io.session, names, (unsigned)n,
               GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE) == 0
               ? 0
               : P2P_ENOMEM;
}

/* Sets all that a session needs. */
static int set_session(struct tls *t, const struct p2p__sec_cfg *cfg)
{
    int rv;

    gnutls_session_set_ptr(t->io.session, t);
    rv = p2p__tls_id_apply(cfg->id, t->io.session);
    return rv != 0 ? rv : set_alpn(t);
}

/* Room for who the peer turns out to be. */
static int make_peer(struct tls *t)
{
    int rv = p2p__quota_take(t->io.quota, P2P__Q_MEMORY, sizeof *t->peer);

    if (rv == 0) {
        t->peer = p2p__zalloc(sizeof *t->peer);
        if (t->peer == NULL) {
            p2p__quota_give(t->io.quota, P2P__Q_MEMORY, sizeof *t->peer);
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
    t->env = cfg->env;
    t->muxers = cfg->muxers;
    t->muxer_count = cfg->muxer_count;
    t->deadline =
        p2p__ns_after(now, cfg->timeout > 0 ? cfg->timeout : P2P__TLS_TIMEOUT);
    if (cfg->expected != NULL) {
        t->expected = *cfg->expected;
    }
    rv = p2p__tlsio_init(
        &t->io,
        (cfg->dialer ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NO_EXTENSIONS,
        cfg->quota, cfg->owner);
    if (rv == 0) {
        rv = make_peer(t);
    }
    if (rv == 0) {
        rv = set_session(t, cfg);
    }
    if (rv == 0 && cfg->dialer) {
        rv = shake(t, NULL); /* its first message */
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

    if (gnutls_alpn_get_selected_protocol(t->io.session, &name) != 0) {
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
    p2p__mark(t->io.owner);
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
