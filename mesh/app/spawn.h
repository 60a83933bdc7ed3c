/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file This program once more, in another role. */
#ifndef UM_APP_SPAWN_H
#define UM_APP_SPAWN_H

#include <sys/types.h>

#include "mesh/base/log.h"

/**
 * Starts this program as a process of its own, with a socket to it. It has
 * nothing else of ours but the standard descriptors.
 * @param argv what it is told; borrows
 * @param at   the descriptor that its end of the socket has there, above 2
 * @param pid  set
 * @return our end, owned; -1: the log says why
 */
int um_spawn_start(char *const argv[], int at, pid_t *pid,
                   const struct um_log *log);

#endif
