/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sockets are made here and handed to libmicrohttpd, which would else make
 * them with a mode that everybody may write to. */
#include "mesh/app/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

/* Whether somebody answers at the socket. */
static int alive(const struct sockaddr_un *sun)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rv =
        fd >= 0 && connect(fd, (const struct sockaddr *)sun, sizeof *sun) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return rv;
}

/* Makes the socket's folder, if it is just that which is missing. */
static void make_folder(const char *path)
{
    char folder[108];
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;

    if (len > 0 && len < sizeof folder) {
        memcpy(folder, path, len);
        folder[len] = '\0';
        (void)mkdir(folder, 0755);
    }
}

int um_socket_unix(const char *path, bool group)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    mode_t old;
    int fd, rv;

    if (strlen(path) >= sizeof sun.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(sun.sun_path, path, strlen(path) + 1);
    make_folder(path);
    if (alive(&sun)) {
        errno = EADDRINUSE;
        return -1;
    }
    (void)unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    old = umask(group ? 0117 : 0177);
    rv = bind(fd, (const struct sockaddr *)&sun, sizeof sun);
    (void)umask(old);
    if (rv != 0 || listen(fd, BACKLOG) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Reads "ADDR:PORT"; the length of the address, or 0. */
static socklen_t parse(const char *at, struct sockaddr_storage *out)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    char host[64];
    const char *colon = strrchr(at, ':');
    size_t len = colon != NULL ? (size_t)(colon - at) : 0;
    char *end;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;

    if (len == 0 || len >= sizeof host || port < 0 || port > 65535 ||
        colon[1] == '\0' || *end != '\0') {
        return 0;
    }
    memcpy(host, at, len);
    host[len] = '\0';
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        in6.sin6_port = htons((uint16_t)port);
        memcpy(out, &in6, sizeof in6);
        return inet_pton(AF_INET6, host + 1,
                         &((struct sockaddr_in6 *)out)->sin6_addr) == 1
                   ? sizeof in6
                   : 0;
    }
    in.sin_port = htons((uint16_t)port);
    memcpy(out, &in, sizeof in);
    return inet_pton(AF_INET, host, &((struct sockaddr_in *)out)->sin_addr) == 1
               ? sizeof in
               : 0;
}

bool um_socket_addr_ok(const char *at)
{
    struct sockaddr_storage sa = {0};

    return parse(at, &sa) > 0;
}

int um_socket_tcp(const char *at)
{
    struct sockaddr_storage sa = {0};
    socklen_t len = parse(at, &sa);
    int on = 1;
    int fd;

    if (len == 0) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&sa, len) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int err = errno;

        (void)close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

void um_socket_name(int fd, char *out, size_t cap)
{
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof sa;
    char host[INET6_ADDRSTRLEN] = "";

    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0) {
        return;
    }
    if (sa.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&sa;

        (void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        (void)snprintf(out, cap, "%s:%u", host, ntohs(in->sin_port));
    } else if (sa.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&sa;

        (void)inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof host);
        (void)snprintf(out, cap, "[%s]:%u", host, ntohs(in->sin6_port));
    }
}
