/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The texts of a peer id, below the floor that knows keys: multiaddrs have
 * them too. Spec: libp2p peer-ids, "String representation".
 */
#ifndef P2P_WIRE_PEER_TEXT_H
#define P2P_WIRE_PEER_TEXT_H

#include "p2p/peer_id.h"

/*
 * Reads either text, borrowed, into the id's bytes.
 * Returns how many. Errors: P2P_EFORMAT.
 */
int p2p__peer_text_read(const char *text, size_t len,
                        uint8_t out[P2P_PEER_ID_MAX]);

/* Writes the base58 text of an id's bytes, without an ending zero.
 * Returns its length. Errors: P2P_ETOOBIG (cap). */
int p2p__peer_text_base58(const uint8_t *id, size_t len, char *text,
                          size_t cap);

/* The same for the CID in base32. */
int p2p__peer_text_cid(const uint8_t *id, size_t len, char *text, size_t cap);

#endif
