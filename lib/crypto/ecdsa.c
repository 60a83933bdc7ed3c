/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ECDSA over SHA-256 on two curves: secp256k1, with Bitcoin's forms of keys
 * (compressed point, bare number) and its rule against malleable signatures
 * (S in the lower half); and P-256, with the fixed DER that RFC 5480 and
 * RFC 5915 make of a key. A fixed form is compared, not parsed. OpenSSL checks
 * that a point is on the curve and that a signature is strict DER.
 */
#include "crypto/sign.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include "base/mem.h"
#include "crypto/evp.h"

#define SCALAR_BYTES    32U
#define POINT_MAX       65U /* uncompressed */
#define SIGNATURE_BYTES 72U /* DER, two positive integers of 33 bytes */

struct curve {
    int nid;
    char name[12]; /* OpenSSL's */
    point_conversion_form_t form;
    size_t point_len;
    const uint8_t *pub_head; /* what stands before the point */
    size_t pub_head_len;
    const uint8_t *priv_head; /* what stands before the number */
    size_t priv_head_len;
    const uint8_t *priv_mid; /* between the number and the point */
    size_t priv_mid_len;
    bool priv_has_point;
    bool low_s;
};

static const struct curve secp256k1 = {
    .nid = NID_secp256k1,
    .name = "secp256k1",
    .form = POINT_CONVERSION_COMPRESSED,
    .point_len = 33,
    .low_s = true,
};

/* SubjectPublicKeyInfo: id-ecPublicKey, prime256v1, a bit string. */
static const uint8_t p256_pub_head[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};

/* ECPrivateKey: version 1, the number; then curve and public point. */
static const uint8_t p256_priv_head[] = {
    0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20,
};
static const uint8_t p256_priv_mid[] = {
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
    0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00,
};

static const struct curve p256 = {
    .nid = NID_X9_62_prime256v1,
    .name = "prime256v1",
    .form = POINT_CONVERSION_UNCOMPRESSED,
    .point_len = POINT_MAX,
    .pub_head = p256_pub_head,
    .pub_head_len = sizeof p256_pub_head,
    .priv_head = p256_priv_head,
    .priv_head_len = sizeof p256_priv_head,
    .priv_mid = p256_priv_mid,
    .priv_mid_len = sizeof p256_priv_mid,
    .priv_has_point = true,
};

struct ec_key {
    EVP_PKEY *pkey;
    uint8_t scalar[SCALAR_BYTES];
    uint8_t point[POINT_MAX];
};

/* Takes a fixed head off the front. */
static bool take(struct p2p__slice *s, const uint8_t *head, size_t len)
{
    if (s->len < len || (len > 0 && memcmp(s->p, head, len) != 0)) {
        return false;
    }
    p2p__slice_skip(s, len);
    return true;
}

/* Finds the point of a public key. */
static int split_public(const struct curve *c, struct p2p__slice pub,
                        struct p2p__slice *point)
{
    if (!take(&pub, c->pub_head, c->pub_head_len) || pub.len != c->point_len) {
        return P2P_EFORMAT;
    }
    /* The first byte says the form: 2 and 3 compressed, 4 not. */
    if (c->form == POINT_CONVERSION_COMPRESSED ? (pub.p[0] | 1) != 3
                                               : pub.p[0] != 4) {
        return P2P_EFORMAT;
    }
    *point = pub;
    return 0;
}

/* OpenSSL's object of a point, and of a number if there is one; or NULL. */
static EVP_PKEY *make_key(const struct curve *c, struct p2p__slice point,
                          const uint8_t *scalar)
{
    char name[sizeof c->name];
    uint8_t native[SCALAR_BYTES];
    BIGNUM *d = NULL;
    EVP_PKEY *key = NULL;
    OSSL_PARAM params[4];
    size_t n = 0;

    memcpy(name, c->name, sizeof name);
    params[n++] =
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
    params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                    point.p, point.len);
    if (scalar != NULL) {
        d = BN_bin2bn(scalar, SCALAR_BYTES, NULL);
        if (d == NULL || BN_bn2nativepad(d, native, sizeof native) < 0) {
            goto out;
        }
        params[n++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native,
                                              sizeof native);
    }
    params[n] = OSSL_PARAM_construct_end();
    key = p2p__evp_key(
        "EC", scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
out:
    p2p__wipe(native, sizeof native);
    BN_clear_free(d);
    return key;
}

