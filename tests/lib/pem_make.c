/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pem_make.h"

#include <assert.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

EVP_PKEY *pem_key(int rsa_bits)
{
    EVP_PKEY *key =
        rsa_bits > 0 ? EVP_RSA_gen((unsigned)rsa_bits) : EVP_EC_gen("P-256");

    assert(key != NULL);
    return key;
}

static void add_entry(X509_NAME *name, int nid, const char *text)
{
    if (text != NULL)
        X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                   (const unsigned char *)text, -1, -1, 0);
}

static void take_bio(struct um_buf *out, BIO *bio)
{
    char *text = NULL;
    long n = BIO_get_mem_data(bio, &text);

    um_buf_add(out, text, (size_t)n);
    BIO_free(bio);
}

void pem_add_cert(struct um_buf *out, EVP_PKEY *key,
                  const struct pem_cert *cert)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    BIO *bio = BIO_new(BIO_s_mem());

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    ASN1_TIME_set_string(X509_getm_notBefore(x), "260101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x), "261231235959Z");
    add_entry(name, NID_commonName, cert->common_name);
    add_entry(name, NID_organizationName, cert->organization);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    if (cert->alt_names != NULL) {
        X509_EXTENSION *ext = X509V3_EXT_conf_nid(
            NULL, NULL, NID_subject_alt_name, cert->alt_names);

        X509_add_ext(x, ext, -1);
        X509_EXTENSION_free(ext);
    }
    X509_sign(x, key, EVP_sha256());
    PEM_write_bio_X509(bio, x);
    X509_free(x);
    take_bio(out, bio);
}

void pem_add_key(struct um_buf *out, EVP_PKEY *key, bool old)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (old)
        PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL,
                                             NULL);
    else
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    take_bio(out, bio);
}
