/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SHA-256 for everybody, without a host. OpenSSL's is eight times faster on
 * long inputs, but it fetches and allocates, so it can fail; libsodium's
 * cannot, and stands behind it.
 */
#include "p2p/hash.h"

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
