/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * IP addresses at which protected peers were connected, by hash. Who comes
 * from one of them while handshakes of strangers fill the host's patience
 * begins its own in the place of one of theirs.
 */
#ifndef P2P_STACK_FAMILIAR_H
#define P2P_STACK_FAMILIAR_H

#include "port/net.h"

/* A power of two. Each address has one place, and the last one stays there. */
#define P2P__FAMILIAR_PLACES 1024U

struct p2p__familiar {
    uint64_t seed[2];
    uint32_t marks[P2P__FAMILIAR_PLACES]; /* 0: nobody */
};

/* Nobody is familiar yet. */
void p2p__familiar_init(struct p2p__familiar *f, const uint64_t seed[2]);

/* Notes an address; its port does not matter. */
void p2p__familiar_note(struct p2p__familiar *f, const struct p2p__addr *addr);

/* Whether an address was noted, and is still known: in one of 2^31 cases when
 * it was not. */
bool p2p__familiar_has(const struct p2p__familiar *f,
                       const struct p2p__addr *addr);

#endif
