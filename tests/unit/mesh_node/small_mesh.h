/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The store of a node of a small mesh: an owner, a writer, a node; eleven
 * items, signed, with documents and rows. Or one with a flaw that SQLite does
 * not see.
 */
#ifndef TESTS_UNIT_MESH_NODE_SMALL_MESH_H
#define TESTS_UNIT_MESH_NODE_SMALL_MESH_H

#include "mesh/store/store.h"

/* What is wrong with it. */
enum small_flaw {
    SMALL_WELL,
    SMALL_SIGNATURE, /* of an item: another bit */
    SMALL_FORGED,    /* an item by a key that its writer does not have */
    SMALL_ORDER,     /* a revision stands before its parent */
    SMALL_STRANGER,  /* a revision by who was never a writer */
    SMALL_NUMBER,    /* a revision with a number that is not one more */
    SMALL_ABROAD,    /* a fact of another mesh */
    SMALL_GAP,       /* an item is gone */
    SMALL_ROW_SUM,   /* an item's row is not what was written */
    SMALL_LENGTH,    /* a document has another length than its revision says */
    SMALL_BYTES,     /* a document has other bytes */
    SMALL_ROW,       /* a member's row is another's */
    SMALL_ROW_SIGNATURE,
    SMALL_ROW_ABROAD,
    SMALL_ROW_SEQ,
    SMALL_ASIDE, /* an item of a later version, with a wrong signature */
    SMALL_OWN,   /* the node's own record is none */
    SMALL_SHOWN, /* what Unit showed is not what was written */
    SMALL_NO_MESH,
    SMALL_EMPTY, /* of no mesh yet, and nothing is wrong with that */
    SMALL_FLAWS
};

/* The words for a flaw, as on a command line. */
const char *small_flaw_text(enum small_flaw flaw);

/* Writes it into a new store. Exits if it cannot. */
void small_mesh_write(struct um_store *s, enum small_flaw flaw);

#endif
