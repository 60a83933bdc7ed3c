/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Making: see cert.h. What can fail is memory, OpenSSL, and a host's key that
 * is somewhere else.
 */
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "ident/cert.h"
#include "ident/cert_parts.h"

/* The first and the last day of a certificate; a clock between these is not
 * asked of anybody. GeneralizedTime and UTCTime as RFC 5280 wants them. */
#define NOT_BEFORE "19750101000000Z"
#define NOT_AFTER  "40960101000000Z"

#define SERIAL_BITS 64

/* Adds an octet string to a sequence; false: no memory. */
static bool add_octets(ASN1_SEQUENCE_ANY *seq, const uint8_t *p, size_t len)
{
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_TYPE *t = ASN1_TYPE_new();

    if (s == NULL || t == NULL || ASN1_OCTET_STRING_set(s, p, (int)len) != 1) {
        ASN1_OCTET_STRING_free(s);
        ASN1_TYPE_free(t);
        return false;
    }
    ASN1_TYPE_set(t, V_ASN1_OCTET_STRING, s);
    if (sk_ASN1_TYPE_push(seq, t) <= 0) {
        ASN1_TYPE_free(t);
        return false;
    }
    return true;
}

/* SignedKey's DER; owned by OpenSSL, or NULL. */
static uint8_t *signed_key(struct p2p__slice pubkey, struct p2p__slice sig,
                           int *len)
{
    ASN1_SEQUENCE_ANY *seq = sk_ASN1_TYPE_new_null();
    uint8_t *der = NULL;

    *len = -1;
    if (seq != NULL && add_octets(seq, pubkey.p, pubkey.len) &&
        add_octets(seq, sig.p, sig.len)) {
        *len = i2d_ASN1_SEQUENCE_ANY(seq, &der);
    }
    sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
    return *len > 0 ? der : NULL;
}

/* Adds the extension with this value, borrowed. */
static bool add_value(X509 *x, uint8_t *der, int len)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(P2P__CERT_OID, 1);
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    X509_EXTENSION *e = NULL;
    bool ok = false;

    if (oid != NULL && s != NULL && ASN1_OCTET_STRING_set(s, der, len) == 1) {
        e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, s);
        ok = e != NULL && X509_add_ext(x, e, -1) == 1;
    }
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(s);
    ASN1_OBJECT_free(oid);
    return ok;
}

/* The host signs for the certificate's key. */
static int add_extension(X509 *x, const struct p2p_key *host)
{
    struct p2p__cert_text text;
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t sig_len, pub_len;
    const uint8_t *pub = p2p_key_public(host, &pub_len);
    uint8_t *der;
    int len, rv = p2p__cert_text(x, &text);

    if (rv == 0) {
        rv = p2p_key_sign(host, text.bytes, text.len, sig, &sig_len);
    }
    if (rv != 0) {
        return rv;
    }
    der = signed_key(p2p__slice_of(pub, pub_len), p2p__slice_of(sig, sig_len),
                     &len);
    rv = der != NULL && add_value(x, der, len) ? 0 : P2P_ENOMEM;
    OPENSSL_free(der);
    return rv;
}

/* Sets all of a certificate but extension and signature. */
static bool fill(X509 *x, EVP_PKEY *key)
{
    BIGNUM *serial = BN_new();
    bool ok =
        serial != NULL &&
        BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) ==
            1 &&
        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x)) != NULL &&
        X509_set_version(x, X509_VERSION_3) == 1 &&
        ASN1_TIME_set_string_X509(X509_getm_notBefore(x), NOT_BEFORE) == 1 &&
        ASN1_TIME_set_string_X509(X509_getm_notAfter(x), NOT_AFTER) == 1 &&
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "O", MBSTRING_ASC,
                                   (const uint8_t *)"libp2p", -1, -1, 0) == 1 &&
        X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
        X509_set_pubkey(x, key) == 1;

    BN_free(serial);
    return ok;
}

/* Owned copies of the DER of both, into `cert`. */
static int save(X509 *x, EVP_PKEY *key, struct p2p__cert *cert)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    uint8_t *x_der = NULL, *key_der = NULL;
    int x_len = i2d_X509(x, &x_der);
    int key_len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &key_der) : -1;
    int rv = P2P_ENOMEM;

    if (x_len > 0 && key_len > 0) {
        cert->der = p2p__memdup(x_der, (size_t)x_len);
        cert->der_len = (size_t)x_len;
        cert->key = p2p__memdup(key_der, (size_t)key_len);
        cert->key_len = (size_t)key_len;
        rv = cert->der != NULL && cert->key != NULL ? 0 : P2P_ENOMEM;
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(x_der);
    OPENSSL_clear_free(key_der, key_len > 0 ? (size_t)key_len : 0);
    return rv;
}

int p2p__cert_make(const struct p2p_key *host, struct p2p__cert *cert)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    int rv = P2P_ECRYPTO;

    *cert = (struct p2p__cert){.der = NULL};
    if (key != NULL && x != NULL && fill(x, key)) {
        rv = add_extension(x, host);
    }
    if (rv == 0 && X509_sign(x, key, EVP_sha256()) <= 0) {
        rv = P2P_ECRYPTO;
    }
    if (rv == 0) {
        rv = save(x, key, cert);
    }
    if (rv != 0) {
        p2p__cert_fini(cert);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return rv;
}
