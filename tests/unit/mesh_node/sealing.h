/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Vaults of the nodes of a mesh (mesh_maker.h) over one store: what one seals,
 * the others find there. Key 0 is the owner's, 1 and 2 are nodes, 3 came later.
 */
#ifndef TESTS_UNIT_MESH_NODE_SEALING_H
#define TESTS_UNIT_MESH_NODE_SEALING_H

#include "../mesh_store/rig.h"
#include "fake_disk.h"
#include "mesh/applier/vault.h"
#include "mesh/node/sealer.h"
#include "mesh_maker.h"

enum { SEALING_NODES = 4 };

struct sealing {
    struct mesh_maker mesh;
    struct um_roster roster;
    struct rig store;
    struct um_disk disk;
    struct um_papers *papers;
    struct um_sealer sealer;
    struct um_vault vault[SEALING_NODES]; /* by key */
    unsigned missing;                     /* how often one was told */
    struct um_name what;                  /* the last */
    char hex[4][UM_NAME_TEXT_MAX];        /* of sealing_hex() */
    unsigned hex_n;
};

/* Set-up and teardown of a test. */
int sealing_begin(void **state);
int sealing_end(void **state);

/* Seals by the vault of key 1; the object's hash. */
struct um_name sealing_seal(struct sealing *s, const char *name,
                            const char *text);

/* Puts bytes as they are; their hash as text, valid for four calls. */
const char *sealing_put(struct sealing *s, const char *text);

/* A hash as text; likewise. */
const char *sealing_hex(struct sealing *s, const struct um_name *hash);

#endif
