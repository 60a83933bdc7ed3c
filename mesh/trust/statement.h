/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Roster statements: who may do what in a mesh, and what its owners say about
 * members and settings. docs/reference/formats.md. What they come to together
 * is mesh/trust/roster.h.
 */
#ifndef UM_TRUST_STATEMENT_H
#define UM_TRUST_STATEMENT_H

#include "mesh/trust/item.h"

/** The longest name and value of a SET; an item with more is refused. */
#define UM__CAP_SET_NAME_BYTES  255
#define UM__CAP_SET_VALUE_BYTES 4096

/** Bytes that make a mesh's id unlike all others'. */
#define UM_GENESIS_NONCE_BYTES 16

/** Roles, a set for each key. */
enum um_role {
    UM_OWNER = 1,  /**< says who is what, below owners */
    UM_WRITER = 2, /**< makes revisions and facts */
    UM_NODE = 4,   /**< runs the configuration: a member */
    UM_ROOT = 8    /**< says who is owner */
};

/** All of them. */
#define UM_ROLES_ALL 15U

/** What a statement does. */
enum um_statement_what {
    UM_GENESIS = 1,
    UM_GRANT = 2,
    UM_REVOKE = 3,
    UM_SET = 4,
    UM_VOID = 5
};

/** A roster statement; members that its kind has not are zero. */
struct um_statement {
    struct um_name id;
    struct um_name mesh; /**< none in the genesis */
    struct um_name by;
    struct um_name key;   /**< about whom; of the genesis: the recovery key */
    struct um_name first; /**< GENESIS: the id of r1 */
    uint64_t seq;         /**< SET */
    uint64_t wall_ms;     /**< for people */
    enum um_statement_what what;
    uint8_t roles; /**< bits of um_role; REVOKE: all, if none are named */
    uint8_t nonce[UM_GENESIS_NONCE_BYTES];
    struct um_namelist keep;  /**< REVOKE: heads that stay; borrows */
    struct um_namelist stand; /**< REVOKE: statements that stay; borrows */
    struct um_namelist ids;   /**< VOID: which revisions; borrows */
    struct um_str name;       /**< SET, GENESIS; borrows */
    struct um_str value;      /**< SET; empty: unset; borrows */
    struct um_str message;    /**< borrows */
};

/** Reads the content of an item; like um_revision_decode(). */
int um_statement_decode(struct um_item *it, struct um_statement *out);

/** um_item_open() and um_statement_decode() in one; errors of both. */
int um_statement_open(struct um_str envelope, struct um_statement *out);

/** Signs a statement and appends the envelope; like um_revision_seal(). */
int um_statement_seal(struct um_statement *s, const struct p2p_key *key,
                      struct um_buf *out);

/**
 * Appends what is signed of a statement, for who has the key elsewhere: that
 * one reads it with um_item_read(), um_statement_decode(), and seals it.
 * @return 0, P2P_EINVAL (no item can be made of it), P2P_ENOMEM
 */
int um_statement_plan(const struct um_statement *s, struct um_buf *out);

#endif
