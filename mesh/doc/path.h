/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Paths as they stand in requests to Unit, and what a request does at the end
 * of one. "/routes/0/action": segments between slashes, URL-encoded (so "%2F"
 * is a slash inside of a name), decimal numbers for elements, one slash at the
 * end ignored. RFC 6901 is pointer.h.
 */
#ifndef UM_DOC_PATH_H
#define UM_DOC_PATH_H

#include "mesh/doc/value.h"

/** What a request does. */
enum um_path_op {
    UM_PATH_PUT,    /**< replaces, or creates: a member, or one more element */
    UM_PATH_POST,   /**< appends to an array */
    UM_PATH_DELETE, /**< takes away; all of it: an empty object stays */
};

/** A change. */
struct um_path_change {
    enum um_path_op op;
    struct um_str path;         /**< below the document; "" or "/": itself */
    const struct um_val *value; /**< NULL for DELETE */
};

/** What Unit answers when a path leads nowhere, or not to such a change. */
struct um_path_answer {
    unsigned status;
    const char *title;
};

/**
 * Decodes the URL escapes of one segment.
 * @param out a view of raw if it has none
 * @return 0, P2P_ENOTFOUND (an escape that is none) or P2P_ENOMEM
 */
int um_path_decode(struct um_arena *a, struct um_str raw, struct um_str *out);

/**
 * Follows a path.
 * @param a scratch memory
 * @param out valid as long as root; NULL: there is none
 * @return 0, P2P_ENOTFOUND or P2P_ENOMEM
 */
int um_path_get(struct um_arena *a, const struct um_val *root,
                struct um_str path, const struct um_val **out);

/**
 * Makes a copy of root with one change.
 * @param a where the copy is made; texts are shared with root and the value
 * @return 0; P2P_ENOTFOUND (404); P2P_ENOTSUP (405): appending to what is no
 *         array; P2P_ELIMIT: too large, too deep; P2P_ENOMEM
 */
int um_path_apply(struct um_arena *a, const struct um_val *root,
                  const struct um_path_change *change, struct um_val *out);

/** Unit's status and title for an error of these two. */
struct um_path_answer um_path_explain(int rc);

#endif
