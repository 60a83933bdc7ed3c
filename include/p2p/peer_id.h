/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Peer ids: the multihash of a peer's public key, as a plain value.
 * Spec: libp2p peer-ids, RFC 0001 (text form as CID).
 */
#ifndef P2P_PEER_ID_H
#define P2P_PEER_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The longest peer id in bytes: an identity multihash of a 42-byte key. */
#define P2P_PEER_ID_MAX 44

/** Room for either text form with its end, in bytes. */
#define P2P_PEER_ID_TEXT_MAX 96

/** A peer id. An empty one (len 0) is nobody. Compare with ..._equal(). */
struct p2p_peer_id {
    uint8_t len;
    uint8_t bytes[P2P_PEER_ID_MAX];
};

/**
 * The peer id of a public key: inlined up to 42 bytes, else its SHA-256.
 * @param pb     borrows a PublicKey protobuf
 * @param pb_len its length in bytes
 * @param id     set on success
 * @return 0, P2P_EFORMAT, P2P_ETOOBIG
 */
P2P_API int p2p_peer_id_from_pubkey(const void *pb, size_t pb_len,
                                    struct p2p_peer_id *id);

/**
 * Reads a binary peer id; checks that it is a whole multihash, SHA-256 or
 * identity.
 * @param bytes borrows the bytes
 * @param len   how many
 * @param id    set on success
 * @return 0, P2P_EFORMAT
 */
P2P_API int p2p_peer_id_from_bytes(const void *bytes, size_t len,
                                   struct p2p_peer_id *id);

/**
 * Reads either text form: base58 multihash ("Qm…", "12D3…") or CIDv1 with
 * codec libp2p-key in any supported multibase ("bafz…", "k51…").
 * @param text borrows the text
 * @param len  its length in bytes
 * @param id   set on success
 * @return 0, P2P_EFORMAT
 */
P2P_API int p2p_peer_id_from_text(const char *text, size_t len,
                                  struct p2p_peer_id *id);

/**
 * Writes the base58 form with an ending zero.
 * @param id  borrows the id
 * @param buf room for P2P_PEER_ID_TEXT_MAX bytes
 * @return buf
 */
P2P_API char *p2p_peer_id_text(const struct p2p_peer_id *id, char *buf);

/**
 * Writes the CIDv1 form (base32) with an ending zero.
 * @param id  borrows the id
 * @param buf room for P2P_PEER_ID_TEXT_MAX bytes
 * @return buf
 */
P2P_API char *p2p_peer_id_cid_text(const struct p2p_peer_id *id, char *buf);

/**
 * The public key inside an identity peer id.
 * @param id  borrows the id
 * @param len set to the key protobuf's length in bytes
 * @return bytes inside id, or NULL when the id is only a hash
 */
P2P_API const uint8_t *p2p_peer_id_pubkey(const struct p2p_peer_id *id,
                                          size_t *len);

/**
 * Whether two ids are the same.
 * @param a borrows
 * @param b borrows
 * @return true when they are
 */
P2P_API bool p2p_peer_id_equal(const struct p2p_peer_id *a,
                               const struct p2p_peer_id *b);

/**
 * Orders ids by their bytes.
 * @param a borrows
 * @param b borrows
 * @return below, equal to or above zero
 */
P2P_API int p2p_peer_id_compare(const struct p2p_peer_id *a,
                                const struct p2p_peer_id *b);

#ifdef __cplusplus
}
#endif

#endif
