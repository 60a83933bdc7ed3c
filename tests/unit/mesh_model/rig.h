/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A mesh for tests of the model: items with ids of the test's choosing, which
 * need no signature here. Key 0 is the root, revision 0 is r1.
 */
#ifndef TESTS_UNIT_MESH_MODEL_RIG_H
#define TESTS_UNIT_MESH_MODEL_RIG_H

#include "mesh/model/view.h"

/* When r1 was made, in milliseconds. */
#define T0 1000000U

/* The deadline of rig_staged() and rig_trial(). */
#define N_MS 600000U

struct rig {
    struct um_roster roster;
    struct um_history history;
    struct um_view view;
    struct um_name mesh;
    struct um_need need; /* of the last item */
    unsigned statements;
    unsigned facts;
};

/* The key, and the revision's id, of a number. */
struct um_name rig_key(unsigned n);
struct um_name rig_rev(unsigned n);

/* A mesh with its genesis, r1 and `writers` keys from 1 on, which are nodes
 * too. 0 or an error. */
int rig_init(struct rig *g, unsigned writers);
void rig_fini(struct rig *g);

/* Adds a statement by a key; its id and mesh are filled in. */
int rig_say(struct rig *g, unsigned by, struct um_statement s);

/* A revision with the parents' numbers (UINT32_MAX: none), wall T0 + id. */
struct um_revision rig_shape(const struct rig *g, unsigned id, unsigned by,
                             unsigned parent, unsigned parent2);

/* Adds one; it is seen at its own wall. */
int rig_add(struct rig *g, const struct um_revision *r);

/* Adds an immediate revision with one parent. */
int rig_edit(struct rig *g, unsigned id, unsigned by, unsigned parent);

/* Adds a staged one with the deadline N_MS. */
int rig_staged(struct rig *g, unsigned id, unsigned by, unsigned parent);

/* Adds a fact; `wall` is its moment. */
int rig_fact(struct rig *g, enum um_fact_what what, unsigned rev, unsigned by,
             uint64_t wall);

/* Takes from a key what it is, but for what is below a revision. */
int rig_revoke(struct rig *g, unsigned key, unsigned keep);

/* Updates the view. */
int rig_look(struct rig *g, uint64_t now_ms);

/* The number of the i-th head; -1: there is none. */
int rig_head(const struct rig *g, size_t i);

/* What a revision is. */
enum um_rev_state rig_state(const struct rig *g, unsigned id);

/* What a key is to run: a revision's number, or -1. */
int rig_desired(struct rig *g, unsigned key);

#endif
