/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See box.h. The bytes are those of libsodium's crypto_box_seal(): ephemeral
 * key, then a crypto_box whose nonce is the hash of both public keys. Only
 * where the ephemeral key comes from is ours: a keyed hash of receiver and
 * message, so that a simulator's boxes come from its seed, and entropy that
 * comes twice (a restored machine) still gives another key for another message.
 */
#include "crypto/box.h"

#include <sodium.h>

#include "base/mem.h"

_Static_assert(P2P_SEAL_BYTES == crypto_box_SEALBYTES, "the same form");

/* The seed of the ephemeral key. */
static int make_seed(const uint8_t *entropy,
                     const uint8_t pk[crypto_box_PUBLICKEYBYTES],
                     struct p2p__slice msg, uint8_t seed[crypto_box_SEEDBYTES])
{
    crypto_generichash_state st;
    uint8_t own[P2P_SEAL_ENTROPY_BYTES];

    if (entropy == NULL) {
        if (sodium_init() < 0) {
            return P2P_ECRYPTO;
        }
        randombytes_buf(own, sizeof own);
        entropy = own;
    }
    (void)crypto_generichash_init(&st, entropy, P2P_SEAL_ENTROPY_BYTES,
                                  crypto_box_SEEDBYTES);
    (void)crypto_generichash_update(&st, pk, crypto_box_PUBLICKEYBYTES);
    (void)crypto_generichash_update(&st, msg.p, msg.len);
    (void)crypto_generichash_final(&st, seed, crypto_box_SEEDBYTES);
    p2p__wipe(&st, sizeof st);
    p2p__wipe(own, sizeof own);
    return 0;
}

/* The nonce of a sealed box. */
static void make_nonce(const uint8_t epk[crypto_box_PUBLICKEYBYTES],
                       const uint8_t pk[crypto_box_PUBLICKEYBYTES],
                       uint8_t nonce[crypto_box_NONCEBYTES])
{
    crypto_generichash_state st;

    (void)crypto_generichash_init(&st, NULL, 0, crypto_box_NONCEBYTES);
    (void)crypto_generichash_update(&st, epk, crypto_box_PUBLICKEYBYTES);
    (void)crypto_generichash_update(&st, pk, crypto_box_PUBLICKEYBYTES);
    (void)crypto_generichash_final(&st, nonce, crypto_box_NONCEBYTES);
}

int p2p__box_seal(const uint8_t pub[P2P__ED25519_PUBLIC],
                  const uint8_t *entropy, struct p2p__slice msg, uint8_t *out)
{
    uint8_t pk[crypto_box_PUBLICKEYBYTES];
    uint8_t esk[crypto_box_SECRETKEYBYTES];
    uint8_t seed[crypto_box_SEEDBYTES];
    uint8_t nonce[crypto_box_NONCEBYTES];
    int err;

    if (crypto_sign_ed25519_pk_to_curve25519(pk, pub) != 0) {
        return P2P_EFORMAT;
    }
    err = make_seed(entropy, pk, msg, seed);
    if (err != 0) {
        return err;
    }
    (void)crypto_box_seed_keypair(out, esk, seed);
    make_nonce(out, pk, nonce);
    if (crypto_box_easy(out + sizeof pk, msg.p, msg.len, nonce, pk, esk) != 0) {
        err = P2P_ECRYPTO;
    }
    p2p__wipe(esk, sizeof esk);
    p2p__wipe(seed, sizeof seed);
    return err;
}

int p2p__box_open(const uint8_t priv[P2P__ED25519_PRIVATE],
                  struct p2p__slice sealed, uint8_t *out)
{
    uint8_t pk[crypto_box_PUBLICKEYBYTES];
    uint8_t sk[crypto_box_SECRETKEYBYTES];
    int err = P2P_EAUTH;

    assert(sealed.len >= P2P_SEAL_BYTES);
    if (crypto_sign_ed25519_sk_to_curve25519(sk, priv) != 0 ||
        crypto_sign_ed25519_pk_to_curve25519(pk, priv + P2P__ED25519_SEED) !=
            0) {
        err = P2P_ECRYPTO;
    } else if (crypto_box_seal_open(out, sealed.p, sealed.len, pk, sk) == 0) {
        err = 0;
    }
    if (err != 0 && sealed.len > P2P_SEAL_BYTES) {
        memset(out, 0, sealed.len - P2P_SEAL_BYTES);
    }
    p2p__wipe(sk, sizeof sk);
    return err;
}
