/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See spawn.h. Between fork and exec nothing is called that could wait for a
 * lock of another thread. */
#include "mesh/app/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The first descriptor behind the standard ones. */
#define FIRST 3

extern char **environ;

/* In the new process: its ends at their places, nothing else. They are put
 * above all of these first, so that none is in another's way. */
static void become(char *const argv[], const int *theirs, size_t n)
{
    int high[UM_SPAWN_SOCKETS_MAX];

    for (size_t i = 0; i < n; i++) {
        high[i] = fcntl(theirs[i], F_DUPFD, FIRST + UM_SPAWN_SOCKETS_MAX);
        if (high[i] < 0) {
            _exit(127);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (dup2(high[i], FIRST + (int)i) < 0) {
            _exit(127);
        }
    }
    (void)syscall(SYS_close_range, FIRST + (unsigned)n, ~0U, 0U);
    (void)execve("/proc/self/exe", argv, environ);
    _exit(127);
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        (void)close(fds[i]);
    }
}

/* Pairs of sockets; 0, or -1 with errno. */
static int make_pairs(int *ours, int *theirs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            close_all(ours, i);
            close_all(theirs, i);
            return -1;
        }
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    return 0;
}

int um_spawn_start(char *const argv[], int *ends, size_t n, pid_t *pid,
                   const struct um_log *log)
{
    int theirs[UM_SPAWN_SOCKETS_MAX];

    assert(n <= UM_SPAWN_SOCKETS_MAX);
    if (make_pairs(ends, theirs, n) != 0) {
        um_log_line(log, UM_LOG_ERROR, "a socket for %s: %s", argv[1],
                    strerror(errno));
        return -1;
    }
    *pid = fork();
    if (*pid == 0) {
        become(argv, theirs, n);
    }
    close_all(theirs, n);
    if (*pid < 0) {
        um_log_line(log, UM_LOG_ERROR, "a process for %s: %s", argv[1],
                    strerror(errno));
        close_all(ends, n);
        return -1;
    }
    return 0;
}
