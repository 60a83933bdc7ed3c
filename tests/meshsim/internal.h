/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the network share. */
#ifndef TESTS_MESHSIM_INTERNAL_H
#define TESTS_MESHSIM_INTERNAL_H

#include "net.h"

/* A member's side of a connection. */
struct side {
    bool up;
    bool hears;    /* what the other says on topics; as of so many statements */
    unsigned conn; /* the number of the connection between the two */
    unsigned statements;
};

struct side *net_side(const struct member *a, const struct member *b);

/* How long one way takes. */
uint64_t net_latency(struct world *w);

/* The member with an id; NULL: nobody. */
struct member *member_of(const struct world *w, const struct p2p_peer_id *id);

/* All streams with a peer end: the connection did. */
void stream_lose(struct um_bus *bus, const struct member *peer);

/* The bus goes: whoever still listens to a stream of it hears `closed` now. */
void stream_orphan(struct um_bus *bus);

#endif
