/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: the daemon makes two pairs of sockets, connects, sends its
 * version with two of the ends; the applier looks who it is and what it sent,
 * and answers with the place of Unit. Failure modes: nobody is there or
 * answers in time; another user, another version, descriptors that are no
 * sockets: turned away.
 */
#include "mesh/app/gate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mesh/base/str.h"

#define COME_MS   10000
#define AGAIN_MS  100
#define ANSWER_MS 20000
#define SAY_MS    5000
#define BACKLOG   4

/* Where systemd puts what it hands over. */
#define HANDED_FD 3

/* More than are wanted, so that others are seen and closed. */
#define MAX_FDS 8

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
}

static int fail(const struct um_gate *g, const char *what, const char *why)
{
    um_log_line(g->log, UM_LOG_ERROR, "%s at %s: %s", what, g->at, why);
    return -1;
}

static int address(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof out->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out->sun_path, path, strlen(path) + 1);
    return 0;
}

/* ---- the daemon */

static int try_at(const char *path)
{
    struct sockaddr_un at;
    int fd = -1, err;

    if (address(path, &at) == 0) {
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    }
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        err = errno;
        (void)close(fd);
        errno = err;
        fd = -1;
    }
    return fd;
}

/* Where both are started at once, as containers are, the applier may come a
 * little later, and what is there of its socket be an earlier one's. */
static int connect_to(const struct um_gate *g)
{
    int fd = try_at(g->at);

    for (int ms = 0; fd < 0 && ms < COME_MS; ms += AGAIN_MS) {
        if (errno != ENOENT && errno != ECONNREFUSED) {
            return -1;
        }
        if (ms == 0) {
            um_log_line(g->log, UM_LOG_INFO, "waits for an applier at %s",
                        g->at);
        }
        (void)poll(NULL, 0, AGAIN_MS);
        fd = try_at(g->at);
    }
    return fd;
}

static int make_pairs(int ours[2], int theirs[2])
{
    int pair[2];

    for (size_t i = 0; i < 2; i++) {
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

static bool send_ends(int fd, const char *text, const int ends[2])
{
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } room = {.bytes = {0}};
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = room.bytes,
                       .msg_controllen = sizeof room.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(c), ends, 2 * sizeof(int));
    return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)iov.iov_len;
}

static bool is_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int rv;

    do {
        rv = poll(&p, 1, ms);
    } while (rv < 0 && errno == EINTR);
    return rv > 0;
}

/* NULL, or why there is no answer. It begins with "+", or is why not. */
static const char *read_answer(int fd, char text[UM_GATE_TEXT])
{
    ssize_t n =
        is_readable(fd, ANSWER_MS) ? recv(fd, text, UM_GATE_TEXT - 1, 0) : -1;

    if (n <= 0) {
        return n == 0 ? "it turned us away, and its log says why"
                      : "no answer: it may be another daemon's already";
    }
    text[n] = '\0';
    if (text[0] != '+') {
        return text;
    }
    memmove(text, text + 1, (size_t)n);
    return NULL;
}

int um_gate_call(const struct um_gate *g, int fds[2], char target[UM_GATE_TEXT])
{
    int fd = connect_to(g);
    const char *why = NULL;
    int theirs[2];

    if (fd < 0) {
        return fail(g, "no applier", strerror(errno));
    }
    if (make_pairs(fds, theirs) != 0) {
        why = strerror(errno);
    } else {
        why = send_ends(fd, g->version, theirs) ? read_answer(fd, target)
                                                : strerror(errno);
        close_all(theirs, 2);
        if (why != NULL) {
            close_all(fds, 2);
        }
    }
    (void)close(fd);
    return why != NULL ? fail(g, "the applier", why) : 0;
}

/* ---- the applier */

/* What systemd handed over; -1: nothing. */
static int handed(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    bool is = pid != NULL && count != NULL && strcmp(count, "1") == 0 &&
              um_str_decimal(um_str(pid)) == getpid();

    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return is ? HANDED_FD : -1;
}

