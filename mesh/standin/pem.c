/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bundles, by libcrypto. Happy path: blocks are read one by one, in any order,
 * and make one key and a chain. Failure modes: a block of another kind, one
 * that cannot be decoded, no key, two keys, no certificate.
 */
#include "mesh/standin/pem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "p2p/err.h"

enum { TEXT_MAX = 256 };

struct bundle {
    EVP_PKEY *key;
    X509 *chain[UM__CAP_STANDIN_CHAIN];
    size_t count;
};

/* One PEM block. */
struct block {
    char *type;
    char *header;
    unsigned char *data;
    long len;
};

static EVP_PKEY *decode_pkcs8(const struct block *b)
{
    const unsigned char *p = b->data;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, b->len);
    EVP_PKEY *key = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

/* The old forms name the algorithm in the block's type. */
static EVP_PKEY *decode_old_key(const struct block *b)
{
    static const struct {
        const char *type;
        int id;
    } kinds[] = {
        {"RSA PRIVATE KEY", EVP_PKEY_RSA},
        {"DSA PRIVATE KEY", EVP_PKEY_DSA},
        {"EC PRIVATE KEY", EVP_PKEY_EC},
    };
    const unsigned char *p = b->data;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(b->type, kinds[i].type) == 0)
            return d2i_PrivateKey(kinds[i].id, NULL, &p, b->len);
    }
    return NULL;
}

static X509 *decode_cert(const struct block *b)
{
    const unsigned char *p = b->data;

    if (strcmp(b->type, PEM_STRING_X509) == 0 ||
        strcmp(b->type, PEM_STRING_X509_OLD) == 0)
        return d2i_X509(NULL, &p, b->len);
    if (strcmp(b->type, PEM_STRING_X509_TRUSTED) == 0)
        return d2i_X509_AUX(NULL, &p, b->len);
    return NULL;
}

static bool add_key(struct bundle *bd, EVP_PKEY *key)
{
    if (bd->key == NULL) {
        bd->key = key;
        return true;
    }
    EVP_PKEY_free(key);
    return false;
}

static bool add_cert(struct bundle *bd, X509 *cert)
{
    if (bd->count < UM__CAP_STANDIN_CHAIN) {
        bd->chain[bd->count++] = cert;
        return true;
    }
    X509_free(cert);
    return false;
}

static bool add_block(struct bundle *bd, const struct block *b)
{
    EVP_PKEY *key = strcmp(b->type, PEM_STRING_PKCS8INF) == 0
                        ? decode_pkcs8(b)
                        : decode_old_key(b);
    X509 *cert;

    if (key != NULL)
        return add_key(bd, key);
    cert = decode_cert(b);
    return cert != NULL && add_cert(bd, cert);
}

static bool read_blocks(struct bundle *bd, BIO *bio)
{
    struct block b;
    bool ok = true;

    ERR_clear_error();
    while (ok && PEM_read_bio(bio, &b.type, &b.header, &b.data, &b.len)) {
        ok = add_block(bd, &b);
        OPENSSL_free(b.type);
        OPENSSL_free(b.header);
        OPENSSL_free(b.data);
    }
    if (ok)
        ok = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return ok && bd->key != NULL && bd->count > 0;
}

static void bundle_fini(struct bundle *bd)
{
    EVP_PKEY_free(bd->key);
    for (size_t i = 0; i < bd->count; i++)
        X509_free(bd->chain[i]);
}

static bool set_text(struct um_arena *a, struct um_sval *object, size_t i,
                     const char *name, struct um_str text)
{
    struct um_str kept;

    if (!um_arena_dup(a, text, &kept))
        return false;
    um_sval_set(object, i, um_str(name), um_sval_string(kept));
    return true;
}

static bool set_key(struct um_arena *a, struct um_sval *object, EVP_PKEY *key)
{
    char text[TEXT_MAX];

    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA:
            snprintf(text, sizeof(text), "RSA (%d bits)",
                     EVP_PKEY_get_bits(key));
            break;
        case EVP_PKEY_DH:
            snprintf(text, sizeof(text), "DH (%d bits)",
                     EVP_PKEY_get_bits(key));
            break;
        case EVP_PKEY_EC:
            snprintf(text, sizeof(text), "ECDH");
            break;
        default:
            snprintf(text, sizeof(text), "unknown");
            break;
    }
    return set_text(a, object, 0, "key", um_str(text));
}

static bool set_time(struct um_arena *a, struct um_sval *object, size_t i,
                     const char *name, const ASN1_TIME *when)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = bio != NULL && ASN1_TIME_print(bio, when) == 1;

    if (ok) {
        long len = BIO_get_mem_data(bio, &text);

        ok = set_text(a, object, i, name, um_str_n(text, (size_t)len));
    }
    BIO_free(bio);
    return ok;
}

