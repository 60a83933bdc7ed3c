/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See spawn.h. Between fork and exec nothing is called that could wait for a
 * lock of another thread. */
#include "mesh/app/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

/* In the new process: one end of the socket at its place, nothing else. */
static void become(char *const argv[], int fd, int at)
{
    if (fd == at ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, at) < 0) {
        _exit(127);
    }
    (void)syscall(SYS_close_range, (unsigned)at + 1U, ~0U, 0U);
    (void)execve("/proc/self/exe", argv, environ);
    _exit(127);
}

int um_spawn_start(char *const argv[], int at, pid_t *pid,
                   const struct um_log *log)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        um_log_line(log, UM_LOG_ERROR, "a socket for %s: %s", argv[1],
                    strerror(errno));
        return -1;
    }
    *pid = fork();
    if (*pid == 0) {
        become(argv, ends[1], at);
    }
    (void)close(ends[1]);
    if (*pid < 0) {
        um_log_line(log, UM_LOG_ERROR, "a process for %s: %s", argv[1],
                    strerror(errno));
        (void)close(ends[0]);
        return -1;
    }
    return ends[0];
}
