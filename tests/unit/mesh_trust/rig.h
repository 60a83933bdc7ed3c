/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A small mesh for tests of trust: keys of the seeds 1, 2, …, items that are
 * signed and read back, a set of revisions that are "here", and a roster.
 */
#ifndef TESTS_UNIT_MESH_TRUST_RIG_H
#define TESTS_UNIT_MESH_TRUST_RIG_H

#include "mesh/trust/roster.h"
#include "unit.h"

/* The moment of the golden files: milliseconds since 1970. */
#define T0 UINT64_C(1764000000000)

/* Who is who in a rig, by seed. */
enum { ROOT_SEED = 1, WRITER_SEED, NODE_SEED, RECOVERY_SEED, OWNER_SEED };

/* The key of a seed, 32 bytes little-endian; owned. */
struct p2p_key *rig_key(unsigned seed);

/* The member's name of a seed's key. */
struct um_name rig_name(unsigned seed);

/* A name of one repeated byte: an id that is somewhere else. */
struct um_name rig_id(unsigned byte);

#define RIG_ITEMS_MAX 64

/* A mesh: its genesis and r1, and a roster that has the genesis. */
struct rig {
    struct um_roster roster;
    struct um_known known;
    struct um_name mesh;
    struct um_revision r1;
    struct um_statement genesis;
    struct um_buf texts[RIG_ITEMS_MAX]; /* envelopes; items borrow from them */
    size_t texts_n;
    struct {
        struct um_name id;
        uint64_t number;
    } here[RIG_ITEMS_MAX]; /* what `known` answers */
    size_t here_n;
    uint64_t clock;
};

void rig_init(struct rig *g);
void rig_fini(struct rig *g);

/* A buffer that lives as long as the rig. */
struct um_buf *rig_buf(struct rig *g);

/* Says that a revision was accepted. */
void rig_here(struct rig *g, const struct um_name *id, uint64_t number);

/* Fills in mesh and time, signs as `seed`, opens what came of it. */
struct um_statement rig_sign(struct rig *g, unsigned seed,
                             struct um_statement s);

/* The same, and adds it to the roster: returns um_roster_add()'s answer. */
int rig_add(struct rig *g, unsigned seed, struct um_statement s);

/* Shapes of statements. */
struct um_statement rig_grant(unsigned seed, unsigned roles);
struct um_statement rig_revoke(unsigned seed, unsigned roles);

/* An immediate revision by a seed on a parent; signed and read back. */
struct um_revision rig_edit(struct rig *g, unsigned seed,
                            const struct um_revision *parent);

/* The view of a buffer. */
static inline struct um_str rig_view(const struct um_buf *b)
{
    return um_buf_view(b);
}

#endif
