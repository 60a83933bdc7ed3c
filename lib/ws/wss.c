/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Secure WebSocket as a transport: TLS below the frames. It is an object, since
 * it has certificates; hosts count it, and connections what they began with, so
 * that a certificate can be renewed while they live.
 * Spec: libp2p websockets.
 */
#include "base/config.h"
#include "base/mem.h"
#include "chan/web/web.h"
#include "p2p/ws.h"
#include "ws/internal.h"

/* Behind all others: it encrypts twice. */
#define RANK 30U

struct wss {
    struct p2p_transport ops;
    struct p2p__web_id *id;
    unsigned refs; /* the application's, and one for each host */
};

static struct wss *wss_of(const struct p2p_transport *t)
{
    union {
        const struct p2p_transport *c;
        struct p2p_transport *m;
    } u = {.c = t};

    return P2P__CONTAINER(u.m, struct wss, ops);
}

/* /wss, /tls/ws, /tls/sni/NAME/ws */
static bool speaks(const struct p2p_multiaddr *ma, size_t at)
{
    struct p2p_multiaddr_part part;

    if (!p2p_multiaddr_next(ma, &at, &part)) {
        return false;
    }
    if (part.code == P2P_MULTIADDR_WSS) {
        return at == ma->len;
    }
    if (part.code != P2P_MULTIADDR_TLS || !p2p_multiaddr_next(ma, &at, &part)) {
        return false;
    }
    if (part.code == P2P_MULTIADDR_SNI && !p2p_multiaddr_next(ma, &at, &part)) {
        return false;
    }
    return part.code == P2P_MULTIADDR_WS && at == ma->len;
}

static void unref(struct wss *w)
{
    if (--w->refs == 0) {
        p2p__web_id_unref(w->id);
        p2p__free(w);
    }
}

static int host_new(const struct p2p__transport_cfg *cfg, void **host)
{
    struct wss *w = wss_of(cfg->self);

    w->refs++;
    *host = w;
    return 0;
}

static void host_free(void *host)
{
    unref(host);
}

static int may_listen(const void *host)
{
    const struct wss *w = host;

    return w->id->serves ? 0 : P2P_ENOTSUP;
}

/* The channel of TLS; a dialer's server is the one that its address names. */
static int tls_channel(const struct p2p__transport_conn *conn,
                       const struct p2p__chan_ops **ops, void **chan,
                       p2p_ns now)
{
    const struct wss *w = conn->host;
    struct p2p__host_text host = {.name = ""};
    struct p2p__web_chan_cfg cfg = {.dialer = conn->dialer,
                                    .id = w->id,
                                    .name = host.name,
                                    .quota = conn->quota,
                                    .owner = conn->owner};
    int rv = conn->dialer ? p2p__host_text_of(conn->addr, "443", &host) : 0;

    if (rv == 0) {
        *ops = &p2p__web_ops;
        rv = p2p__web_new(&cfg, chan, now);
    }
    return rv != 0 ? rv : 1;
}

static int channel(const struct p2p__transport_conn *conn, unsigned index,
                   const struct p2p__chan_ops **ops, void **chan, p2p_ns now)
{
    switch (index) {
        case 0:
            return tls_channel(conn, ops, chan, now);
        case 1:
            return p2p__ws_channel(conn, "443", ops, chan, now);
        default:
            return 0;
    }
}

/* Reads a config into certificates. */
static int read_config(const struct p2p_wss_config *given,
                       struct p2p__web_id **out)
{
    struct p2p_wss_config own;
    int rv = p2p__config_read(&own, sizeof own, given);

    *out = NULL;
    return rv != 0 ? rv
                   : p2p__web_id_new(
                         &(struct p2p__web_cfg){.cert = own.cert,
                                                .cert_len = own.cert_len,
                                                .key = own.key,
                                                .key_len = own.key_len,
                                                .ca = own.ca,
                                                .ca_len = own.ca_len,
                                                .insecure = own.insecure},
                         out);
}

int p2p_transport_wss_new(const struct p2p_wss_config *cfg,
                          struct p2p_transport **out)
{
    struct p2p__web_id *id;
    struct wss *w;
    int rv = read_config(cfg, &id);

    *out = NULL;
    if (rv != 0) {
        return rv;
    }
    w = p2p__zalloc(sizeof *w);
    if (w == NULL) {
        p2p__web_id_unref(id);
        return P2P_ENOMEM;
    }
    *w = (struct wss){.ops = {.name = "wss",
                              .port_code = P2P_MULTIADDR_TCP,
                              .rank = RANK,
                              .speaks = speaks,
                              .host_new = host_new,
                              .host_free = host_free,
                              .channel = channel,
                              .may_listen = may_listen},
                      .id = id,
                      .refs = 1};
    *out = &w->ops;
    return 0;
}

int p2p_transport_wss_renew(struct p2p_transport *wss,
                            const struct p2p_wss_config *cfg)
{
    struct wss *w = wss_of(wss);
    struct p2p__web_id *id;
    int rv = read_config(cfg, &id);

    if (rv == 0) {
        p2p__web_id_unref(w->id);
        w->id = id;
    }
    return rv;
}

void p2p_transport_wss_free(struct p2p_transport *wss)
{
    if (wss != NULL) {
        unref(wss_of(wss));
    }
}
