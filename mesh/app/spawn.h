/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file This same program once more, in another role, at the other end of a
 * socket. */
#ifndef UM_APP_SPAWN_H
#define UM_APP_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include <uv.h>

#include "mesh/base/log.h"

/** The descriptors at which the child finds its ends of two sockets: for what
 * is told, and for what is asked and waited for. */
#define UM_SPAWN_FD     3
#define UM_SPAWN_ASK_FD 4

/** Bytes of a text that says how a process ended. */
#define UM_SPAWN_HOW 96

/** A child. Zero it before the first use. */
struct um_spawn {
    int fd;     /**< our end: a stream, blocking, closed on exec */
    int ask_fd; /**< of the other one; who takes it puts -1 here */
    pid_t pid;  /**< 0: there is none, or it is no child of ours */
    /** Called once, from the loop, when it has ended while it should not. */
    void (*ended)(void *user, const char *how);
    void *user;
    uv_signal_t child; /**< SIGCHLD */
    bool watching;
};

/**
 * Starts this program with other words. The child has its ends of the sockets
 * at UM_SPAWN_FD and UM_SPAWN_ASK_FD, our stderr, and nothing else that is open
 * here; of the environment what the C library, the sanitizers and unitmesh
 * read; SIGINT and SIGTERM do not end it, for a terminal and systemd send them
 * to both: it has to end when it reads the end of the stream. Before the first
 * thread.
 * @param argv borrows; the first is the program's name, NULL after the last
 * @return 0, or -1: the log says why
 */
int um_spawn_start(struct um_spawn *s, char *const *argv,
                   const struct um_log *log);

/**
 * From now on tells when it ends by itself.
 * @param ended called once; `how` is valid until it returns, such as "exit code
 *              1", "signal 9 (Killed)"
 * @return 0, or -1
 */
int um_spawn_watch(struct um_spawn *s, uv_loop_t *loop,
                   void (*ended)(void *user, const char *how), void *user);

/** Stops watching; the handle is closed by the loop. Fine if none watches. */
void um_spawn_unwatch(struct um_spawn *s);

/**
 * Ends the child, once our end is used no more: closes our half, and waits
 * until it has closed its own and is gone.
 * @param wait_ms for so long at most; then it is left to end by itself
 * @return its exit code; 128 + N: signal N ended it; -1: it has not ended
 */
int um_spawn_end(struct um_spawn *s, int wait_ms);

/** Closes all descriptors from one on. In a child. */
void um_spawn_close_from(unsigned first);

/** Says how a process ended, of the status of waitpid(). */
const char *um_spawn_how(int status, char text[UM_SPAWN_HOW]);

#endif
