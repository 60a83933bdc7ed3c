/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A node at whose door one asks, for tests of both sides of the join protocol.
 * Keys: 0 root, 1 owner, 2 the inviter's node, 3 the joiner. */
#ifndef TESTS_UNIT_MESH_SYNC_DOOR_H
#define TESTS_UNIT_MESH_SYNC_DOOR_H

#include "chunker.h"
#include "mesh/sync/inviter.h"
#include "mesh/sync/joiner.h"
#include "mesh_maker.h"
#include "unit.h"

/* The wall clock. */
#define T0 UINT64_C(1764000000000)

enum { ROOT, OWNER, INVITER, JOINER, OTHER, WAITING_MAX = 80 };

/* A node at whose door one asks. */
struct door {
    struct mesh_maker m;
    struct um_roster roster;
    struct um_code code;
    struct um_invite invite;
    struct um_name waiting[WAITING_MAX];
    size_t waiting_n;
    struct um_inviter_node node;
    struct um_door door;
    unsigned signer;   /* who signs a GRANT */
    unsigned counted;  /* uses that were written down */
    unsigned put_down; /* keys that were */
    int sign_err;
};

/* A mesh with an owner, an inviter, and a code. */
void door_init(struct door *d);

/* Frees it. */
void door_fini(struct door *d);

/* Takes a statement into the roster. */
void door_take(struct door *d, struct um_str envelope);

/* Appends a statement, signed by one of the keys. */
void door_sign(struct door *d, unsigned by, struct um_statement s,
               struct um_buf *out);

/* Both of these. */
void door_say(struct door *d, unsigned by, struct um_statement s);

/* An inviter at the door, asked by one of the keys. */
void door_knock(struct door *d, struct um_inviter *i, unsigned who);

/* A joiner, with the code or without. */
void door_joiner(const struct door *d, struct um_joiner *j, bool coded);

/* What the daemon does with an event. */
void door_store(struct door *d, struct um_inviter *i, uint64_t wall_ms);

/* Lets an inviter have a Hello; what it answers is appended to `out`. */
void door_answer(struct door *d, struct um_str hello, uint64_t wall_ms,
                 enum chunk_plan plan, struct um_buf *out);

/* Lets a joiner have an answer, to its end. */
void door_hear(struct um_joiner *j, struct um_str in, enum chunk_plan plan);

/* A whole exchange. */
void door_join(struct door *d, struct um_joiner *j, bool coded,
               uint64_t wall_ms, enum chunk_plan plan);

#endif
