/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file This program once more, in another role. */
#ifndef UM_APP_SPAWN_H
#define UM_APP_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "mesh/base/log.h"

/** The most sockets to one process. */
#define UM_SPAWN_SOCKETS_MAX 4

/**
 * Starts this program as a process of its own, with sockets to it. It has
 * nothing else of ours but the standard descriptors.
 * @param argv what it is told; borrows
 * @param ends set to our ends, owned; its ends are the descriptors 3 and on
 * @param n    how many, at most UM_SPAWN_SOCKETS_MAX
 * @param pid  set
 * @return 0; -1: the log says why
 */
int um_spawn_start(char *const argv[], int *ends, size_t n, pid_t *pid,
                   const struct um_log *log);

#endif
