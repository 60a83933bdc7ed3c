/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Folders and what lies below them, as texts: nobody looks at a disk here, so
 * what a symbolic link leads to is not seen. docs/reference/policy.md says
 * what follows from that.
 */
#ifndef UM_TRUST_FOLDER_H
#define UM_TRUST_FOLDER_H

#include "mesh/base/arena.h"

/** Bytes of a path that is compared; the system opens no longer one. */
#define UM__CAP_POLICY_PATH_BYTES 4096U

/** Why a path cannot be compared. */
enum um_folder_fault {
    UM_FOLDER_FINE,
    UM_FOLDER_RELATIVE, /**< it depends on where Unit was started */
    UM_FOLDER_CLIMBS,   /**< it has "..": behind a link, that is elsewhere */
    UM_FOLDER_ZERO,     /**< it has a byte that ends it early for the system */
    UM_FOLDER_LONG,     /**< the system would not open it */
};

/**
 * Brings a path into the form that is compared: "/a/b", without empty parts,
 * "." and a slash at the end; "/" is the root.
 * @param to room for path.len bytes, which out views then
 */
enum um_folder_fault um_folder_clean(struct um_str path, char *to,
                                     struct um_str *out);

/** Whether a clean path is a clean folder, or lies below it. */
bool um_folder_holds(struct um_str folder, struct um_str path);

/** A path below another, which may begin with a slash or not. */
bool um_folder_join(struct um_arena *a, struct um_str folder,
                    struct um_str path, struct um_str *out);

#endif