static int listen_at(const char *path, gid_t group)
{
    struct sockaddr_un at;
    struct stat st;
    mode_t old;
    int fd, rv;

    if (address(path, &at) != 0) {
        return -1;
    }
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        (void)unlink(path);
    }
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    old = umask(0117);
    rv = bind(fd, (const struct sockaddr *)&at, sizeof at);
    (void)umask(old);
    if (rv == 0 && group != getegid()) {
        rv = lchown(path, (uid_t)-1, group);
    }
    if (rv != 0 || listen(fd, BACKLOG) != 0) {
        int err = errno;

        (void)close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

int um_gate_open(const struct um_gate *g, gid_t group)
{
    int fd = handed();

    if (fd < 0 && g->at == NULL) {
        um_log_line(g->log, UM_LOG_ERROR,
                    "--applier PATH says where a daemon comes");
        return -1;
    }
    fd = fd < 0 ? listen_at(g->at, group) : fd;
    return fd >= 0 ? fd : fail(g, "a socket", strerror(errno));
}

static bool is_stream(int fd)
{
    int domain = 0, type = 0;
    socklen_t len = sizeof domain;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           domain == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_STREAM;
}

/* Takes what came along; how many. */
static size_t take_fds(struct msghdr *m, int fds[MAX_FDS])
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(m);
    size_t n = 0;

    if (c != NULL && c->cmsg_level == SOL_SOCKET &&
        c->cmsg_type == SCM_RIGHTS) {
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(c), n * sizeof(int));
    }
    return n;
}

/* NULL: it brought two ends; else why not. */
static const char *read_ends(const struct um_gate *g, int fd, int out[2])
{
    union {
        char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
        struct cmsghdr align;
    } room;
    char text[UM_GATE_TEXT];
    struct iovec iov = {text, sizeof text - 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = room.bytes,
                       .msg_controllen = sizeof room.bytes};
    int fds[MAX_FDS];
    const char *why = NULL;
    ssize_t len =
        is_readable(fd, SAY_MS) ? recvmsg(fd, &m, MSG_CMSG_CLOEXEC) : -1;
    size_t n = len >= 0 ? take_fds(&m, fds) : 0;

    text[len > 0 ? len : 0] = '\0';
    if (len <= 0) {
        why = "it says nothing";
    } else if (strcmp(text, g->version) != 0) {
        why = "this applier is of another version: restart both";
    } else if (n != 2 || !is_stream(fds[0]) || !is_stream(fds[1])) {
        why = "it does not bring two sockets";
    }
    if (why != NULL) {
        close_all(fds, n);
        return why;
    }
    memcpy(out, fds, sizeof fds[0] * 2);
    return NULL;
}

/* NULL: it is he. */
static const char *look(int fd, uid_t who, struct ucred *cred)
{
    socklen_t len = sizeof *cred;

    *cred = (struct ucred){.uid = (uid_t)-1};
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len) == 0 &&
                   cred->uid == who
               ? NULL
               : "another user";
}

/* Whether he who came is let in. What he says is read in any case: else he is
 * not told why not. */
static bool let_in(const struct um_gate *g, int fd, uid_t who,
                   const char *target, int fds[2])
{
    char text[UM_GATE_TEXT];
    struct ucred cred;
    const char *why = read_ends(g, fd, fds), *other = look(fd, who, &cred);

    if (why == NULL && other != NULL) {
        close_all(fds, 2);
    }
    why = other != NULL ? other : why;
    if (why != NULL) {
        um_log_line(g->log, UM_LOG_WARN,
                    "user %lu, process %ld is turned away: %s",
                    (unsigned long)cred.uid, (long)cred.pid, why);
    }
    (void)snprintf(text, sizeof text, "%s%s", why != NULL ? "" : "+",
                   why != NULL ? why : target);
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    return why == NULL;
}

int um_gate_wait(const struct um_gate *g, int listener, uid_t who,
                 const char *target, int fds[2])
{
    bool in = false;

    while (!in) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
            in = let_in(g, fd, who, target, fds);
            (void)close(fd);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return fail(g, "a socket", strerror(errno));
        }
    }
    return 0;
}
