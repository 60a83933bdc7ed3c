/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a host has for all its TLS sessions: a certificate that its key signed,
 * made once, for the first of them, so that a host without one does not pay for
 * it; and what may be negotiated; and what TLS over TCP and TLS in QUIC
 * do alike with a session of GnuTLS. Compiled into p2p-tls and p2p-quic.
 */
#ifndef P2P_TLSID_TLSID_H
#define P2P_TLSID_TLSID_H

#include <gnutls/gnutls.h>

#include "ident/cert.h"
#include "p2p/key.h"
#include "port/env.h"

/* Bytes that both ends share after a handshake. */
#define P2P__TLS_BINDING_BYTES 32U

struct p2p__tls_id {
    const struct p2p_key *key;
    gnutls_certificate_credentials_t creds; /* NULL until a session begins */
    gnutls_priority_t priority;
    gnutls_certificate_verify_function *verify;
};

/*
 * Notes `key`, borrowed until p2p__tls_id_free(), for the certificate; `verify`
 * looks at those of peers. Returns owned: p2p__tls_id_free() it.
 * Errors: P2P_ENOMEM.
 */
int p2p__tls_id_new(const struct p2p_key *key,
                    gnutls_certificate_verify_function *verify,
                    struct p2p__tls_id **out);

/* Frees it; NULL is fine. */
void p2p__tls_id_free(struct p2p__tls_id *id);

/* Sets what a session may negotiate, its certificate, and that it wants the
 * peer's; borrows `id` for as long as the session lives. Errors: P2P_ENOMEM;
 * of the certificate, with the first session: P2P_ECRYPTO, what the key says.
 */
int p2p__tls_id_apply(struct p2p__tls_id *id, gnutls_session_t session);

/*
 * Whose certificate the peer has shown: one, and the right one. `expected`
 * with len 0: anybody's. Errors: P2P_EAUTH, P2P_EPEER, what p2p__cert_open()
 * says.
 */
int p2p__tls_judge(gnutls_session_t session, struct p2p__env *env,
                   const struct p2p_peer_id *expected,
                   struct p2p__cert_owner *owner);

/* The TLS exporter's bytes for channel binding, after the handshake. 0 or
 * P2P_ECRYPTO. */
int p2p__tls_bind(gnutls_session_t session,
                  uint8_t binding[P2P__TLS_BINDING_BYTES]);

#endif
