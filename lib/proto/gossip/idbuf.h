/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ids to be told to a peer, encoded as they go into IWANT and IDONTWANT:
 * appended when known, emptied into the next frame. */
#ifndef P2P_PROTO_GOSSIP_IDBUF_H
#define P2P_PROTO_GOSSIP_IDBUF_H

#include "base/types.h"

struct p2p__gossip_idbuf {
    uint8_t *p;
    uint32_t len, room;
    uint32_t count;
};

/* Bytes of memory that appending an id of `len` bytes will take. */
size_t p2p__gossip_idbuf_need(const struct p2p__gossip_idbuf *b, size_t len);

/* Appends an id of at most P2P__CAP_GOSSIP_ID bytes. Errors: P2P_ENOMEM. */
int p2p__gossip_idbuf_add(struct p2p__gossip_idbuf *b, const void *id,
                          size_t len);

/* Empties it; a first small block stays. Returns how many bytes of memory
 * that gave back. */
size_t p2p__gossip_idbuf_clear(struct p2p__gossip_idbuf *b);

/* Empties it, and frees all. Returns how many bytes of memory that gave back.
 */
size_t p2p__gossip_idbuf_fini(struct p2p__gossip_idbuf *b);

#endif
