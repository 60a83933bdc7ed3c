/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The symmetric half of Noise on OpenSSL, X25519 on libsodium.
 *
 * The happy path: everything is fetched and warmed up in p2p__crypto_ready(),
 * so that a record costs a re-key, one update and a final, and a hash a
 * re-init; none of them allocates. It is not done at the start of a host:
 * OpenSSL reads its configuration then, and makes a table of all its ciphers
 * and hashes: 1.8 MiB, and as many instructions as the rest of a start. What
 * can fail after that is a forged tag, a DH with a point of low order, and
 * nothing else that a peer can bring about; a broken OpenSSL is P2P_ECRYPTO
 * where there is a return value, and an abort where there is none: to go on
 * with a hash that is not one would be worse.
 *
 * Short records are libsodium's, which takes a key as it is: OpenSSL 3.0 looks
 * for its parameters by their names, half a microsecond a record.
 *
 * X25519 is libsodium's because it takes raw keys without an object: 46 us
 * against 136 us here, where OpenSSL also computes a public key that nobody
 * asked for.
 */
#include "crypto/crypto.h"

#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

#define NONCE_BYTES    12
#define SHA256_BLOCK   64
#define HKDF_INPUT_MAX 33
#define COUNTER_OFFSET 4
#define HMAC_INNER     0x36
#define HMAC_OUTER     0x5c

/* Of a record's text: 44 bytes take libsodium 0.36 us and OpenSSL 0.81, 1024
 * take both the same, 16384 take 12.4 and 5.6. */
#define SHORT_BYTES 768U

struct p2p__crypto {
    EVP_CIPHER *aead;
    EVP_CIPHER_CTX *cipher; /* re-keyed for each record, either direction */
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    bool ready; /* all of these are there */
};

/* Allocates what OpenSSL allocates on first use, so that nothing does later. */
static int warm_up(struct p2p__crypto *c)
{
    uint8_t zero[P2P__KEY_BYTES + NONCE_BYTES] = {0};

    if (EVP_CipherInit_ex2(c->cipher, c->aead, zero, zero + P2P__KEY_BYTES, 1,
                           NULL) != 1 ||
        EVP_DigestInit_ex2(c->digest, c->sha256, NULL) != 1) {
        return P2P_ECRYPTO;
    }
    return 0;
}

int p2p__crypto_new(struct p2p__crypto **out)
{
    *out = NULL;
    /* Without its own context OpenSSL 3.0 does not survive a fetch. */
    if (sodium_init() < 0 || OSSL_LIB_CTX_get0_global_default() == NULL) {
        return P2P_ECRYPTO;
    }
    *out = p2p__zalloc(sizeof **out);
    return *out == NULL ? P2P_ENOMEM : 0;
}

/* Lets go of what was fetched. */
static void drop(struct p2p__crypto *c)
{
    EVP_MD_CTX_free(c->digest);
    EVP_CIPHER_CTX_free(c->cipher);
    EVP_MD_free(c->sha256);
    EVP_CIPHER_free(c->aead);
    *c = (struct p2p__crypto){0};
}

/* Fetches and warms up. */
static int fetch(struct p2p__crypto *c)
{
    c->aead = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
    c->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    if (c->aead == NULL || c->sha256 == NULL) {
        return P2P_ECRYPTO;
    }
    c->cipher = EVP_CIPHER_CTX_new();
    c->digest = EVP_MD_CTX_new();
    return c->cipher == NULL || c->digest == NULL ? P2P_ENOMEM : warm_up(c);
}

int p2p__crypto_ready(struct p2p__crypto *c)
{
    if (!c->ready) {
        const int rv = fetch(c);

        if (rv != 0) {
            drop(c);
            return rv;
        }
        c->ready = true;
    }
    return 0;
}

void p2p__crypto_free(struct p2p__crypto *c)
{
    if (c != NULL) {
        drop(c);
        p2p__free(c);
    }
}

