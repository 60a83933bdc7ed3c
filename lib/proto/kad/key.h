/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where something is in Kademlia's space: the SHA-256 of its name; two are as
 * far apart as their XOR, a number. Spec: libp2p kad-dht, "Distance". */
#ifndef P2P_PROTO_KAD_KEY_H
#define P2P_PROTO_KAD_KEY_H

#include "base/types.h"
#include "p2p/hash.h"
#include "p2p/peer_id.h"

struct p2p__kad_key {
    uint8_t b[P2P_SHA256_BYTES];
};

/* Where a name is: the bytes of a peer id, or of a record's key. */
void p2p__kad_key_of(const void *name, size_t len, struct p2p__kad_key *key);

/* Below 0: a is nearer to the target than b; 0: they are the same; above 0: it
 * is farther. */
int p2p__kad_compare(const struct p2p__kad_key *target,
                     const struct p2p__kad_key *a,
                     const struct p2p__kad_key *b);

/* How many bits two have in common in front: 0 to 256. */
unsigned p2p__kad_common(const struct p2p__kad_key *a,
                         const struct p2p__kad_key *b);

#endif
