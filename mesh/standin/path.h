/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Paths into a document, as they stand in a request: "/routes/0/action",
 * segments URL-encoded, numbers index arrays. And what a request does at the
 * end of one.
 */
#ifndef UM_STANDIN_PATH_H
#define UM_STANDIN_PATH_H

#include "mesh/standin/value.h"

/** Segments of a path; nothing is found at the end of a longer one. */
#define UM__CAP_STANDIN_PATH_STEPS 512U

enum { UM_SPATH_TOKEN_MAX = 256 /**< bytes of a segment, before decoding */ };

/** What to do at the end of a path. */
enum um_spath_op {
    UM_SPATH_PUT,    /**< create or replace */
    UM_SPATH_POST,   /**< append to an array */
    UM_SPATH_DELETE, /**< take away */
};

/**
 * Follows a path.
 * @param path begins with a slash; "/" is root itself
 * @return the value, valid as long as root, or NULL
 */
const struct um_sval *um_spath_get(const struct um_sval *root,
                                   struct um_str path);

/** A change. */
struct um_spath_change {
    enum um_spath_op op;
    struct um_str path; /**< begins with a slash, names what is below root */
    const struct um_sval *value; /**< lives in arena; NULL for DELETE */
};

/**
 * Makes a copy of root with one change.
 * @param arena where the copy is made
 * @return 0; P2P_ENOTFOUND; P2P_ENOTSUP: appending to what is no array;
 *         P2P_ENOMEM, also where Unit says so though it has memory;
 *         P2P_ELIMIT: Unit's process dies of this request (a member is put
 *         into a scalar)
 */
int um_spath_apply(struct um_arena *arena, const struct um_sval *root,
                   const struct um_spath_change *change, struct um_sval *out);

/**
 * Decodes URL escapes.
 * @param to room for s.len bytes
 * @param len the bytes written
 * @return false if an escape is malformed
 */
bool um_surl_decode(struct um_str s, char *to, size_t *len);

#endif