/* Noise's nonce: 4 zero bytes, then the counter, little-endian. */
static void make_nonce(uint64_t counter, uint8_t nonce[NONCE_BYTES])
{
    memset(nonce, 0, NONCE_BYTES);
    for (int i = COUNTER_OFFSET; i < NONCE_BYTES; i++) {
        nonce[i] = (uint8_t)counter;
        counter >>= 8;
    }
}

static int seal_short(const uint8_t *key, uint64_t nonce,
                      const struct p2p__slice *ad, uint8_t *buf, size_t len)
{
    uint8_t iv[NONCE_BYTES];

    make_nonce(nonce, iv);
    return crypto_aead_chacha20poly1305_ietf_encrypt_detached(
               buf, buf + len, NULL, buf, len, ad != NULL ? ad->p : NULL,
               ad != NULL ? ad->len : 0, NULL, iv, key) == 0
               ? 0
               : P2P_ECRYPTO;
}

static int open_short(const uint8_t *key, uint64_t nonce,
                      const struct p2p__slice *ad, uint8_t *buf, size_t len)
{
    uint8_t iv[NONCE_BYTES];

    make_nonce(nonce, iv);
    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
               buf, NULL, buf, len, buf + len, ad != NULL ? ad->p : NULL,
               ad != NULL ? ad->len : 0, iv, key) == 0
               ? 0
               : P2P_EAUTH;
}

/* Keys the cipher for one record and feeds the associated data, if any. */
static int start_record(struct p2p__crypto *c, const uint8_t *key,
                        uint64_t nonce, const struct p2p__slice *ad,
                        bool encrypt)
{
    uint8_t iv[NONCE_BYTES];
    int n;

    make_nonce(nonce, iv);
    if (EVP_CipherInit_ex2(c->cipher, NULL, key, iv, encrypt, NULL) != 1) {
        return P2P_ECRYPTO;
    }
    if (ad != NULL && ad->len > 0) {
        assert(ad->len <= INT_MAX);
        if (EVP_CipherUpdate(c->cipher, NULL, &n, ad->p, (int)ad->len) != 1) {
            return P2P_ECRYPTO;
        }
    }
    return 0;
}

int p2p__crypto_seal(struct p2p__crypto *c, const uint8_t key[P2P__KEY_BYTES],
                     uint64_t nonce, const struct p2p__slice *ad, uint8_t *buf,
                     size_t len)
{
    int n = 0;
    int err;

    assert(len <= INT_MAX && c->ready);
    if (len <= SHORT_BYTES) {
        return seal_short(key, nonce, ad, buf, len);
    }
    err = start_record(c, key, nonce, ad, true);
    if (err != 0) {
        return err;
    }
    if (EVP_CipherUpdate(c->cipher, buf, &n, buf, (int)len) != 1) {
        return P2P_ECRYPTO;
    }
    assert((size_t)n == len); /* a stream cipher holds nothing back */
    if (EVP_CipherFinal_ex(c->cipher, buf + len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(c->cipher, EVP_CTRL_AEAD_GET_TAG, P2P__TAG_BYTES,
                            buf + len) != 1) {
        return P2P_ECRYPTO;
    }
    return 0;
}

int p2p__crypto_open(struct p2p__crypto *c, const uint8_t key[P2P__KEY_BYTES],
                     uint64_t nonce, const struct p2p__slice *ad, uint8_t *buf,
                     size_t len)
{
    size_t text_len;
    int n = 0;
    int err;

    assert(len <= INT_MAX && c->ready);
    if (len < P2P__TAG_BYTES) {
        return P2P_EFORMAT;
    }
    text_len = len - P2P__TAG_BYTES;
    if (text_len <= SHORT_BYTES) {
        return open_short(key, nonce, ad, buf, text_len);
    }
    err = start_record(c, key, nonce, ad, false);
    if (err != 0) {
        return err;
    }
    if (EVP_CIPHER_CTX_ctrl(c->cipher, EVP_CTRL_AEAD_SET_TAG, P2P__TAG_BYTES,
                            buf + text_len) != 1) {
        return P2P_ECRYPTO;
    }
    if (EVP_CipherUpdate(c->cipher, buf, &n, buf, (int)text_len) != 1) {
        return P2P_ECRYPTO;
    }
    return EVP_CipherFinal_ex(c->cipher, buf + text_len, &n) == 1 ? 0
                                                                  : P2P_EAUTH;
}

void p2p__crypto_sha256_2(struct p2p__crypto *c, const struct p2p__slice *a,
                          const struct p2p__slice *b,
                          uint8_t out[P2P_SHA256_BYTES])
{
    if (EVP_DigestInit_ex2(c->digest, NULL, NULL) != 1 ||
        EVP_DigestUpdate(c->digest, a->p, a->len) != 1 ||
        (b != NULL && EVP_DigestUpdate(c->digest, b->p, b->len) != 1) ||
        EVP_DigestFinal_ex(c->digest, out, NULL) != 1) {
        abort();
    }
}

/* One of the two passes of HMAC: hash(key xor pad, msg). */
static void hmac_pass(struct p2p__crypto *c, const uint8_t key[SHA256_BLOCK],
                      uint8_t pad, const struct p2p__slice *msg,
                      uint8_t out[P2P_SHA256_BYTES])
{
    uint8_t block[SHA256_BLOCK];
    struct p2p__slice first;

    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = key[i] ^ pad;
    }
    first = p2p__slice_of(block, sizeof block);
    p2p__crypto_sha256_2(c, &first, msg, out);
    p2p__wipe(block, sizeof block);
}