/* The DNS names among the alternative names. */
static bool alt_names_value(struct um_arena *a, STACK_OF(GENERAL_NAME) * names,
                            struct um_sval *out)
{
    int total = sk_GENERAL_NAME_num(names);
    size_t n = 0;

    if (!um_sval_array(a, (size_t)total, out))
        return false;
    for (int i = 0; i < total; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const unsigned char *p;
        struct um_str kept;

        if (name->type != GEN_DNS)
            continue;
        p = ASN1_STRING_get0_data(name->d.dNSName);
        kept = um_str_n((const char *)p,
                        (size_t)ASN1_STRING_length(name->d.dNSName));
        if (!um_arena_dup(a, kept, &kept))
            return false;
        out->items[n++] = um_sval_string(kept);
    }
    out->count = n;
    return true;
}

static const struct {
    int nid;
    const char *name;
} name_parts[] = {
    {NID_commonName, "common_name"},
    {NID_countryName, "country"},
    {NID_stateOrProvinceName, "state_or_province"},
    {NID_localityName, "locality"},
    {NID_organizationName, "organization"},
    {NID_organizationalUnitName, "department"},
};

enum { NAME_PARTS = sizeof(name_parts) / sizeof(name_parts[0]) };

/* A subject or an issuer; alternative names stand behind the common name. */
static bool name_value(struct um_arena *a, const X509_NAME *name,
                       STACK_OF(GENERAL_NAME) * alt, struct um_sval *out)
{
    size_t n = 0;

    if (!um_sval_object(a, NAME_PARTS + 1, out))
        return false;
    for (size_t i = 0; i < NAME_PARTS; i++) {
        char text[TEXT_MAX];
        int len = X509_NAME_get_text_by_NID(name, name_parts[i].nid, text,
                                            sizeof(text));

        if (i == 1 && alt != NULL) {
            out->members[n].name = UM_STR("alt_names");
            if (!alt_names_value(a, alt, &out->members[n++].value))
                return false;
        }
        if (len >= 0 && !set_text(a, out, n++, name_parts[i].name,
                                  um_str_n(text, (size_t)len)))
            return false;
    }
    assert(n <= out->count);
    out->count = n;
    return true;
}

static bool party_value(struct um_arena *a, const X509 *cert, bool issuer,
                        struct um_sval *out)
{
    STACK_OF(GENERAL_NAME) *alt = X509_get_ext_d2i(
        cert, issuer ? NID_issuer_alt_name : NID_subject_alt_name, NULL, NULL);
    bool ok = name_value(
        a, issuer ? X509_get_issuer_name(cert) : X509_get_subject_name(cert),
        alt, out);

    sk_GENERAL_NAME_pop_free(alt, GENERAL_NAME_free);
    return ok;
}

static bool cert_value(struct um_arena *a, const X509 *cert,
                       struct um_sval *out)
{
    struct um_sval validity;

    if (!um_sval_object(a, 3, out) || !um_sval_object(a, 2, &validity))
        return false;
    if (!set_time(a, &validity, 0, "since", X509_get0_notBefore(cert)) ||
        !set_time(a, &validity, 1, "until", X509_get0_notAfter(cert)))
        return false;
    out->members[0].name = UM_STR("subject");
    out->members[1].name = UM_STR("issuer");
    um_sval_set(out, 2, UM_STR("validity"), validity);
    return party_value(a, cert, false, &out->members[0].value) &&
           party_value(a, cert, true, &out->members[1].value);
}

static bool bundle_value(struct um_arena *a, const struct bundle *bd,
                         struct um_sval *out)
{
    struct um_sval *chain;

    if (!um_sval_object(a, 2, out) || !set_key(a, out, bd->key))
        return false;
    out->members[1].name = UM_STR("chain");
    chain = &out->members[1].value;
    if (!um_sval_array(a, bd->count, chain))
        return false;
    for (size_t i = 0; i < bd->count; i++) {
        if (!cert_value(a, bd->chain[i], &chain->items[i]))
            return false;
    }
    return true;
}

int um_spem_describe(struct um_str pem, struct um_arena *arena,
                     struct um_sval *out, bool *matches)
{
    struct bundle bd = {.key = NULL};
    BIO *bio;
    int rc = P2P_EFORMAT;

    if (pem.len == 0 || pem.len > INT32_MAX)
        return P2P_EFORMAT;
    bio = BIO_new_mem_buf(pem.p, (int)pem.len);
    if (bio == NULL)
        return P2P_ENOMEM;
    if (read_blocks(&bd, bio))
        rc = bundle_value(arena, &bd, out) ? 0 : P2P_ENOMEM;
    if (rc == 0)
        *matches = X509_check_private_key(bd.chain[0], bd.key) == 1;
    ERR_clear_error();
    bundle_fini(&bd);
    BIO_free(bio);
    return rc;
}
