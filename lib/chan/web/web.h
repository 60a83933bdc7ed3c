/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * TLS as the web knows it, as a channel below a WebSocket: the server shows a
 * certificate of an authority for its name, the client none. Who the peer is,
 * is proven above, as on any connection; this keeps out who has no certificate,
 * and is what browsers ask for. Specs: RFC 8446, RFC 5246, RFC 9110 section
 * 4.3.4, libp2p websockets.
 */
#ifndef P2P_CHAN_WEB_WEB_H
#define P2P_CHAN_WEB_WEB_H

#include "base/quota.h"
#include "base/turn.h"
#include "chan/web/id.h"
#include "port/chan.h"

#define P2P__WEB_PROTOCOL "/tls"

/* How long a handshake may take, if the configuration does not say. */
#define P2P__WEB_TIMEOUT P2P__SEC(10)

struct p2p__web_chan_cfg {
    bool dialer;
    struct p2p__web_id *id; /* counted until fini */
    const char *name;       /* a dialer's server: name or IP address; copied */
    struct p2p__quota *quota; /* the connection's scope; borrowed, or NULL */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
    p2p_ns timeout;           /* 0: P2P__WEB_TIMEOUT */
};

/* The channel: `chan` is what p2p__web_new() made. */
extern const struct p2p__chan_ops p2p__web_ops;

/*
 * Begins a handshake. Returns owned: fini() and p2p__free() it.
 * rx errors: P2P_EAUTH (a certificate that is not believed), P2P_EPROTO,
 * P2P_ETOOBIG, P2P_ECLOSED, P2P_ELIMIT, P2P_ENOMEM.
 * Errors: P2P_EINVAL (no name, or no certificate to serve with), P2P_ENOTFOUND
 * (the system has no authorities), P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__web_new(const struct p2p__web_chan_cfg *cfg, void **chan, p2p_ns now);

#endif