void p2p__crypto_hmac(struct p2p__crypto *c, const uint8_t *key, size_t key_len,
                      const uint8_t *msg, size_t msg_len,
                      uint8_t out[P2P_SHA256_BYTES])
{
    uint8_t block[SHA256_BLOCK] = {0};
    uint8_t inner[P2P_SHA256_BYTES];
    struct p2p__slice text = p2p__slice_of(msg, msg_len);
    struct p2p__slice digest = p2p__slice_of(inner, sizeof inner);

    if (key_len > sizeof block) {
        struct p2p__slice k = p2p__slice_of(key, key_len);

        p2p__crypto_sha256_2(c, &k, NULL, block);
    } else if (key_len > 0) {
        memcpy(block, key, key_len);
    }
    hmac_pass(c, block, HMAC_INNER, &text, inner);
    hmac_pass(c, block, HMAC_OUTER, &digest, out);
    p2p__wipe(block, sizeof block);
    p2p__wipe(inner, sizeof inner);
}

void p2p__crypto_hkdf2(struct p2p__crypto *c, const uint8_t ck[P2P__KEY_BYTES],
                       const uint8_t *ikm, size_t ikm_len,
                       uint8_t out1[P2P__KEY_BYTES],
                       uint8_t out2[P2P__KEY_BYTES])
{
    uint8_t temp[P2P_SHA256_BYTES];
    uint8_t next[HKDF_INPUT_MAX];

    p2p__crypto_hmac(c, ck, P2P__KEY_BYTES, ikm, ikm_len, temp);
    next[0] = 1;
    p2p__crypto_hmac(c, temp, sizeof temp, next, 1, out1);
    memcpy(next, out1, P2P_SHA256_BYTES);
    next[P2P_SHA256_BYTES] = 2;
    p2p__crypto_hmac(c, temp, sizeof temp, next, sizeof next, out2);
    p2p__wipe(temp, sizeof temp);
    p2p__wipe(next, sizeof next);
}

int p2p__crypto_x25519_public(struct p2p__crypto *c,
                              const uint8_t priv[P2P__KEY_BYTES],
                              uint8_t pub[P2P__KEY_BYTES])
{
    (void)c;
    return crypto_scalarmult_curve25519_base(pub, priv) == 0 ? 0 : P2P_ECRYPTO;
}

int p2p__crypto_x25519(struct p2p__crypto *c,
                       const uint8_t priv[P2P__KEY_BYTES],
                       const uint8_t peer[P2P__KEY_BYTES],
                       uint8_t out[P2P__KEY_BYTES])
{
    (void)c;
    /* -1 when the result is all zero: a peer's point of low order. */
    return crypto_scalarmult_curve25519(out, priv, peer) == 0 ? 0 : P2P_ECRYPTO;
}

bool p2p__crypto_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}
