/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Keys of peers: Ed25519 (the default), RSA 2048-8192, secp256k1 and ECDSA
 * P-256. A public key travels as the libp2p PublicKey protobuf, and that is
 * how this interface names one: bytes and a length. Spec: libp2p peer-ids.
 */
#ifndef P2P_KEY_H
#define P2P_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Key types with the numbers of the libp2p protobuf. */
enum p2p_key_type {
    P2P_KEY_RSA = 0,
    P2P_KEY_ED25519 = 1,
    P2P_KEY_SECP256K1 = 2,
    P2P_KEY_ECDSA = 3
};

/** The longest signature of any key type (RSA-8192), in bytes. */
#define P2P_SIGNATURE_MAX 1024

/** The longest public key protobuf that is accepted, in bytes. */
#define P2P_PUBKEY_MAX 1200

/** The longest private key protobuf that is accepted, in bytes. */
#define P2P_PRIVKEY_MAX 8192

/** A private key. It is wiped from memory when it is freed. */
struct p2p_key;

/**
 * Makes a new key from the operating system's random numbers.
 * RSA keys have 2048 bits.
 * @param type which kind
 * @param out  returns owned: p2p_key_free() it
 * @return 0, P2P_EINVAL (unknown type), P2P_ENOMEM, P2P_ECRYPTO
 */
P2P_API int p2p_key_generate(enum p2p_key_type type, struct p2p_key **out);

/**
 * Makes the Ed25519 key of a 32-byte seed (RFC 8032's private key).
 * @param seed borrows 32 bytes
 * @param out  returns owned: p2p_key_free() it
 * @return 0, P2P_ENOMEM
 */
P2P_API int p2p_key_from_seed(const uint8_t seed[32], struct p2p_key **out);

/**
 * Reads a private key from the libp2p PrivateKey protobuf.
 * @param pb  borrows the protobuf
 * @param len its length in bytes, at most P2P_PRIVKEY_MAX
 * @param out returns owned: p2p_key_free() it
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (key type), P2P_ETOOBIG, P2P_ENOMEM
 */
P2P_API int p2p_key_decode(const void *pb, size_t len, struct p2p_key **out);

/** How a key works whose private half is somewhere else: in another process,
 * an agent, a hardware module. Called in the thread of whoever uses the key. */
struct p2p_key_ops {
    /** Signs as p2p_key_sign() would; required. What it says is not verified.
     * Returns 0 or an error. */
    int (*sign)(void *user, const void *msg, size_t msg_len, uint8_t *sig,
                size_t *sig_len);
    /** Opens as p2p_seal_open() would; NULL: this key opens nothing. */
    int (*open)(void *user, const void *sealed, size_t len, uint8_t *out);
    /** The key is freed; may be NULL. */
    void (*drop)(void *user);
};

/**
 * Makes a key of its public half, and of functions for the private one. It is
 * used like any other, but p2p_key_encode() says P2P_ENOTSUP.
 * @param pub     borrows the PublicKey protobuf
 * @param pub_len its length in bytes
 * @param ops     borrows the functions, until the key is freed
 * @param user    passed to them
 * @param out     returns owned: p2p_key_free() it
 * @return 0, P2P_EINVAL (no sign), P2P_EFORMAT (no key), P2P_ENOTSUP (its
 *         type), P2P_ENOMEM
 */
P2P_API int p2p_key_external(const void *pub, size_t pub_len,
                             const struct p2p_key_ops *ops, void *user,
                             struct p2p_key **out);

/**
 * Writes a private key as the libp2p PrivateKey protobuf.
 * @param key borrows the key
 * @param buf where to write; may be NULL to ask for the length
 * @param cap bytes of room at buf
 * @return the length in bytes, or P2P_ETOOBIG if cap is less (buf not NULL),
 *         P2P_ENOTSUP (its private half is somewhere else)
 */
P2P_API int p2p_key_encode(const struct p2p_key *key, void *buf, size_t cap);

/**
 * Wipes and frees a key.
 * @param key takes the key; NULL is fine
 */
P2P_API void p2p_key_free(struct p2p_key *key);

/**
 * The kind of a key.
 * @param key borrows the key
 * @return its type
 */
P2P_API enum p2p_key_type p2p_key_type(const struct p2p_key *key);

/**
 * The public half as the libp2p PublicKey protobuf.
 * @param key borrows the key
 * @param len set to the length in bytes
 * @return bytes that are valid until the key is freed
 */
P2P_API const uint8_t *p2p_key_public(const struct p2p_key *key, size_t *len);

/**
 * Signs a message as the peer-ids spec says for the key's type.
 * @param key     borrows the key
 * @param msg     borrows the message
 * @param msg_len its length in bytes
 * @param sig     room for P2P_SIGNATURE_MAX bytes
 * @param sig_len set to the signature's length in bytes
 * @return 0, P2P_ECRYPTO, P2P_ENOMEM, or as struct p2p_key_ops has it
 */
P2P_API int p2p_key_sign(const struct p2p_key *key, const void *msg,
                         size_t msg_len, uint8_t *sig, size_t *sig_len);

/**
 * Verifies a signature against a PublicKey protobuf. Ed25519 allocates no
 * memory. RSA keys outside 2048-8192 bits are refused before any arithmetic.
 * @param pb      borrows the PublicKey protobuf
 * @param pb_len  its length in bytes
 * @param msg     borrows the message
 * @param msg_len its length in bytes
 * @param sig     borrows the signature
 * @param sig_len its length in bytes
 * @return 0, P2P_EAUTH (does not verify), P2P_EFORMAT (not a key),
 *         P2P_ENOTSUP (key type or size), P2P_ENOMEM
 */
P2P_API int p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                              size_t msg_len, const void *sig, size_t sig_len);

/**
 * Checks that bytes are a usable PublicKey protobuf.
 * @param pb     borrows the protobuf
 * @param pb_len its length in bytes
 * @return the key type (>= 0), P2P_EFORMAT, P2P_ENOTSUP
 */
P2P_API int p2p_pubkey_check(const void *pb, size_t pb_len);

#ifdef __cplusplus
}
#endif

#endif
