/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: the socket is connected at the start, and a message is one send.
 * Who listens may have made its socket anew since: then it is connected once
 * more. Failure modes: an address that is none, a socket that is full; the one
 * is said, the other is for the caller to do again.
 */
#include "mesh/app/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/base/str.h"

/* Reads an address: a path, or @NAME; false: it is none. */
static bool read_address(struct um_notify *n, const char *text)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 ||
        len >= sizeof n->at.sun_path) {
        return false;
    }
    n->at = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(n->at.sun_path, text, len);
    n->at_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (text[0] == '@') {
        n->at.sun_path[0] = '\0'; /* its name ends with its length */
    } else {
        n->at_len++;
    }
    return true;
}

static int make(const struct um_notify *n)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int err;

    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&n->at, n->at_len) != 0) {
        err = errno;
        (void)close(fd);
        errno = err;
        fd = -1;
    }
    return fd;
}

/* Microseconds as milliseconds; 0: it is no number, or means somebody else. */
static uint64_t read_watchdog(const char *usec, const char *pid)
{
    int64_t n = usec != NULL ? um_str_decimal(um_str(usec)) : 0;

    if (pid != NULL && um_str_decimal(um_str(pid)) != getpid()) {
        return 0;
    }
    return n >= 1000 ? (uint64_t)n / 1000 : 0;
}

void um_notify_open(struct um_notify *n, const struct um_log *log)
{
    const char *at = getenv("NOTIFY_SOCKET");

    *n = (struct um_notify){.fd = -1};
    if (at != NULL && at[0] != '\0') {
        n->fd = read_address(n, at) ? make(n) : -1;
        if (n->fd < 0) {
            um_log_line(log, UM_LOG_WARN,
                        "NOTIFY_SOCKET=%s cannot be used: who started this "
                        "does not hear when it is ready",
                        at);
        } else {
            n->watchdog_ms =
                read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
        }
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

static bool told(const struct um_notify *n, const char *lines)
{
    size_t len = strlen(lines);

    return send(n->fd, lines, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

bool um_notify_say(struct um_notify *n, const char *lines)
{
    int fd;

    if (n->fd < 0 || told(n, lines)) {
        return true;
    }
    if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET) {
        return false;
    }
    fd = make(n);
    if (fd < 0) {
        return false;
    }
    (void)close(n->fd);
    n->fd = fd;
    return told(n, lines);
}

void um_notify_close(struct um_notify *n)
{
    if (n->fd >= 0) {
        (void)close(n->fd);
    }
    n->fd = -1;
}
