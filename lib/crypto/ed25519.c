/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ed25519 by libsodium: the one verifier everywhere, as verifiers differ on
 * odd encodings. It refuses a signature whose S is not reduced, points that
 * are not canonical, and keys of small order. Nothing here allocates but the
 * loading of a private key, which is its 64 bytes.
 */
#include "crypto/sign.h"

#include <sodium.h>

#include "base/mem.h"

/* The older form has the public key twice. */
#define PRIVATE_OLD (P2P__ED25519_PRIVATE + P2P__ED25519_PUBLIC)

static int check(const struct p2p__sign_alg *alg, struct p2p__slice pub)
{
    return pub.len == P2P__ED25519_PUBLIC ? 0 : P2P_EFORMAT;
}

static int verify(const struct p2p__sign_alg *alg, struct p2p__slice pub,
                  struct p2p__slice msg, struct p2p__slice sig)
{
    int err = check(alg, pub);

    if (err != 0) {
        return err;
    }
    if (sig.len != crypto_sign_BYTES) {
        return P2P_EAUTH;
    }
    return crypto_sign_verify_detached(sig.p, msg.p, msg.len, pub.p) == 0
               ? 0
               : P2P_EAUTH;
}

void p2p__ed25519_expand(const uint8_t seed[P2P__ED25519_SEED],
                         uint8_t priv[P2P__ED25519_PRIVATE])
{
    uint8_t pub[P2P__ED25519_PUBLIC];

    (void)crypto_sign_seed_keypair(pub, priv, seed);
}

static int load(const struct p2p__sign_alg *alg, struct p2p__slice priv,
                void **key)
{
    uint8_t whole[P2P__ED25519_PRIVATE];
    int err = P2P_EFORMAT;

    if (priv.len != P2P__ED25519_PRIVATE && priv.len != PRIVATE_OLD) {
        return P2P_EFORMAT;
    }
    /* To sign with another's public key would give the private one away. */
    p2p__ed25519_expand(priv.p, whole);
    if (sodium_memcmp(whole, priv.p, sizeof whole) == 0 &&
        (priv.len == P2P__ED25519_PRIVATE ||
         sodium_memcmp(whole + P2P__ED25519_SEED, priv.p + sizeof whole,
                       P2P__ED25519_PUBLIC) == 0)) {
        *key = p2p__memdup(whole, sizeof whole);
        err = *key != NULL ? 0 : P2P_ENOMEM;
    }
    p2p__wipe(whole, sizeof whole);
    return err;
}

static int generate(const struct p2p__sign_alg *alg, void **key)
{
    uint8_t seed[P2P__ED25519_SEED];
    uint8_t priv[P2P__ED25519_PRIVATE];
    int err;

    if (sodium_init() < 0) {
        return P2P_ECRYPTO;
    }
    randombytes_buf(seed, sizeof seed);
    p2p__ed25519_expand(seed, priv);
    err = load(alg, p2p__slice_of(priv, sizeof priv), key);
    p2p__wipe(seed, sizeof seed);
    p2p__wipe(priv, sizeof priv);
    return err;
}

static int save(const struct p2p__sign_alg *alg, const void *key, uint8_t *buf,
                size_t cap)
{
    struct p2p__slice all = p2p__slice_of(key, P2P__ED25519_PRIVATE);

    return p2p__sign_write(&all, 1, buf, cap);
}

static int save_public(const struct p2p__sign_alg *alg, const void *key,
                       uint8_t *buf, size_t cap)
{
    struct p2p__slice half = p2p__slice_of(
        (const uint8_t *)key + P2P__ED25519_SEED, P2P__ED25519_PUBLIC);

    return p2p__sign_write(&half, 1, buf, cap);
}

static int sign(const struct p2p__sign_alg *alg, const void *key,
                struct p2p__slice msg, uint8_t *sig)
{
    (void)crypto_sign_detached(sig, NULL, msg.p, msg.len, key);
    return crypto_sign_BYTES;
}

static void drop(void *key)
{
    p2p__wipe(key, P2P__ED25519_PRIVATE);
    p2p__free(key);
}

const struct p2p__sign_alg p2p__sign_ed25519 = {
    .check = check,
    .verify = verify,
    .generate = generate,
    .load = load,
    .save = save,
    .save_public = save_public,
    .sign = sign,
    .drop = drop,
};
