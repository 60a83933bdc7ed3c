/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See tun.h. */
#include "tun.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int failed(const char *what)
{
    perror(what);
    return -1;
}

static int enter(const char *ns, size_t len)
{
    char path[256];
    int fd, rv;

    (void)snprintf(path, sizeof path, "/run/netns/%.*s", (int)len, ns);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return failed(path);
    }
    rv = setns(fd, CLONE_NEWNET);
    (void)close(fd);
    return rv == 0 ? 0 : failed(path);
}

int tun_open(const char *where)
{
    const char *colon = strchr(where, ':');
    struct ifreq req = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd;

    if (colon == NULL || strlen(colon + 1) >= sizeof req.ifr_name) {
        (void)fprintf(stderr, "%s: not NAMESPACE:DEVICE\n", where);
        return -1;
    }
    if (enter(where, (size_t)(colon - where)) != 0) {
        return -1;
    }
    (void)snprintf(req.ifr_name, sizeof req.ifr_name, "%s", colon + 1);
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return failed("/dev/net/tun");
    }
    if (ioctl(fd, TUNSETIFF, &req) != 0) {
        (void)close(fd);
        return failed(where);
    }
    return fd;
}
