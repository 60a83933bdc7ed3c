/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The channel of secure WebSockets: see web.h. GnuTLS looks at the server's
 * certificate during the handshake: its chain, its dates by the system's clock,
 * and whether it is for the name that was dialed.
 */
#include "chan/web/web.h"

#include "base/mem.h"
#include "tlsio/tlsio.h"

struct web {
    struct p2p__tlsio io;
    struct p2p__web_id *id; /* counted */
    char *name;             /* GnuTLS reads it during the handshake */
    p2p_ns deadline;
    bool established;
    bool failed;
};

static int fail(struct web *w, int err)
{
    assert(err < 0);
    p2p__tlsio_release(&w->io);
    w->failed = true;
    p2p__mark(w->io.owner);
    return err;
}

/* Goes on with the handshake; `in` may be NULL. */
static int shake(struct web *w, struct p2p__slice *in)
{
    int rv = p2p__tlsio_shake(&w->io, in);

    if (rv == 1) {
        w->established = true;
        p2p__mark(w->io.owner);
    }
    return rv < 0 ? rv : 0;
}

static int rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
              p2p_ns now)
{
    struct web *w = chan;
    int rv;

    (void)now;
    assert(!w->failed);
    *up = (struct p2p__slice){.p = NULL};
    p2p__tlsio_release(&w->io);
    if (in->len == 0) {
        return 0;
    }
    rv = w->established ? p2p__tlsio_receive(&w->io, in, up) : shake(w, in);
    return rv < 0 ? fail(w, rv) : 0;
}

static int tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
              p2p_ns now)
{
    struct web *w = chan;
    int rv = 0;

    if (p2p__tlsio_draw(&w->io, out) && w->established && !w->failed &&
        above != NULL) {
        rv = p2p__tlsio_send(&w->io, above, out, now);
    }
    return rv < 0 ? fail(w, rv) : 0;
}

static p2p_ns deadline(const void *chan)
{
    const struct web *w = chan;

    return w->established || w->failed ? P2P_NEVER : w->deadline;
}

static int expire(void *chan, p2p_ns now)
{
    return now < deadline(chan) ? 0 : fail(chan, P2P_ETIMEDOUT);
}

static void fini(void *chan)
{
    struct web *w = chan;

    p2p__tlsio_fini(&w->io);
    p2p__web_id_unref(w->id);
    p2p__free(w->name);
}

/* Whether a name is an IP address: those are not told in the handshake. */
static bool is_ip(const char *name)
{
    return strchr(name, ':') != NULL ||
           strspn(name, "0123456789.") == strlen(name);
}

/* A dialer's part: which server it is, and how that is verified. */
static int set_name(struct web *w, const struct p2p__web_chan_cfg *cfg)
{
    w->name = p2p__strdup(cfg->name);
    if (w->name == NULL) {
        return P2P_ENOMEM;
    }
    if (!is_ip(w->name) &&
        gnutls_server_name_set(w->io.session, GNUTLS_NAME_DNS, w->name,
                               strlen(w->name)) < 0) {
        return P2P_EINVAL;
    }
    if (!cfg->id->insecure) {
        gnutls_session_set_verify_cert(w->io.session, w->name, 0);
    }
    return 0;
}

static int open_session(struct web *w, const struct p2p__web_chan_cfg *cfg)
{
    unsigned char http[] = {'h', 't', 't', 'p', '/', '1', '.', '1'};
    const gnutls_datum_t alpn = {.data = http, .size = sizeof http};
    int rv =
        p2p__tlsio_init(&w->io, cfg->dialer ? GNUTLS_CLIENT : GNUTLS_SERVER,
                        cfg->quota, cfg->owner);

    if (rv != 0) {
        return rv;
    }
    if (gnutls_priority_set(w->io.session, cfg->id->priority) < 0 ||
        gnutls_credentials_set(w->io.session, GNUTLS_CRD_CERTIFICATE,
                               cfg->id->creds) < 0 ||
        gnutls_alpn_set_protocols(w->io.session, &alpn, 1, 0) < 0) {
        return P2P_ENOMEM;
    }
    return cfg->dialer ? set_name(w, cfg) : 0;
}

int p2p__web_new(const struct p2p__web_chan_cfg *cfg, void **chan, p2p_ns now)
{
    p2p_ns timeout = cfg->timeout > 0 ? cfg->timeout : P2P__WEB_TIMEOUT;
    struct web *w;
    int rv;

    *chan = NULL;
    if (cfg->dialer ? cfg->name == NULL : !cfg->id->serves) {
        return P2P_EINVAL;
    }
    w = p2p__zalloc(sizeof *w);
    if (w == NULL) {
        return P2P_ENOMEM;
    }
    w->id = p2p__web_id_ref(cfg->id);
    w->deadline = p2p__ns_after(now, timeout);
    rv = cfg->dialer ? p2p__web_id_trust(w->id) : 0;
    if (rv == 0) {
        rv = open_session(w, cfg);
    }
    if (rv == 0 && cfg->dialer) {
        rv = shake(w, NULL); /* its first message */
    }
    if (rv != 0) {
        fini(w);
        p2p__free(w);
        return rv;
    }
    *chan = w;
    return 0;
}

const struct p2p__chan_ops p2p__web_ops = {
    .protocol = P2P__WEB_PROTOCOL,
    .rx = rx,
    .tx = tx,
    .deadline = deadline,
    .expire = expire,
    .fini = fini,
};
