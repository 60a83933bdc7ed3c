/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the types of keys that OpenSSL does have in common. */
#ifndef P2P_CRYPTO_EVP_H
#define P2P_CRYPTO_EVP_H

#include <openssl/evp.h>

#include "base/slice.h"

/*
 * Makes a key of algorithm `name` ("RSA", "EC") from parameters, borrowed.
 * selection: EVP_PKEY_PUBLIC_KEY or EVP_PKEY_KEYPAIR. Returns owned, or NULL
 * when OpenSSL does not take it.
 */
EVP_PKEY *p2p__evp_key(const char *name, int selection, OSSL_PARAM *params);

/* Whether `sig` is the SHA-256 signature of `msg`. Errors: P2P_EAUTH,
 * P2P_ENOMEM. */
int p2p__evp_verify(EVP_PKEY *key, struct p2p__slice msg,
                    struct p2p__slice sig);

/* Signs `msg` into `cap` bytes. Returns the signature's length.
 * Errors: P2P_ECRYPTO, P2P_ENOMEM. */
int p2p__evp_sign(EVP_PKEY *key, struct p2p__slice msg, uint8_t *sig,
                  size_t cap);

/* Whether a private key that was read signs for its own public half: a file
 * may hold two that do not belong together. Errors: P2P_EFORMAT, as above. */
int p2p__evp_self_test(EVP_PKEY *key);

#endif
