/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reading: see cert.h. OpenSSL takes the DER apart; all that a peer may choose
 * is then held against a list before it is used: one certificate and no byte
 * behind it, a key of a kind and size whose arithmetic is bounded, a signature
 * that is strong, the extension once, no critical one besides that OpenSSL does
 * not know, and no unique ids. Then two signatures: the certificate's own, and
 * the host's.
 */
#include "ident/cert.h"

#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "crypto/sign.h"
#include "ident/cert_parts.h"

#define PREFIX "libp2p-tls-handshake:"

/* A signature with less than this is none: SHA-1 has 80 at the most. */
#define SIGNATURE_BITS_MIN 112

int p2p__cert_text(X509 *x, struct p2p__cert_text *text)
{
    X509_PUBKEY *key = X509_get_X509_PUBKEY(x);
    int len = i2d_X509_PUBKEY(key, NULL);
    uint8_t *end = text->bytes + strlen(PREFIX);

    if (len <= 0) {
        return P2P_ECRYPTO;
    }
    if ((size_t)len > P2P__CERT_SPKI_MAX) {
        return P2P_ENOTSUP;
    }
    memcpy(text->bytes, PREFIX, strlen(PREFIX));
    len = i2d_X509_PUBKEY(key, &end);
    text->len = (size_t)(end - text->bytes);
    return len > 0 ? 0 : P2P_ECRYPTO;
}

/* Whether an elliptic key is on a curve with a name that we take. */
static bool curve_ok(const EVP_PKEY *key)
{
    static const char *const curves[] = {"prime256v1", "secp384r1",
                                         "secp521r1"};
    char name[32];
    int explicit = 0;

    if (EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1 ||
        EVP_PKEY_get_int_param(key,
                               OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &explicit) != 1 ||
        explicit != 0) {
        return false;
    }
    for (size_t i = 0; i < P2P__COUNT(curves); i++) {
        if (strcmp(name, curves[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the arithmetic of a key is bounded, and of today. */
static bool key_ok(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);

    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA:
        case EVP_PKEY_RSA_PSS:
            return bits >= (int)P2P__RSA_BITS_MIN &&
                   bits <= (int)P2P__RSA_BITS_MAX;
        case EVP_PKEY_EC:
            return curve_ok(key);
        default:
            return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    }
}

/* Whether a certificate holds now, and signs for itself. */
static int check_self(X509 *x, int64_t wall_s)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    const ASN1_BIT_STRING *issuer, *subject;
    time_t now = (time_t)wall_s;
    int bits;

    X509_get0_uids(x, &issuer, &subject);
    if (X509_get_version(x) != X509_VERSION_3 || issuer != NULL ||
        subject != NULL) {
        return P2P_EFORMAT;
    }
    if (key == NULL || !key_ok(key) ||
        X509_get_signature_info(x, NULL, NULL, &bits, NULL) != 1 ||
        bits < SIGNATURE_BITS_MIN) {
        return P2P_ENOTSUP;
    }
    if (X509_cmp_time(X509_get0_notBefore(x), &now) >= 0 ||
        X509_cmp_time(X509_get0_notAfter(x), &now) <= 0 ||
        X509_verify(x, key) != 1) {
        return P2P_EAUTH;
    }
    return 0;
}

/* Finds the one extension; another critical one has to be known. */
static int find_extension(X509 *x, struct p2p__slice *value)
{
    int n = X509_get_ext_count(x);

    value->p = NULL;
    for (int i = 0; i < n; i++) {
        X509_EXTENSION *e = X509_get_ext(x, i);
        const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(e);
        char oid[sizeof P2P__CERT_OID + 1] = "";

        (void)OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(e), 1);
        if (strcmp(oid, P2P__CERT_OID) == 0) {
            if (value->p != NULL) {
                return P2P_EFORMAT;
            }
            *value = p2p__slice_of(ASN1_STRING_get0_data(data),
                                   (size_t)ASN1_STRING_length(data));
        } else if (X509_EXTENSION_get_critical(e) != 0 &&
                   X509_supported_extension(e) != 1) {
            return P2P_ENOTSUP;
        }
    }
    return value->p != NULL ? 0 : P2P_EFORMAT;
}

/* The octets of a member of a sequence; none: it is of another type. */
static struct p2p__slice octets(const ASN1_SEQUENCE_ANY *seq, int i)
{
    const ASN1_TYPE *t = sk_ASN1_TYPE_value(seq, i);
    struct p2p__slice s = {.p = NULL};

    if (t != NULL && ASN1_TYPE_get(t) == V_ASN1_OCTET_STRING) {
        s = p2p__slice_of(ASN1_STRING_get0_data(t->value.octet_string),
                          (size_t)ASN1_STRING_length(t->value.octet_string));
    }
    return s;
}

/* Whether the host's key signed for the certificate's. */
static int check_host(X509 *x, struct p2p__slice pubkey, struct p2p__slice sig)
{
    struct p2p__cert_text text;
    int rv = p2p__cert_text(x, &text);

    if (rv != 0) {
        return rv;
    }
    return p2p_pubkey_verify(pubkey.p, pubkey.len, text.bytes, text.len, sig.p,
                             sig.len);
}

/* Reads the extension: SignedKey. */
static int read_owner(X509 *x, struct p2p__slice value,
                      struct p2p__cert_owner *owner)
{
    const uint8_t *p = value.p;
    ASN1_SEQUENCE_ANY *seq = d2i_ASN1_SEQUENCE_ANY(NULL, &p, (long)value.len);
    struct p2p__slice pubkey = octets(seq, 0), sig = octets(seq, 1);
    int rv = P2P_EFORMAT;

    if (p == value.p + value.len && sk_ASN1_TYPE_num(seq) == 2 &&
        pubkey.p != NULL && sig.p != NULL) {
        rv = check_host(x, pubkey, sig);
    }
    if (rv == 0) {
        rv = p2p_peer_id_from_pubkey(pubkey.p, pubkey.len, &owner->id);
    }
    if (rv == 0) {
        assert(pubkey.len <= sizeof owner->pubkey);
        memcpy(owner->pubkey, pubkey.p, pubkey.len);
        owner->pubkey_len = pubkey.len;
    }
    sk_ASN1_TYPE_pop_free(seq, ASN1_TYPE_free);
    return rv;
}

int p2p__cert_open(struct p2p__slice der, int64_t wall_s,
                   struct p2p__cert_owner *owner)
{
    const uint8_t *p = der.p;
    struct p2p__slice value;
    X509 *x;
    int rv = P2P_EFORMAT;

    if (der.len > P2P__CAP_CERT_BYTES) {
        return P2P_ETOOBIG;
    }
    x = d2i_X509(NULL, &p, (long)der.len);
    if (x != NULL && p == der.p + der.len) {
        rv = check_self(x, wall_s);
    }
    if (rv == 0) {
        rv = find_extension(x, &value);
    }
    if (rv == 0) {
        rv = read_owner(x, value, owner);
    }
    X509_free(x);
    ERR_clear_error();
    return rv;
}

void p2p__cert_fini(struct p2p__cert *cert)
{
    if (cert->key != NULL) {
        p2p__wipe(cert->key, cert->key_len);
    }
    p2p__free(cert->key);
    p2p__free(cert->der);
    *cert = (struct p2p__cert){.der = NULL};
}
