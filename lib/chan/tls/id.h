/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a host has for all its TLS sessions: a certificate that its key signed,
 * made once, and what may be negotiated.
 */
#ifndef P2P_CHAN_TLS_ID_H
#define P2P_CHAN_TLS_ID_H

#include <gnutls/gnutls.h>

#include "p2p/key.h"
#include "port/env.h"

struct p2p__tls_id {
    gnutls_certificate_credentials_t creds;
    gnutls_priority_t priority;
};

/*
 * Makes a certificate with `key`, borrowed for the call; `verify` looks at
 * those of peers. Returns owned: p2p__tls_id_free() it.
 * Errors: P2P_ENOMEM, P2P_ECRYPTO, what the key says.
 */
int p2p__tls_id_new(const struct p2p_key *key,
                    gnutls_certificate_verify_function *verify,
                    struct p2p__tls_id **out);

/* Frees it; NULL is fine. */
void p2p__tls_id_free(struct p2p__tls_id *id);

#endif
