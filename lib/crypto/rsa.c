/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * RSA: a public key is a SubjectPublicKeyInfo, a private one PKCS #1, and a
 * signature PKCS #1 v1.5 over SHA-256.
 *
 * A public key has one DER encoding, and for moduli of 2048 to 8192 bits its
 * lengths stand at fixed places. So there is no ASN.1 reader here: the length
 * of the modulus is read, all around it is written anew and compared. What
 * passes has a size that arithmetic can be let loose on (T10: a key of 16,384
 * bits is refused by its length).
 */
#include "crypto/sign.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "crypto/evp.h"

#define GENERATE_BITS  2048
#define HEAD_BYTES     32U /* all before the modulus */
#define MODULUS_LEN_AT 30U
#define EXPONENT_HEAD  2U
#define EXPONENT_MAX   4U /* bytes, as in Go; 65537 has three */
#define MODULUS_MAX    (P2P__RSA_BITS_MAX / 8 + 1)
#define VERSION_END    7 /* of a private key: what is behind its version */
#define PUBLIC_MAX     (HEAD_BYTES + MODULUS_MAX + EXPONENT_HEAD + EXPONENT_MAX)

/* The two integers of a public key, as DER has them: with a zero in front
 * where the top bit is set. */
struct public_parts {
    struct p2p__slice n;
    struct p2p__slice e;
};

