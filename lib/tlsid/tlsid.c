/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The credentials of a host: see tlsid.h. TLS 1.3 alone, with the ciphers that
 * are fast on machines with AES first; the server's order counts.
 */
#include "tlsid/tlsid.h"

#include "base/mem.h"

#define PRIORITY                                                  \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:"                              \
    "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"   \
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:" \
    "%DISABLE_TLS13_COMPAT_MODE:%SERVER_PRECEDENCE"

/* Gives GnuTLS the certificate and its key. */
static int set_certificate(gnutls_certificate_credentials_t creds,
                           const struct p2p_key *key)
{
    struct p2p__cert cert;
    gnutls_datum_t der, secret;
    int e, rv = p2p__cert_make(key, &cert);

    if (rv != 0) {
        return rv;
    }
    der = (gnutls_datum_t){.data = cert.der, .size = (unsigned)cert.der_len};
    secret = (gnutls_datum_t){.data = cert.key, .size = (unsigned)cert.key_len};
    e = gnutls_certificate_set_x509_key_mem(creds, &der, &secret,
                                            GNUTLS_X509_FMT_DER);
    if (e < 0) {
        rv = e == GNUTLS_E_MEMORY_ERROR ? P2P_ENOMEM : P2P_ECRYPTO;
    }
    p2p__cert_fini(&cert);
    return rv;
}

int p2p__tls_id_new(const struct p2p_key *key,
                    gnutls_certificate_verify_function *verify,
                    struct p2p__tls_id **out)
{
    struct p2p__tls_id *id = p2p__zalloc(sizeof *id);

    *out = id;
    if (id == NULL) {
        return P2P_ENOMEM;
    }
    id->key = key;
    id->verify = verify;
    return 0;
}

void p2p__tls_id_free(struct p2p__tls_id *id)
{
    if (id == NULL) {
        return;
    }
    if (id->creds != NULL) {
        gnutls_certificate_free_credentials(id->creds);
    }
    if (id->priority != NULL) {
        gnutls_priority_deinit(id->priority);
    }
    p2p__free(id);
}

static int make_creds(struct p2p__tls_id *id)
{
    gnutls_certificate_credentials_t creds;
    int rv;

    if (gnutls_certificate_allocate_credentials(&creds) < 0) {
        return P2P_ENOMEM;
    }
    rv = set_certificate(creds, id->key);
    if (rv != 0) {
        gnutls_certificate_free_credentials(creds);
        return rv;
    }
    gnutls_certificate_set_verify_function(creds, id->verify);
    id->creds = creds;
    return 0;
}

/* What the first session finds is not there yet. Once it is, it stays; until
 * then the next one tries again. */
static int make(struct p2p__tls_id *id)
{
    if (id->priority == NULL &&
        gnutls_priority_init(&id->priority, PRIORITY, NULL) < 0) {
        id->priority = NULL;
        return P2P_ENOMEM;
    }
    return id->creds != NULL ? 0 : make_creds(id);
}

int p2p__tls_id_apply(struct p2p__tls_id *id, gnutls_session_t session)
{
    int rv = make(id);

    if (rv != 0) {
        return rv;
    }
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    return gnutls_priority_set(session, id->priority) < 0 ||
                   gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                                          id->creds) < 0
               ? P2P_ENOMEM
               : 0;
}

int p2p__tls_judge(gnutls_session_t session, struct p2p__env *env,
                   const struct p2p_peer_id *expected,
                   struct p2p__cert_owner *owner)
{
    unsigned count = 0;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(session, &count);
    int64_t wall_s = env->wall_ns(env) / INT64_C(1000000000);
    int rv;

    if (certs == NULL || count != 1) {
        return P2P_EAUTH;
    }
    rv = p2p__cert_open(p2p__slice_of(certs->data, certs->size), wall_s, owner);
    if (rv == 0 && expected->len > 0 &&
        !p2p_peer_id_equal(&owner->id, expected)) {
        rv = P2P_EPEER;
    }
    return rv;
}

int p2p__tls_bind(gnutls_session_t session,
                  uint8_t binding[P2P__TLS_BINDING_BYTES])
{
    gnutls_datum_t cb = {.data = NULL};
    int rv = 0;

    if (gnutls_session_channel_binding(session, GNUTLS_CB_TLS_EXPORTER, &cb) <
            0 ||
        cb.size != P2P__TLS_BINDING_BYTES) {
        rv = P2P_ECRYPTO;
    } else {
        memcpy(binding, cb.data, P2P__TLS_BINDING_BYTES);
    }
    gnutls_free(cb.data);
    return rv;
}
