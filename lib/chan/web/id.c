/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Certificates and authorities of secure WebSockets: see id.h. TLS 1.2 and 1.3
 * with the ciphers that authenticate: browsers, proxies and go speak both.
 */
#include "chan/web/id.h"

#include "base/mem.h"

#define PRIORITY                                                \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:"               \
    "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:" \
    "%SERVER_PRECEDENCE"

/* GnuTLS wants unsigned bytes that it could write to, and does not. */
static gnutls_datum_t datum(const char *p, size_t len)
{
    union {
        const char *c;
        unsigned char *m;
    } u = {.c = p};

    return (gnutls_datum_t){.data = u.m, .size = (unsigned)len};
}

static int set_certificate(struct p2p__web_id *id,
                           const struct p2p__web_cfg *cfg)
{
    gnutls_datum_t cert = datum(cfg->cert, cfg->cert_len);
    gnutls_datum_t key = datum(cfg->key, cfg->key_len);

    if (cfg->cert == NULL && cfg->key == NULL) {
        return 0;
    }
    if (cfg->cert == NULL || cfg->key == NULL) {
        return P2P_EINVAL;
    }
    if (gnutls_certificate_set_x509_key_mem(id->creds, &cert, &key,
                                            GNUTLS_X509_FMT_PEM) < 0) {
        return P2P_EFORMAT;
    }
    id->serves = true;
    return 0;
}

static int set_authorities(struct p2p__web_id *id,
                           const struct p2p__web_cfg *cfg)
{
    gnutls_datum_t ca = datum(cfg->ca, cfg->ca_len);

    id->trust_due = cfg->ca == NULL && !cfg->insecure;
    if (cfg->insecure || cfg->ca == NULL) {
        return 0;
    }
    return gnutls_certificate_set_x509_trust_mem(id->creds, &ca,
                                                 GNUTLS_X509_FMT_PEM) <= 0
               ? P2P_EFORMAT
               : 0;
}

int p2p__web_id_new(const struct p2p__web_cfg *cfg, struct p2p__web_id **out)
{
    struct p2p__web_id *id = p2p__zalloc(sizeof *id);
    int rv = 0;

    *out = NULL;
    if (id == NULL) {
        return P2P_ENOMEM;
    }
    id->refs = 1;
    id->insecure = cfg->insecure;
    if (gnutls_certificate_allocate_credentials(&id->creds) < 0 ||
        gnutls_priority_init(&id->priority, PRIORITY, NULL) < 0) {
        rv = P2P_ENOMEM;
    } else {
        rv = set_certificate(id, cfg);
    }
    if (rv == 0) {
        rv = set_authorities(id, cfg);
    }
    if (rv != 0) {
        p2p__web_id_unref(id);
        return rv;
    }
    *out = id;
    return 0;
}

int p2p__web_id_trust(struct p2p__web_id *id)
{
    if (!id->trust_due) {
        return 0;
    }
    if (gnutls_certificate_set_x509_system_trust(id->creds) <= 0) {
        return P2P_ENOTFOUND;
    }
    id->trust_due = false;
    return 0;
}

struct p2p__web_id *p2p__web_id_ref(struct p2p__web_id *id)
{
    assert(id->refs > 0);
    id->refs++;
    return id;
}

void p2p__web_id_unref(struct p2p__web_id *id)
{
    if (id == NULL || --id->refs > 0) {
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
