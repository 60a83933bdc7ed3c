/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A private unitd, for documents to be tried on before they are revisions: its
 * socket, state, log and listeners are in a folder of its own, which goes with
 * it. It is kept by a process that does nothing else, since the applier may
 * start no programs.
 */
#ifndef UM_APP_KEEPER_H
#define UM_APP_KEEPER_H

#include <sys/types.h>

#include "mesh/base/log.h"

/** Bytes of the folder's path; its sockets have 107. */
#define UM_KEEPER_PATH 72

/** Zero it before the first use. */
struct um_keeper {
    char folder[UM_KEEPER_PATH];
    char target[UM_KEEPER_PATH + 24];    /**< unix:PATH of the control socket */
    char log[UM_KEEPER_PATH + 16];       /**< of unitd */
    char listeners[UM_KEEPER_PATH + 16]; /**< a folder for their sockets */
    int fd; /**< whose end is that of the keeper; 0: there is none */
};

/**
 * Begins one: unitd is started, and once more a second after it has ended by
 * itself. Before the first thread.
 * @param program the path of unitd
 * @return 0, or -1: the log says why
 */
int um_keeper_begin(struct um_keeper *k, const char *program,
                    const struct um_log *log);

/** Has it end, and its folder go; not waited for. */
void um_keeper_end(struct um_keeper *k);

#endif
