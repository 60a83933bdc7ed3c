/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See cert.h. */
#include "cert.h"

#include <stdint.h>
#include <time.h>

#include <gnutls/x509.h>

#define DAY_S 86400

static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    static const uint8_t serial[] = {1};
    time_t now = time(NULL);
    int rv = gnutls_x509_crt_set_version(crt, 3);

    rv = rv < 0 ? rv : gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
    rv = rv < 0 ? rv : gnutls_x509_crt_set_activation_time(crt, now - DAY_S);
    rv = rv < 0 ? rv : gnutls_x509_crt_set_expiration_time(crt, now + DAY_S);
    rv = rv < 0 ? rv : gnutls_x509_crt_set_dn(crt, "CN=harness", NULL);
    rv = rv < 0 ? rv : gnutls_x509_crt_set_key(crt, key);
    return rv < 0 ? rv
                  : gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

int cert_make(struct cert *c)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;
    int rv = gnutls_x509_crt_init(&crt);

    *c = (struct cert){.cert = {NULL, 0}};
    rv = rv < 0 ? rv : gnutls_x509_privkey_init(&key);
    rv = rv < 0 ? rv
                : gnutls_x509_privkey_generate(
                      key, GNUTLS_PK_ECDSA,
                      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    rv = rv < 0 ? rv : fill(crt, key);
    rv = rv < 0 ? rv
                : gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &c->cert);
    rv = rv < 0
             ? rv
             : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &c->key);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(crt);
    return rv;
}

void cert_fini(struct cert *c)
{
    gnutls_free(c->cert.data);
    gnutls_free(c->key.data);
    *c = (struct cert){.cert = {NULL, 0}};
}
