/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See dgram.h. Failure modes: an address that is none, a socket that is full,
 * which is for the caller to do again. */
#include "mesh/app/dgram.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Reads an address; false: it is none. */
static bool read_address(struct um_dgram *d, const char *text)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 ||
        len >= sizeof d->at.sun_path) {
        return false;
    }
    d->at = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(d->at.sun_path, text, len);
    d->at_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (text[0] == '@') {
        d->at.sun_path[0] = '\0'; /* its name ends with its length */
    } else {
        d->at_len++;
    }
    return true;
}

static int make(const struct um_dgram *d)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int err;

    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&d->at, d->at_len) != 0) {
        err = errno;
        (void)close(fd);
        errno = err;
        fd = -1;
    }
    return fd;
}

bool um_dgram_open(struct um_dgram *d, const char *address)
{
    *d = (struct um_dgram){.fd = -1};
    d->fd = read_address(d, address) ? make(d) : -1;
    return d->fd >= 0;
}

static bool told(const struct um_dgram *d, const void *bytes, size_t len)
{
    return send(d->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

bool um_dgram_send(struct um_dgram *d, const void *bytes, size_t len)
{
    int fd;

    if (told(d, bytes, len)) {
        return true;
    }
    if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET) {
        return false;
    }
    fd = make(d);
    if (fd < 0) {
        return false;
    }
    (void)close(d->fd);
    d->fd = fd;
    return told(d, bytes, len);
}

void um_dgram_close(struct um_dgram *d)
{
    if (d->fd >= 0) {
        (void)close(d->fd);
    }
    d->fd = -1;
}
