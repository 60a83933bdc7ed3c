/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See web_cert.h. */
#include "web_cert.h"

#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#include "unit.h"

static void sign(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    static const unsigned char serial[] = {7}, ip[] = {127, 0, 0, 1};

    assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(crt, serial, 1), 0);
    assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
    assert_int_equal(
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip,
                                             sizeof ip, GNUTLS_FSAN_APPEND),
        0);
    assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0),
                     0);
}

void web_cert_make(struct web_cert *c, const char *name, long from_s, long to_s)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;

    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA,
                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(
        gnutls_x509_crt_set_activation_time(crt, time(NULL) + from_s), 0);
    assert_int_equal(
        gnutls_x509_crt_set_expiration_time(crt, time(NULL) + to_s), 0);
    assert_int_equal(
        gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                      (unsigned)strlen(name)),
        0);
    assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
                         crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                         GNUTLS_FSAN_SET),
                     0);
    sign(crt, key);
    c->cert_len = sizeof c->cert;
    c->key_len = sizeof c->key;
    assert_int_equal(
        gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, c->cert, &c->cert_len),
        0);
    assert_int_equal(gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM,
                                                c->key, &c->key_len),
                     0);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

void web_cert_good(struct web_cert *c, const char *name)
{
    web_cert_make(c, name, -3600, 3600);
}
