/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Unit's templates, as far as one has to know where a file may lie: text with
 * $variables, or JavaScript in back-ticks.
 */
#ifndef UM_TRUST_TEMPLATE_H
#define UM_TRUST_TEMPLATE_H

#include "mesh/base/arena.h"

/** Whether a text is JavaScript to Unit; "!" may stand before it. */
bool um_template_is_script(struct um_str s);

/** The paths that a template comes to, up to the names in them. */
enum { UM_TEMPLATE_SHAPES = 6 };

/** All that matters of what a template can become. */
struct um_template_shapes {
    struct um_str path[UM_TEMPLATE_SHAPES];
    size_t count; /**< 0: it cannot be said */
};

/**
 * Works out the shapes of a path. Only $uri and $host are known well enough:
 * Unit makes $uri begin with a slash and takes "." and ".." out of it (unless a
 * "rewrite" begins with something else), and it refuses a $host with a slash or
 * "..". So $uri is "/", "/NAME" or "/NAME/", $host is a name or nothing, and a
 * folder that holds all of these holds whatever comes.
 * @return false if memory is out
 */
bool um_template_path(struct um_arena *a, struct um_str s,
                      struct um_template_shapes *out);

#endif
