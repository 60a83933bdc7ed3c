/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where a daemon meets an applier that it did not start: a socket at which it
 * hands over the ends of the two that they will use, and is told what Unit
 * there is. One message each way, and the connection is closed.
 */
#ifndef UM_APP_GATE_H
#define UM_APP_GATE_H

#include <sys/types.h>

#include "mesh/base/log.h"

/** Bytes of what one tells the other, with the end. */
#define UM_GATE_TEXT 256

/** What the two say to be sure that they are one version. */
struct um_gate {
    const char *at;      /**< the path of the socket */
    const char *version; /**< of this program */
    const struct um_log *log;
};

/**
 * The daemon's side: waits 10 s for an applier if there is none, and then until
 * it is let in, 20 s at most.
 * @param fds    set to our ends of two streams, as of um_spawn_start(); owned
 * @param target set to what the applier says of Unit: unix:PATH,
 *               http://HOST:PORT, or ""
 * @return 0, or -1: the log says why
 */
int um_gate_call(const struct um_gate *g, int fds[2],
                 char target[UM_GATE_TEXT]);

/**
 * The applier's side: the socket that systemd handed over (LISTEN_FDS), or one
 * that is made at `at` for the group.
 * @return a descriptor, owned; -1: the log says why
 */
int um_gate_open(const struct um_gate *g, gid_t group);

/**
 * Waits for a daemon; whoever is somebody else, or says something else, is told
 * of in the log and turned away.
 * @param who    the user who may come
 * @param target what he is told of Unit
 * @param fds    set to the ends that he brought; owned
 * @return 0, or -1: there is no socket any more
 */
int um_gate_wait(const struct um_gate *g, int listener, uid_t who,
                 const char *target, int fds[2]);

#endif
