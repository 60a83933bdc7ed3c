/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Hashes for everybody, without a host. OpenSSL's SHA-256 is eight times faster
 * on long inputs, but it fetches and allocates, so it can fail; libsodium's
 * cannot, and stands behind it.
 */
#include "p2p/hash.h"

#include "crypto/crypto.h"

#include <openssl/sha.h>
#include <sodium.h>

/* Up to here libsodium is as fast, and needs no memory at all. */
#define SMALL_BYTES 96

void p2p_sha256(const void *p, size_t len, uint8_t out[P2P_SHA256_BYTES])
{
    if (len <= SMALL_BYTES || SHA256(p, len, out) == NULL) {
        (void)crypto_hash_sha256(out, p, len);
    }
}

void p2p_hmac_sha256(const void *key, size_t key_len, const void *msg,
                     size_t msg_len, uint8_t out[P2P_SHA256_BYTES])
{
    crypto_auth_hmacsha256_state st;

    (void)crypto_auth_hmacsha256_init(&st, key, key_len);
    (void)crypto_auth_hmacsha256_update(&st, msg, msg_len);
    (void)crypto_auth_hmacsha256_final(&st, out);
    sodium_memzero(&st, sizeof st);
}

int p2p_hmac_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

int p2p__crypto_sha1(const void *p, size_t len, uint8_t out[P2P__SHA1_BYTES])
{
    return SHA1(p, len, out) == NULL ? P2P_ECRYPTO : 0;
}
