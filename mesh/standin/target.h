/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Normalising the path of a request target as Unit does: escapes decoded,
 * slashes merged, "." and ".." resolved.
 */
#ifndef UM_STANDIN_TARGET_H
#define UM_STANDIN_TARGET_H

#include "mesh/base/str.h"

/**
 * Normalises the path of a target.
 * @param target begins with a slash, may have a query and a fragment
 * @param keep_slashes leave "%2F" and "%25" encoded
 * @param room at least target.len + 1 bytes
 * @param path view of room
 * @param query view of target; p is NULL if there is none
 * @return false: a malformed escape, a zero byte, or a way above the root
 */
bool um_starget_normalise(struct um_str target, bool keep_slashes, char *room,
                          struct um_str *path, struct um_str *query);

#endif
