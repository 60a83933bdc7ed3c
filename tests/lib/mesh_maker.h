/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A mesh for tests, of signed items: an owner's key, r1 with its document, the
 * genesis, and a GRANT for each of the first nodes. Keys are those of fixed
 * seeds: 0 is owner and root, 1 and on are nodes and writers, those above the
 * nodes are strangers.
 */
#ifndef TESTS_LIB_MESH_MAKER_H
#define TESTS_LIB_MESH_MAKER_H

#include "mesh/trust/roster.h"
#include "p2p/key.h"

/* Milliseconds since 1970: when a mesh was made. */
#define MESH_MAKER_T0 UINT64_C(1764000000000)

enum { MESH_MAKER_KEYS = 96, MESH_MAKER_STATEMENTS = 128 };

struct mesh_maker {
    struct p2p_key *keys[MESH_MAKER_KEYS];
    struct um_name names[MESH_MAKER_KEYS];
    struct um_name mesh;
    struct um_str document; /* of r1 */
    struct um_name document_hash;
    struct um_name r1_id;
    struct um_buf r1; /* its envelope */
    /* Envelopes in an order in which each can be accepted: the genesis, then
     * the GRANTs of key 1 and on, then what the test said. */
    struct um_buf statements[MESH_MAKER_STATEMENTS];
    struct um_name ids[MESH_MAKER_STATEMENTS];
    size_t statements_n;
};

/* Makes a mesh with so many nodes besides the owner; what fails is asserted. */
void mesh_maker_init(struct mesh_maker *m, unsigned nodes);
void mesh_maker_fini(struct mesh_maker *m);

/* Signs a statement by a key and appends its envelope to `out`; mesh and moment
 * are filled in. */
void mesh_maker_sign(const struct mesh_maker *m, unsigned by,
                     struct um_statement s, struct um_buf *out);

/* The same, and takes it into the list. */
void mesh_maker_say(struct mesh_maker *m, unsigned by, struct um_statement s);

/* Takes the envelope of a statement into the list. */
void mesh_maker_take(struct mesh_maker *m, struct um_str envelope);

/* A roster with all statements of the list. */
void mesh_maker_roster(const struct mesh_maker *m, struct um_roster *r);

/* Adds the envelope of a statement to a roster; the error of that. Revisions
 * are not asked for. */
int mesh_maker_add(struct um_roster *r, struct um_str envelope);

/* The envelope of the statement with an id; p NULL: there is none. */
struct um_str mesh_maker_find(const struct mesh_maker *m,
                              const struct um_name *id);

#endif
