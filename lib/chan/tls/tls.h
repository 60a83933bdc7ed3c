/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The channel that is secured by TLS 1.3, on GnuTLS: both ends show the
 * certificate of ident/cert.h, and ALPN agrees on the muxer. Specs: libp2p tls
 * (r0), inlined muxer negotiation; RFC 8446.
 *
 * GnuTLS is given bytes and gives bytes, never a socket: see tlsio/tlsio.h.
 *
 * Failure: what the verification says of the peer's certificate, or what
 * GnuTLS says; it poisons the channel, and the alert is the last word.
 */
#ifndef P2P_CHAN_TLS_H
#define P2P_CHAN_TLS_H

#include "port/sec.h"

#define P2P__TLS_PROTOCOL "/tls/1.0.0"

/* How long a handshake may take, if the configuration does not say. */
#define P2P__TLS_TIMEOUT P2P__SEC(10)

/* TLS as a security protocol of hosts; its id is a struct p2p__tls_id. */
extern const struct p2p_security p2p__tls_security;

#endif
