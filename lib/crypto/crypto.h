/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The one seam to the crypto libraries: OpenSSL's libcrypto for ciphers,
 * SHA-256 and the classic signatures, libsodium for X25519 and Ed25519. Cipher
 * objects are fetched once, for the first connection, and belong to the host
 * (struct p2p__crypto); they are re-keyed a record, and a connection holds raw
 * keys only.
 */
#ifndef P2P_CRYPTO_CRYPTO_H
#define P2P_CRYPTO_CRYPTO_H

#include "base/slice.h"
#include "p2p/hash.h"

#define P2P__KEY_BYTES 32U /* X25519 and ChaCha20-Poly1305 keys, HKDF parts */
#define P2P__TAG_BYTES 16U /* Poly1305 */

#define P2P__SHA1_BYTES 20U

struct p2p__crypto;

/* The crypto of a host: X25519, and what p2p__crypto_ready() fetches. Returns
 * owned. Errors: P2P_ENOMEM, P2P_ECRYPTO. */
int p2p__crypto_new(struct p2p__crypto **out);

/* Fetches the cipher and the hash, if they are not there yet: before what
 * seals, opens and hashes is called. After an error it may be called again.
 * Errors: P2P_ENOMEM, P2P_ECRYPTO. */
int p2p__crypto_ready(struct p2p__crypto *c);

/* Frees them; NULL is fine. */
void p2p__crypto_free(struct p2p__crypto *c);

/*
 * ChaCha20-Poly1305 of RFC 8439, in place: encrypts len bytes at buf and
 * writes the tag to buf + len. The nonce is Noise's: 4 zero bytes, then the
 * counter, little-endian. One EVP update a record.
 * Errors: P2P_ECRYPTO.
 */
int p2p__crypto_seal(struct p2p__crypto *c, const uint8_t key[P2P__KEY_BYTES],
                     uint64_t nonce, const struct p2p__slice *ad, uint8_t *buf,
                     size_t len);

/*
 * Decrypts in place the len bytes at buf, the last 16 of which are the tag.
 * The plaintext is len - 16 bytes at buf.
 * Errors: P2P_EAUTH (forged; buf is undefined), P2P_EFORMAT (len < 16).
 */
int p2p__crypto_open(struct p2p__crypto *c, const uint8_t key[P2P__KEY_BYTES],
                     uint64_t nonce, const struct p2p__slice *ad, uint8_t *buf,
                     size_t len);

/* SHA-256 over two pieces, one after the other; the second may be empty. */
void p2p__crypto_sha256_2(struct p2p__crypto *c, const struct p2p__slice *a,
                          const struct p2p__slice *b,
                          uint8_t out[P2P_SHA256_BYTES]);

/* HMAC-SHA-256. */
void p2p__crypto_hmac(struct p2p__crypto *c, const uint8_t *key, size_t key_len,
                      const uint8_t *msg, size_t msg_len,
                      uint8_t out[P2P_SHA256_BYTES]);

/* Noise's HKDF with two outputs (Noise section 4.3). out1 may alias ck. */
void p2p__crypto_hkdf2(struct p2p__crypto *c, const uint8_t ck[P2P__KEY_BYTES],
                       const uint8_t *ikm, size_t ikm_len,
                       uint8_t out1[P2P__KEY_BYTES],
                       uint8_t out2[P2P__KEY_BYTES]);

/* The public X25519 key of a private one (32 random bytes). */
int p2p__crypto_x25519_public(struct p2p__crypto *c,
                              const uint8_t priv[P2P__KEY_BYTES],
                              uint8_t pub[P2P__KEY_BYTES]);

/* X25519. Errors: P2P_ECRYPTO when the result is all zero (low order). */
int p2p__crypto_x25519(struct p2p__crypto *c,
                       const uint8_t priv[P2P__KEY_BYTES],
                       const uint8_t peer[P2P__KEY_BYTES],
                       uint8_t out[P2P__KEY_BYTES]);

/* SHA-1, for WebSocket's opening handshake alone: it protects nothing there.
 * Errors: P2P_ECRYPTO. */
int p2p__crypto_sha1(const void *p, size_t len, uint8_t out[P2P__SHA1_BYTES]);

/* Whether two secrets are equal, in constant time. */
bool p2p__crypto_equal(const void *a, const void *b, size_t len);

#endif
