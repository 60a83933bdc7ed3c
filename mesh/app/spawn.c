/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: a pair of sockets, fork, the child moves its end to its place,
 * closes all else and becomes /proc/self/exe; a pipe that exec closes tells
 * whether it could. No PR_SET_PDEATHSIG: a parent that is another user by then
 * may not send it, and a child that is killed cannot finish what it does; the
 * end of the stream reaches it always.
 */
#include "mesh/app/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ENV 64

/* Where the child has the pipe, until it becomes the program. */
#define PIPE_FD 5

/* What the child gets of our environment; with a star: all that begin so. */
static const char *const passed[] = {
    "ASAN_OPTIONS=*",    "HOME=*",         "LANG=*",          "LC_*",
    "LD_LIBRARY_PATH=*", "LSAN_OPTIONS=*", "PATH=*",          "TMPDIR=*",
    "TSAN_OPTIONS=*",    "TZ=*",           "UBSAN_OPTIONS=*", "UNITMESH_*",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool is_passed(const char *entry)
{
    for (size_t i = 0; i < COUNT(passed); i++) {
        if (strncmp(entry, passed[i], strlen(passed[i]) - 1) == 0) {
            return true;
        }
    }
    return false;
}

static void reduce(char *env[MAX_ENV + 1])
{
    size_t n = 0;

    for (char **e = environ; *e != NULL && n < MAX_ENV; e++) {
        if (is_passed(*e)) {
            env[n++] = *e;
        }
    }
    env[n] = NULL;
}

void um_spawn_close_from(unsigned first)
{
    struct rlimit most = {1024, 1024};

#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0U) == 0) {
        return;
    }
#endif
    (void)getrlimit(RLIMIT_NOFILE, &most);
    for (rlim_t fd = first; fd < most.rlim_cur && fd < 65536; fd++) {
        (void)close((int)fd);
    }
}

/* In the child: fd 0 and 1 are nowhere, 2 is ours, then come the sockets and
 * the pipe that exec closes. They are put above all of these first. */
static int arrange(const int ends[2], int pipe)
{
    int null = open("/dev/null", O_RDWR);
    int high = fcntl(ends[0], F_DUPFD_CLOEXEC, 10);
    int high_ask = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
    int high_pipe = fcntl(pipe, F_DUPFD_CLOEXEC, 10);

    if (null < 0 || high < 0 || high_ask < 0 || high_pipe < 0 ||
        dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(high, UM_SPAWN_FD) < 0 ||
        dup2(high_ask, UM_SPAWN_ASK_FD) < 0 ||
        dup3(high_pipe, PIPE_FD, O_CLOEXEC) < 0) {
        return -1;
    }
    um_spawn_close_from(PIPE_FD + 1);
    return 0;
}

/* Becomes the program; comes back never. */
static void become(const int ends[2], int pipe, char *const *argv)
{
    char *env[MAX_ENV + 1];
    sigset_t none;
    int err;

    if (arrange(ends, pipe) == 0) {
        pipe = PIPE_FD;
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGTERM, SIG_IGN);
        reduce(env);
        (void)execve("/proc/self/exe", argv, env);
    }
    err = errno;
    (void)!write(pipe, &err, sizeof err);
    _exit(127);
}

static void close_both(int a, int b)
{
    (void)close(a);
    (void)close(b);
}

/* Whether the child became the program: what the pipe says. */
static int heard(int pipe)
{
    int err = 0;
    ssize_t n;

    do {
        n = read(pipe, &err, sizeof err);
    } while (n < 0 && errno == EINTR);
    return n == 0 ? 0 : n == sizeof err ? err : EIO;
}

static int fail(const struct um_log *log, int err)
{
    um_log_line(log, UM_LOG_ERROR, "cannot start the applier: %s%s",
                strerror(err),
                err == ENOENT ? " (/proc and /dev/null have to be there)" : "");
    return -1;
}

