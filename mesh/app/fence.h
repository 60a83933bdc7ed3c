/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Landlock: which files this process, and no child of it, reaches. */
#ifndef UM_APP_FENCE_H
#define UM_APP_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What may be done below a path. */
enum um_fence_right {
    UM_FENCE_READ = 1,
    UM_FENCE_WRITE = 2,  /**< files, folders and sockets come, change and go */
    UM_FENCE_SOCKETS = 4 /**< sockets are bound */
};

/** A file, or a folder and all below it. */
struct um_fence_path {
    const char *path; /**< one that is not there is left out */
    unsigned rights;  /**< bits of enum um_fence_right */
};

/** What stays reachable; nothing else does. */
struct um_fence_gates {
    const struct um_fence_path *paths;
    size_t n_paths;
    bool no_tcp;       /**< neither listens nor connects, but for: */
    uint16_t tcp_port; /**< connects there; 0: nowhere */
};

/** The version of Landlock's interface that the kernel has; 0: none. */
int um_fence_abi(void);

/**
 * Closes the fence, for this thread and those that it starts, for ever. With
 * the sixth interface signals do not leave it either, nor words to abstract
 * sockets. Needs no_new_privs.
 * @return the version of the interface that was used (at most the newest that
 *         is known here); 0: the kernel has none, or may not be asked; else
 *         negative, with errno
 */
int um_fence_close(const struct um_fence_gates *gates);

#endif
