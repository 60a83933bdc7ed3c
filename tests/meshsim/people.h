/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * People: who begins the mesh, lets members in and puts them out, and wants
 * changes at any node; and what they were promised.
 */
#ifndef TESTS_MESHSIM_PEOPLE_H
#define TESTS_MESHSIM_PEOPLE_H

#include "mesh/trust/statement.h"
#include "member.h"

/* A thing that a node said is on its disk. */
struct promise {
    struct um_name id;
    size_t member;
    bool statement;
};

struct people {
    struct p2p_key *owner;
    struct um_name owner_name;
    struct p2p_key *recovery;
    const struct image *store; /* an empty one, as a file */
    struct um_buf welcome;     /* what who is let in gets, besides its GRANT */
    struct promise *promises;
    size_t promises_n;
    size_t promises_cap;
    uint64_t seq; /* of SETs */
};

/* Begins the mesh at the first member, with others that were let in before. */
void people_begin(struct world *w, const struct image *empty_store,
                  unsigned others);
void people_fini(struct world *w);

/* A new member: it is let in, and begins some time. */
void people_add(struct world *w, bool writes, uint64_t in_ms);

/* One that means harm. */
void people_add_harm(struct world *w, bool writes, uint64_t in_ms);

/* Members that mean harm are put out, and what they wrote since. */
void people_end_harm(struct world *w);

/* The owner approves all that still wait, and who put them down knows them. */
void people_end_waiting(struct world *w);

/* Whether somebody waits for the owner's word, as far as the founder knows. */
bool people_awaits(const struct member *m);

/* Somebody wants something at a random node. */
void people_want(struct world *w);

/* The owner says something: a label, a role, that one is out, or may come in.
 */
void people_rule(struct world *w);

/* A promise was given. */
void people_promised(struct world *w, struct promise p);

/* Signs a statement of the owner's. */
void people_sign(struct world *w, struct um_statement s, struct um_buf *out,
                 struct um_name *id);

#endif
