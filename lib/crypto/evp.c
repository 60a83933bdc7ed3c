/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See evp.h. OpenSSL leaves a queue of errors behind in the thread; as ours
 * are codes, it is emptied, so that nobody else finds them.
 */
#include "crypto/evp.h"

#include <openssl/err.h>

#include "p2p/key.h"

EVP_PKEY *p2p__evp_key(const char *name, int selection, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, selection, params) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
        ERR_clear_error();
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

int p2p__evp_verify(EVP_PKEY *key, struct p2p__slice msg, struct p2p__slice sig)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int err = P2P_EAUTH;

    if (ctx == NULL) {
        return P2P_ENOMEM;
    }
    if (EVP_DigestVerifyInit_ex(ctx, NULL, "SHA2-256", NULL, NULL, key, NULL) !=
        1) {
        err = P2P_ENOMEM;
    } else if (EVP_DigestVerify(ctx, sig.p, sig.len, msg.p, msg.len) == 1) {
        err = 0;
    }
    ERR_clear_error();
    EVP_MD_CTX_free(ctx);
    return err;
}

int p2p__evp_sign(EVP_PKEY *key, struct p2p__slice msg, uint8_t *sig,
                  size_t cap)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = cap;
    int err = P2P_ECRYPTO;

    if (ctx == NULL) {
        return P2P_ENOMEM;
    }
    if (EVP_DigestSignInit_ex(ctx, NULL, "SHA2-256", NULL, NULL, key, NULL) ==
            1 &&
        EVP_DigestSign(ctx, sig, &len, msg.p, msg.len) == 1) {
        /* Without memory OpenSSL's ECDSA has -1 as the length. */
        err = len <= cap ? (int)len : P2P_ENOMEM;
    }
    ERR_clear_error();
    EVP_MD_CTX_free(ctx);
    return err;
}

int p2p__evp_self_test(EVP_PKEY *key)
{
    static const uint8_t text[] = "p2p key self test";
    struct p2p__slice msg = p2p__slice_of(text, sizeof text);
    uint8_t sig[P2P_SIGNATURE_MAX];
    int len = p2p__evp_sign(key, msg, sig, sizeof sig);
    int err;

    if (len < 0) {
        return len == P2P_ECRYPTO ? P2P_EFORMAT : len;
    }
    err = p2p__evp_verify(key, msg, p2p__slice_of(sig, (size_t)len));
    return err == P2P_EAUTH ? P2P_EFORMAT : err;
}