static void put_u16(uint8_t *p, size_t v)
{
    assert(v <= UINT16_MAX);
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Writes all before the modulus for integers of these lengths. */
static void put_head(uint8_t head[HEAD_BYTES], size_t n_len, size_t e_len)
{
    static const uint8_t plain[HEAD_BYTES] = {
        0x30, 0x82, 0,    0,                                  /* sequence */
        0x30, 0x0d,                                           /* algorithm */
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, /* rsa- */
        0x01, 0x01, 0x05, 0x00,                               /* Encryption */
        0x03, 0x82, 0,    0,    0x00,                         /* bit string */
        0x30, 0x82, 0,    0,                                  /* sequence */
        0x02, 0x82, 0,    0,                                  /* modulus */
    };
    size_t all = HEAD_BYTES + n_len + EXPONENT_HEAD + e_len;

    memcpy(head, plain, HEAD_BYTES);
    put_u16(head + 2, all - 4);
    put_u16(head + 21, all - 23);
    put_u16(head + 26, all - 28);
    put_u16(head + MODULUS_LEN_AT, n_len);
}

/* The bits of a positive DER integer; 0 if it is not in shortest form. */
static size_t integer_bits(struct p2p__slice i)
{
    size_t bits;

    if (i.len > 1 && i.p[0] == 0) {
        if (i.p[1] < 0x80) {
            return 0;
        }
        p2p__slice_skip(&i, 1);
    } else if (i.len == 0 || i.p[0] == 0 || i.p[0] >= 0x80) {
        return 0;
    }
    bits = i.len * 8;
    for (uint8_t top = 0x80; (i.p[0] & top) == 0; top >>= 1) {
        bits--;
    }
    return bits;
}

/* Whether the numbers could be those of a key: sizes, and both odd. */
static int check_parts(const struct public_parts *k)
{
    size_t bits = integer_bits(k->n);

    if (bits == 0 || integer_bits(k->e) < 2 ||
        (k->n.p[k->n.len - 1] & 1) == 0 || (k->e.p[k->e.len - 1] & 1) == 0) {
        return P2P_EFORMAT;
    }
    if (bits < P2P__RSA_BITS_MIN || bits > P2P__RSA_BITS_MAX) {
        return P2P_ENOTSUP;
    }
    return 0;
}

/* Finds the integers of a public key. Errors: as check(). */
static int split(struct p2p__slice pub, struct public_parts *k)
{
    uint8_t head[HEAD_BYTES];
    size_t n_len;
    size_t rest;

    if (pub.len < HEAD_BYTES || pub.p[0] != 0x30) {
        return P2P_EFORMAT;
    }
    /* A modulus under 128 bytes has shorter lengths all over. */
    if (pub.p[1] != 0x82 || pub.len > PUBLIC_MAX) {
        return P2P_ENOTSUP;
    }
    n_len = (size_t)pub.p[MODULUS_LEN_AT] << 8 | pub.p[MODULUS_LEN_AT + 1];
    rest = pub.len - HEAD_BYTES;
    if (n_len > rest || rest - n_len <= EXPONENT_HEAD) {
        return P2P_EFORMAT;
    }
    k->n = p2p__slice_of(pub.p + HEAD_BYTES, n_len);
    rest -= n_len + EXPONENT_HEAD;
    k->e = p2p__slice_of(pub.p + pub.len - rest, rest);
    put_head(head, n_len, rest);
    if (memcmp(head, pub.p, HEAD_BYTES) != 0 || rest > EXPONENT_MAX ||
        k->e.p[-2] != 0x02 || k->e.p[-1] != rest) {
        return P2P_EFORMAT;
    }
    return check_parts(k);
}

static int check(const struct p2p__sign_alg *alg, struct p2p__slice pub)
{
    struct public_parts k;

    return split(pub, &k);
}

/* OpenSSL's object of a public key, or NULL. */
static EVP_PKEY *public_key(const struct public_parts *k)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(k->n.p, (int)k->n.len, NULL);
    BIGNUM *e = BN_bin2bn(k->e.p, (int)k->e.len, NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (build != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (params != NULL) {
        key = p2p__evp_key("RSA", EVP_PKEY_PUBLIC_KEY, params);
    }
    OSSL_PARAM_free(params);
    BN_free(e);
    BN_free(n);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static int verify(const struct p2p__sign_alg *alg, struct p2p__slice pub,
                  struct p2p__slice msg, struct p2p__slice sig)
{
    struct public_parts k;
    EVP_PKEY *key;
    int err = split(pub, &k);

    if (err != 0) {
        return err;
    }
    key = public_key(&k);
    if (key == NULL) {
        return P2P_ENOMEM;
    }
    err = p2p__evp_verify(key, msg, sig);
    EVP_PKEY_free(key);
    return err;
}

static int generate(const struct p2p__sign_alg *alg, void **key)
{
    *key = EVP_RSA_gen(GENERATE_BITS);
    ERR_clear_error();
    return *key != NULL ? 0 : P2P_ECRYPTO;
}

/* Writes a number as a DER integer's content. Returns its length. */
static size_t put_integer(const BIGNUM *v, uint8_t *p, size_t cap)
{
    size_t len = (size_t)BN_num_bytes(v);

    if (len == 0 || len >= cap) {
        return 0;
    }
    p[0] = 0;
    (void)BN_bn2bin(v, p + 1);
    if (p[1] < 0x80) {
        memmove(p, p + 1, len);
        return len;
    }
    return len + 1;
}

/* Writes one number of a key as a DER integer's content; 0: it does not fit. */
static size_t put_param(const EVP_PKEY *key, const char *name, uint8_t *p,
                        size_t cap)
{
    BIGNUM *v = NULL;
    size_t len = 0;

    if (EVP_PKEY_get_bn_param(key, name, &v) == 1) {
        len = put_integer(v, p, cap);
    }
    BN_free(v);
    return len;
}

static int save_public(const struct p2p__sign_alg *alg, const void *key,
                       uint8_t *buf, size_t cap)
{
    uint8_t pub[PUBLIC_MAX + 1];
    uint8_t e[EXPONENT_MAX + 1];
    size_t n_len = put_param(key, OSSL_PKEY_PARAM_RSA_N, pub + HEAD_BYTES,
                             MODULUS_MAX + 1);
    size_t e_len = put_param(key, OSSL_PKEY_PARAM_RSA_E, e, sizeof e);
    size_t len = HEAD_BYTES + n_len + EXPONENT_HEAD + e_len;
    struct p2p__slice all;
    int err;

    if (n_len == 0 || e_len == 0 || e_len > EXPONENT_MAX) {
        return P2P_ENOTSUP;
    }
    put_head(pub, n_len, e_len);
    pub[HEAD_BYTES + n_len] = 0x02;
    pub[HEAD_BYTES + n_len + 1] = (uint8_t)e_len;
    memcpy(pub + HEAD_BYTES + n_len + EXPONENT_HEAD, e, e_len);
    err = check(alg, p2p__slice_of(pub, len));
    if (err != 0) {
        return err;
    }
    all = p2p__slice_of(pub, len);
    return p2p__sign_write(&all, 1, buf, cap);
}

static int load(const struct p2p__sign_alg *alg, struct p2p__slice priv,
                void **key)
{
    const uint8_t *p = priv.p;
    EVP_PKEY *k = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)priv.len);
    int err = P2P_EFORMAT;

    ERR_clear_error();
    if (k != NULL && p == priv.p + priv.len) {
        err = save_public(alg, k, NULL, 0);
    }
    if (err > 0) {
        err = p2p__evp_self_test(k);
    }
    if (err != 0) {
        EVP_PKEY_free(k);
        return err;
    }
    *key = k;
    return 0;
}

/* Whether this is PKCS #1: a version, and then the modulus. Without memory for
 * that form OpenSSL goes on to the next that it knows, PKCS #8. */
static bool is_pkcs1(const uint8_t *der, int len)
{
    return len > VERSION_END && der[VERSION_END] == 0x02;
}

static int save(const struct p2p__sign_alg *alg, const void *key, uint8_t *buf,
                size_t cap)
{
    uint8_t *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    int rv = len;

    (void)alg;
    ERR_clear_error();
    if (len <= 0) {
        return P2P_ENOMEM;
    }
    if (!is_pkcs1(der, len)) {
        rv = P2P_ENOMEM;
    } else if (buf != NULL && (size_t)len > cap) {
        rv = P2P_ETOOBIG;
    } else if (buf != NULL) {
        memcpy(buf, der, (size_t)len);
    }
    OPENSSL_clear_free(der, (size_t)len);
    return rv;
}

static int sign(const struct p2p__sign_alg *alg, const void *key,
                struct p2p__slice msg, uint8_t *sig)
{
    union {
        const void *c;
        EVP_PKEY *m; /* OpenSSL counts references, so it wants it writable */
    } k = {.c = key};

    return p2p__evp_sign(k.m, msg, sig, P2P_SIGNATURE_MAX);
}

static void drop(void *key)
{
    EVP_PKEY_free(key);
}

const struct p2p__sign_alg p2p__sign_rsa = {
    .check = check,
    .verify = verify,
    .generate = generate,
    .load = load,
    .save = save,
    .save_public = save_public,
    .sign = sign,
    .drop = drop,
};
