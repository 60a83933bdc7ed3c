/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Signatures: one constant table for each type of key that a peer may have.
 * Keys are read and written in the form that stands in the Data field of
 * libp2p's key protobufs (spec peer-ids, "Key Types"), and only in the one
 * encoding that the spec means, so that a key has one peer id.
 */
#ifndef P2P_CRYPTO_SIGN_H
#define P2P_CRYPTO_SIGN_H

#include "base/slice.h"
#include "p2p/key.h"

/* Ed25519: what crypto_sign takes, seed and public key. */
#define P2P__ED25519_SEED    32U
#define P2P__ED25519_PRIVATE 64U
#define P2P__ED25519_PUBLIC  32U

/* RSA moduli outside of these are refused before any arithmetic (T10). */
#define P2P__RSA_BITS_MIN 2048U
#define P2P__RSA_BITS_MAX 8192U

struct p2p__sign_alg {
    const void *curve; /* the elliptic ones' own constants */

    /* Whether borrowed bytes have the form of a public key; no arithmetic.
     * Errors: P2P_EFORMAT, P2P_ENOTSUP (RSA size). */
    int (*check)(const struct p2p__sign_alg *alg, struct p2p__slice pub);

    /* Whether `sig` is the key's signature of `msg`; all borrowed.
     * Errors: P2P_EAUTH (it is not), those of check(), P2P_ENOMEM. */
    int (*verify)(const struct p2p__sign_alg *alg, struct p2p__slice pub,
                  struct p2p__slice msg, struct p2p__slice sig);

    /* Makes a private key from the system's random numbers. Returns owned:
     * drop() it. Errors: P2P_ENOMEM, P2P_ECRYPTO. */
    int (*generate)(const struct p2p__sign_alg *alg, void **key);

    /* Reads a private key, borrowed. Returns owned: drop() it.
     * Errors: P2P_EFORMAT, P2P_ENOTSUP, P2P_ENOMEM, P2P_ECRYPTO. */
    int (*load)(const struct p2p__sign_alg *alg, struct p2p__slice priv,
                void **key);

    /* Writes the private, the public half into cap bytes; buf NULL: only
     * counts. Returns the length. Errors: P2P_ETOOBIG, P2P_ENOMEM. */
    int (*save)(const struct p2p__sign_alg *alg, const void *key, uint8_t *buf,
                size_t cap);
    int (*save_public)(const struct p2p__sign_alg *alg, const void *key,
                       uint8_t *buf, size_t cap);

    /* Signs `msg`, borrowed, into P2P_SIGNATURE_MAX bytes at sig. Returns the
     * signature's length. Errors: P2P_ECRYPTO, P2P_ENOMEM. */
    int (*sign)(const struct p2p__sign_alg *alg, const void *key,
                struct p2p__slice msg, uint8_t *sig);

    /* Wipes and frees a key. */
    void (*drop)(void *key);
};

extern const struct p2p__sign_alg p2p__sign_ed25519;
extern const struct p2p__sign_alg p2p__sign_rsa;
extern const struct p2p__sign_alg p2p__sign_secp256k1;
extern const struct p2p__sign_alg p2p__sign_ecdsa; /* P-256 */

/* The table of a type of key, or NULL. */
const struct p2p__sign_alg *p2p__sign_alg(uint64_t type);

/* For the tables: writes parts one after the other, or with buf NULL only
 * counts. Returns the length. Errors: P2P_ETOOBIG. */
int p2p__sign_write(const struct p2p__slice *parts, size_t count, uint8_t *buf,
                    size_t cap);

/* The Ed25519 private key that RFC 8032 makes of a seed. */
void p2p__ed25519_expand(const uint8_t seed[P2P__ED25519_SEED],
                         uint8_t priv[P2P__ED25519_PRIVATE]);

#endif