/* Two sockets and the pipe; 0, or an errno with nothing open. */
static int make_ends(int ours[2], int theirs[2], int pipe[2])
{
    int pair[2], err;

    for (int i = 0; i < 2; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            err = errno;
            if (i > 0) {
                close_both(ours[0], theirs[0]);
            }
            return err;
        }
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    if (pipe2(pipe, O_CLOEXEC) != 0) {
        err = errno;
        close_both(ours[0], ours[1]);
        close_both(theirs[0], theirs[1]);
        return err;
    }
    return 0;
}

int um_spawn_start(struct um_spawn *s, char *const *argv,
                   const struct um_log *log)
{
    int ours[2] = {-1, -1}, theirs[2] = {-1, -1}, pipe[2];
    int err = make_ends(ours, theirs, pipe);
    pid_t pid;

    if (err != 0) {
        return fail(log, err);
    }
    pid = fork();
    err = errno;
    if (pid == 0) {
        become(theirs, pipe[1], argv);
    }
    close_both(theirs[0], theirs[1]);
    (void)close(pipe[1]);
    err = pid > 0 ? heard(pipe[0]) : err;
    (void)close(pipe[0]);
    if (err != 0) {
        close_both(ours[0], ours[1]);
        if (pid > 0) {
            (void)waitpid(pid, NULL, 0);
        }
        return fail(log, err);
    }
    s->fd = ours[0];
    s->ask_fd = ours[1];
    s->pid = pid;
    return 0;
}

const char *um_spawn_how(int status, char text[UM_SPAWN_HOW])
{
    if (WIFSIGNALED(status)) {
        (void)snprintf(text, UM_SPAWN_HOW, "signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    } else {
        (void)snprintf(text, UM_SPAWN_HOW, "exit code %d", WEXITSTATUS(status));
    }
    return text;
}

/* SIGCHLD, or a look right at the start. */
static void look(struct um_spawn *s)
{
    char text[UM_SPAWN_HOW];
    int status;

    if (s->pid != 0 && waitpid(s->pid, &status, WNOHANG) == s->pid) {
        s->pid = 0;
        s->ended(s->user, um_spawn_how(status, text));
    }
}

static void on_child(uv_signal_t *h, int signum)
{
    (void)signum;
    look(h->data);
}

int um_spawn_watch(struct um_spawn *s, uv_loop_t *loop,
                   void (*ended)(void *user, const char *how), void *user)
{
    s->ended = ended;
    s->user = user;
    if (uv_signal_init(loop, &s->child) != 0) {
        return -1;
    }
    s->watching = true;
    s->child.data = s;
    if (uv_signal_start(&s->child, on_child, SIGCHLD) != 0) {
        return -1;
    }
    look(s); /* it may have ended before anybody listened */
    return 0;
}

void um_spawn_unwatch(struct um_spawn *s)
{
    if (s->watching) {
        s->watching = false;
        uv_close((uv_handle_t *)&s->child, NULL);
    }
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads what still comes, until the other end is closed. */
static bool drained(int fd, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char rest[4096];

    for (;;) {
        int64_t left = until - now_ms();
        int rv = left > 0 ? poll(&p, 1, (int)left) : 0;
        ssize_t n = rv > 0 ? recv(fd, rest, sizeof rest, MSG_DONTWAIT) : -1;

        if (n == 0 || (rv > 0 && n < 0 && errno == ECONNRESET)) {
            return true;
        }
        if (left <= 0 || (rv < 0 && errno != EINTR)) {
            return false;
        }
    }
}

int um_spawn_end(struct um_spawn *s, int wait_ms)
{
    int status = 0, rv = -1;
    bool gone;

    if (s->fd <= 0) {
        return -1;
    }
    if (s->ask_fd >= 0) {
        (void)close(s->ask_fd);
        s->ask_fd = -1;
    }
    (void)shutdown(s->fd, SHUT_WR);
    gone = drained(s->fd, now_ms() + wait_ms) && s->pid != 0;
    (void)close(s->fd);
    s->fd = -1;
    if (gone && waitpid(s->pid, &status, 0) == s->pid) {
        rv = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    s->pid = 0;
    return rv;
}
