/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: a folder for root alone, a pipe, a fork. The keeper starts unitd
 * and looks after it until the pipe ends, which is when the applier does; then
 * unitd gets SIGTERM, and what is left of it SIGKILL, and the folder goes. If
 * the keeper is killed, unitd gets SIGTERM from the kernel.
 */
#include "mesh/app/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/spawn.h"

/* Where the keeper has its end of the pipe. */
#define PIPE_FD 3

/* How often it looks whether unitd is still there where the kernel does not
 * tell (before Linux 5.3); how long it waits before it starts it again; and how
 * long that has for its end; in ms. */
#define LOOK_MS  250
#define AGAIN_MS 1000
#define END_MS   5000

static int fail(const struct um_log *log, const char *what, const char *why)
{
    um_log_line(log, UM_LOG_ERROR, "the scratch Unit: %s: %s", what, why);
    return -1;
}

/* ---- the folder */

static int drop(const char *path, const struct stat *st, int type,
                struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    (void)remove(path);
    return 0;
}

static void drop_all(const char *folder)
{
    (void)nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* A path in the folder; too long for nobody: see um_keeper_begin(). */
static const char *path_in(const struct um_keeper *k, const char *name,
                           char path[UM_KEEPER_PATH + 16])
{
    (void)snprintf(path, UM_KEEPER_PATH + 16, "%s/%s", k->folder, name);
    return path;
}

/* What unitd expects to be there, without what one before has left. */
static int lay_out(const struct um_keeper *k)
{
    static const char *const names[] = {"state", "state/certs", "state/scripts",
                                        "tmp", "l"};
    char path[UM_KEEPER_PATH + 16];

    drop_all(path_in(k, "state", path));
    drop_all(k->listeners);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (mkdir(path_in(k, names[i], path), 0700) != 0 && errno != EEXIST) {
            return -1;
        }
    }
    return 0;
}

static int make_folder(struct um_keeper *k)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(k->folder, sizeof k->folder, "%s/unitmesh-XXXXXX",
                     tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");

    if (n >= UM_KEEPER_PATH - 8) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return mkdtemp(k->folder) != NULL ? 0 : -1;
}

/* ---- unitd */

/* In the child; comes back never. It is the first of a group, so that what it
 * leaves behind can be ended. */
static void become(const struct um_keeper *k, const char *program)
{
    char state[UM_KEEPER_PATH + 16], tmp[UM_KEEPER_PATH + 16],
        pid[UM_KEEPER_PATH + 16];

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)close(PIPE_FD);
    (void)execl(program, program, "--no-daemon", "--control", k->target,
                "--pid", path_in(k, "unit.pid", pid), "--log", k->log,
                "--statedir", path_in(k, "state", state), "--tmpdir",
                path_in(k, "tmp", tmp), (char *)NULL);
    _exit(127);
}

static pid_t start(const struct um_keeper *k, const char *program)
{
    pid_t pid = lay_out(k) == 0 ? fork() : -1;

    if (pid == 0) {
        become(k, program);
    }
    return pid;
}

/* Readable when a child has ended; -1: there is no such thing. */
static int watch(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Waits until the pipe has ended, which is when we do: true; or until unitd
 * may have, or so many ms have passed. @param child -1: it is not watched */
static bool is_over(int child, int ms)
{
    struct pollfd p[] = {{.fd = PIPE_FD, .events = POLLIN},
                         {.fd = child, .events = POLLIN}};

    return poll(p, 2, ms) > 0 && p[0].revents != 0;
}

static void stop(pid_t pid, int child)
{
    struct pollfd p = {.fd = child, .events = POLLIN};
    int step = child >= 0 ? END_MS : LOOK_MS, left = END_MS / step;

    (void)kill(pid, SIGTERM);
    while (left-- > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
        (void)poll(&p, 1, step);
    }
    (void)kill(-pid, SIGKILL);
    (void)waitpid(pid, NULL, WNOHANG);
}

/* Starts it as often as it ends, until it is over. */
static void look_after(const struct um_keeper *k, const char *program,
                       const struct um_log *log)
{
    char how[UM_SPAWN_HOW];
    bool over = false;
    pid_t pid = -1;
    int status = 0, child = -1;

    while (!over) {
        pid = start(k, program);
        child = pid > 0 ? watch(pid) : -1;
        while (!over && pid > 0 && waitpid(pid, &status, WNOHANG) == 0) {
            over = is_over(child, child >= 0 ? -1 : LOOK_MS);
        }
        if (!over) {
            um_log_line(log, UM_LOG_WARN,
                        "the scratch Unit has ended: %s; it is started again",
                        pid > 0 ? um_spawn_how(status, how) : strerror(errno));
            if (pid > 0) {
                (void)kill(-pid, SIGKILL);
            }
            if (child >= 0) {
                (void)close(child);
            }
            over = is_over(-1, AGAIN_MS);
            pid = -1;
        }
    }
    if (pid > 0) {
        stop(pid, child);
    }
}

/* The keeper; comes back never. */
static void keep(const struct um_keeper *k, int pipe, const char *program,
                 const struct um_log *log)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    if (pipe != PIPE_FD && dup2(pipe, PIPE_FD) < 0) {
        _exit(1);
    }
    um_spawn_close_from(PIPE_FD + 1);
    look_after(k, program, log);
    drop_all(k->folder);
    _exit(0);
}

int um_keeper_begin(struct um_keeper *k, const char *program,
                    const struct um_log *log)
{
    int ends[2];
    pid_t pid;

    if (access(program, X_OK) != 0) {
        return fail(log, program, strerror(errno));
    }
    if (make_folder(k) != 0) {
        return fail(log, "its folder", strerror(errno));
    }
    (void)snprintf(k->target, sizeof k->target, "unix:%s/control.sock",
                   k->folder);
    (void)path_in(k, "l", k->listeners);
    (void)snprintf(k->log, sizeof k->log, "%s/unit.log", k->folder);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        drop_all(k->folder);
        return fail(log, "its pipe", strerror(errno));
    }
    pid = fork();
    if (pid == 0) {
        keep(k, ends[0], program, log);
    }
    (void)close(ends[0]);
    k->fd = ends[1];
    if (pid < 0) {
        um_keeper_end(k);
        drop_all(k->folder);
        return fail(log, "its keeper", strerror(errno));
    }
    return 0;
}

void um_keeper_end(struct um_keeper *k)
{
    if (k->fd > 0) {
        (void)close(k->fd);
        k->fd = 0;
    }
}
