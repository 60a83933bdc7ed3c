/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses in a message: they are read as they are walked over. */
#ifndef P2P_PROTO_AUTONAT_TOLD_H
#define P2P_PROTO_AUTONAT_TOLD_H

#include "p2p/multiaddr.h"
#include "wire/pb.h"

/* All members are private. */
struct p2p__autonat_told {
    struct p2p__slice fields; /* of the message that has them */
    uint32_t field;           /* their number in it */
};

/* A walk over them. */
struct p2p__autonat_walk {
    struct p2p__pb fields;
    uint32_t field;
    uint32_t next; /* the index of the next one */
};

/* Begins a walk over the addresses of a message that stays as it is. */
void p2p__autonat_walk_init(struct p2p__autonat_walk *walk,
                            const struct p2p__autonat_told *told);

/* The next one; its index, or negative at the end or at what is malformed. One
 * that is no multiaddr is of length 0. */
int p2p__autonat_walk_next(struct p2p__autonat_walk *walk,
                           struct p2p_multiaddr *ma);

#endif
