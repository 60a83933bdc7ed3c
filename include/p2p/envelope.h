/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Signed envelopes: a payload, what it is, who signed it, and for which
 * purpose: a signature for one domain says nothing in another. What peers pass
 * on for each other goes into one. Spec: libp2p RFC 0002.
 */
#ifndef P2P_ENVELOPE_H
#define P2P_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The longest envelope that is read or written, in bytes. */
#define P2P_ENVELOPE_MAX 65536

/** The longest domain and the longest payload type, in bytes. */
#define P2P_ENVELOPE_NAME_MAX 64

/** What an envelope is for; who seals and who opens it says the same. */
struct p2p_envelope_kind {
    const char *domain; /**< not empty; it is signed, but not sent */
    const void *type;   /**< the payload type: a multicodec, or a path */
    size_t type_len;
};

/** What was in an envelope: parts of the bytes that it was read from. */
struct p2p_envelope {
    const uint8_t *pubkey; /**< the signer's PublicKey protobuf */
    size_t pubkey_len;
    const uint8_t *payload;
    size_t payload_len;
    const uint8_t *signature;
    size_t signature_len;
    struct p2p_peer_id signer;
};

/**
 * Opens an envelope: reads it, compares the payload type, verifies the
 * signature. Ed25519 allocates no memory for payloads under 1.5 KiB.
 * @param in   borrows the envelope, and `out` after it
 * @param len  its length in bytes
 * @param kind borrows what it has to be for
 * @param out  set on success
 * @return 0, P2P_EFORMAT, P2P_EAUTH (does not verify for this domain),
 *         P2P_ENOTSUP (another payload type, or the key's type), P2P_ETOOBIG,
 *         P2P_EINVAL (kind), P2P_ENOMEM
 */
P2P_API int p2p_envelope_open(const void *in, size_t len,
                              const struct p2p_envelope_kind *kind,
                              struct p2p_envelope *out);

/**
 * Signs a payload and writes the envelope. An Ed25519 envelope is 112 bytes
 * and the payload type longer than its payload, or a few less.
 * @param key         borrows the signer's key
 * @param kind        borrows what it is for
 * @param payload     borrows the payload
 * @param payload_len its length in bytes
 * @param buf         where to write
 * @param cap         bytes of room at buf
 * @return the envelope's length, P2P_ETOOBIG, P2P_EINVAL (kind), P2P_ECRYPTO,
 *         P2P_ENOMEM
 */
P2P_API int p2p_envelope_seal(const struct p2p_key *key,
                              const struct p2p_envelope_kind *kind,
                              const void *payload, size_t payload_len,
                              uint8_t *buf, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