/* The point that belongs to a number: 0, P2P_EFORMAT (not in 1..n-1). */
static int point_of(const struct curve *c, const uint8_t scalar[SCALAR_BYTES],
                    uint8_t *point)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
    EC_POINT *at = group != NULL ? EC_POINT_new(group) : NULL;
    BIGNUM *d = BN_bin2bn(scalar, SCALAR_BYTES, NULL);
    int err = P2P_ENOMEM;

    if (at == NULL || d == NULL) {
        goto out;
    }
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0) {
        err = P2P_EFORMAT;
        goto out;
    }
    BN_set_flags(d, BN_FLG_CONSTTIME);
    if (EC_POINT_mul(group, at, d, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, at, c->form, point, c->point_len, NULL) ==
            c->point_len) {
        err = 0;
    }
out:
    ERR_clear_error();
    BN_clear_free(d);
    EC_POINT_clear_free(at);
    EC_GROUP_free(group);
    return err;
}

static void drop(void *key)
{
    struct ec_key *k = key;

    EVP_PKEY_free(k->pkey);
    p2p__wipe(k, sizeof *k);
    p2p__free(k);
}

/* Makes a key of a number. */
static int load_scalar(const struct curve *c,
                       const uint8_t scalar[SCALAR_BYTES], void **key)
{
    struct ec_key *k = p2p__zalloc(sizeof *k);
    int err;

    if (k == NULL) {
        return P2P_ENOMEM;
    }
    memcpy(k->scalar, scalar, SCALAR_BYTES);
    err = point_of(c, scalar, k->point);
    if (err == 0) {
        k->pkey = make_key(c, p2p__slice_of(k->point, c->point_len), scalar);
        err = k->pkey != NULL ? 0 : P2P_ENOMEM;
    }
    if (err != 0) {
        drop(k);
        return err;
    }
    *key = k;
    return 0;
}

static int load(const struct p2p__sign_alg *alg, struct p2p__slice priv,
                void **key)
{
    const struct curve *c = alg->curve;
    struct p2p__slice scalar;
    struct ec_key *k;
    int err;

    if (!take(&priv, c->priv_head, c->priv_head_len) ||
        priv.len < SCALAR_BYTES) {
        return P2P_EFORMAT;
    }
    scalar = p2p__slice_of(priv.p, SCALAR_BYTES);
    p2p__slice_skip(&priv, SCALAR_BYTES);
    if (!take(&priv, c->priv_mid, c->priv_mid_len) ||
        priv.len != (c->priv_has_point ? c->point_len : 0)) {
        return P2P_EFORMAT;
    }
    err = load_scalar(c, scalar.p, key);
    if (err != 0) {
        return err;
    }
    k = *key;
    if (priv.len > 0 && memcmp(priv.p, k->point, priv.len) != 0) {
        drop(k);
        *key = NULL;
        return P2P_EFORMAT;
    }
    return 0;
}

static int generate(const struct p2p__sign_alg *alg, void **key)
{
    const struct curve *c = alg->curve;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
    BIGNUM *d = BN_secure_new();
    uint8_t scalar[SCALAR_BYTES];
    int err = P2P_ENOMEM;

    if (group == NULL || d == NULL) {
        goto out;
    }
    err = P2P_ECRYPTO;
    do {
        if (BN_priv_rand_range(d, EC_GROUP_get0_order(group)) != 1) {
            goto out;
        }
    } while (BN_is_zero(d));
    if (BN_bn2binpad(d, scalar, sizeof scalar) == (int)sizeof scalar) {
        err = load_scalar(c, scalar, key);
    }
out:
    ERR_clear_error();
    p2p__wipe(scalar, sizeof scalar);
    BN_clear_free(d);
    EC_GROUP_free(group);
    return err;
}

static int save_public(const struct p2p__sign_alg *alg, const void *key,
                       uint8_t *buf, size_t cap)
{
    const struct curve *c = alg->curve;
    const struct ec_key *k = key;
    struct p2p__slice parts[] = {
        p2p__slice_of(c->pub_head, c->pub_head_len),
        p2p__slice_of(k->point, c->point_len),
    };

    return p2p__sign_write(parts, P2P__COUNT(parts), buf, cap);
}

static int save(const struct p2p__sign_alg *alg, const void *key, uint8_t *buf,
                size_t cap)
{
    const struct curve *c = alg->curve;
    const struct ec_key *k = key;
    struct p2p__slice parts[] = {
        p2p__slice_of(c->priv_head, c->priv_head_len),
        p2p__slice_of(k->scalar, SCALAR_BYTES),
        p2p__slice_of(c->priv_mid, c->priv_mid_len),
        p2p__slice_of(k->point, c->priv_has_point ? c->point_len : 0),
    };

    return p2p__sign_write(parts, P2P__COUNT(parts), buf, cap);
}

/*
 * Bitcoin's rule: of S and n - S, which both verify, only the smaller counts.
 * With `fix` it is put right in place (the length may shrink).
 * Returns the signature's length, or P2P_EAUTH.
 */
static int lower_s(const struct curve *c, uint8_t *sig, size_t len, bool fix)
{
    const uint8_t *at = sig;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)len);
    BIGNUM *other = BN_new();
    BIGNUM *r = NULL;
    int err = P2P_EAUTH;

    if (group == NULL || parts == NULL || other == NULL ||
        BN_sub(other, EC_GROUP_get0_order(group), ECDSA_SIG_get0_s(parts)) !=
            1) {
        goto out;
    }
    if (BN_cmp(ECDSA_SIG_get0_s(parts), other) <= 0) {
        err = (int)len;
        goto out;
    }
    r = BN_dup(ECDSA_SIG_get0_r(parts));
    if (fix && r != NULL && ECDSA_SIG_set0(parts, r, other) == 1) {
        r = NULL; /* both are the signature's now */
        other = NULL;
        err = i2d_ECDSA_SIG(parts, &sig);
    }
out:
    ERR_clear_error();
    BN_free(r);
    BN_free(other);
    ECDSA_SIG_free(parts);
    EC_GROUP_free(group);
    return err;
}

static int check(const struct p2p__sign_alg *alg, struct p2p__slice pub)
{
    struct p2p__slice point;

    return split_public(alg->curve, pub, &point);
}

static int verify(const struct p2p__sign_alg *alg, struct p2p__slice pub,
                  struct p2p__slice msg, struct p2p__slice sig)
{
    const struct curve *c = alg->curve;
    struct p2p__slice point;
    EVP_PKEY *key;
    int err = split_public(c, pub, &point);

    if (err != 0) {
        return err;
    }
    if (sig.len == 0 || sig.len > SIGNATURE_BYTES ||
        (c->low_s && lower_s(c, sig.p, sig.len, false) < 0)) {
        return P2P_EAUTH;
    }
    key = make_key(c, point, NULL);
    if (key == NULL) {
        return P2P_EFORMAT; /* no point of the curve; seldom no memory */
    }
    err = p2p__evp_verify(key, msg, sig);
    EVP_PKEY_free(key);
    return err;
}

static int sign(const struct p2p__sign_alg *alg, const void *key,
                struct p2p__slice msg, uint8_t *sig)
{
    const struct curve *c = alg->curve;
    const struct ec_key *k = key;
    int len = p2p__evp_sign(k->pkey, msg, sig, P2P_SIGNATURE_MAX);

    if (len > 0 && c->low_s) {
        len = lower_s(c, sig, (size_t)len, true);
    }
    return len > 0 ? len : P2P_ECRYPTO;
}

const struct p2p__sign_alg p2p__sign_secp256k1 = {
    .curve = &secp256k1,
    .check = check,
    .verify = verify,
    .generate = generate,
    .load = load,
    .save = save,
    .save_public = save_public,
    .sign = sign,
    .drop = drop,
};

const struct p2p__sign_alg p2p__sign_ecdsa = {
    .curve = &p256,
    .check = check,
    .verify = verify,
    .generate = generate,
    .load = load,
    .save = save,
    .save_public = save_public,
    .sign = sign,
    .drop = drop,
};
