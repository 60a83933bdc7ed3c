/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * getifaddrs, sorted so that the same machine gives the same list. Happy path:
 * the first who watches has a socket of rtnetlink opened, and of what comes by
 * it only default routes are read: else it says that something changed, and
 * getifaddrs is believed about what. Failure mode: there is no such socket (a
 * container, a kernel of another kind); who wanted to watch is told.
 */
#include "uv/ifaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uv/addr.h"

#if defined(__linux__)
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#endif

/* Datagrams that are read a wake-up, and their bytes: what is longer is cut. */
#define BURST 64
#define BYTES 4096

static int compare(const void *pa, const void *pb)
{
    const struct p2p__iface *a = pa, *b = pb;

    if (a->index != b->index) {
        return a->index < b->index ? -1 : 1;
    }
    if (a->addr.family != b->addr.family) {
        return a->addr.family < b->addr.family ? -1 : 1;
    }
    return memcmp(a->addr.ip, b->addr.ip, sizeof a->addr.ip);
}

/* The bits that a network's addresses have in common; 0: not known. */
static uint8_t prefix_of(const struct sockaddr *mask)
{
    struct p2p__addr bits = {0};
    uint8_t n = 0;

    if (mask != NULL) {
        p2p__uv_from_sockaddr(mask, &bits);
    }
    while (n < 8 * sizeof bits.ip && (bits.ip[n / 8] & 0x80U >> n % 8) != 0) {
        n++;
    }
    return n;
}

static int list(struct p2p__ifaces *self, struct p2p__iface *at, size_t cap)
{
    struct ifaddrs *all;
    size_t count = 0;

    (void)self;
    if (getifaddrs(&all) != 0) {
        return P2P_EIO;
    }
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        struct p2p__iface entry = {0};

        if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0) {
            continue;
        }
        p2p__uv_from_sockaddr(i->ifa_addr, &entry.addr);
        if (entry.addr.family == 0) {
            continue;
        }
        entry.prefix = prefix_of(i->ifa_netmask);
        entry.index = if_nametoindex(i->ifa_name);
        entry.loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
        entry.multicast = (i->ifa_flags & IFF_MULTICAST) != 0;
        if (count < cap) {
            at[count] = entry;
        }
        count++;
    }
    freeifaddrs(all);
    qsort(at, p2p__min(count, cap), sizeof *at, compare);
    return (int)count;
}

/* A socket that has something to read when links, addresses or routes change,
 * or -1. */
static int open_socket(void)
{
#if defined(__linux__)
    const struct sockaddr_nl at = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
#else
    return -1;
#endif
}

static void tell(struct p2p__uv_ifaces *i, struct p2p__uv_told told)
{
    const p2p_ns now = uv_hrtime();

    P2P__LIST_EACH_SAFE (it, &i->watches) {
        struct p2p__ifaces_watch *w =
            P2P__CONTAINER(it, struct p2p__ifaces_watch, link);

        if (told.ifaces) {
            w->changed(w, now);
        }
        if (told.routes && w->rerouted != NULL) {
            w->rerouted(w, now);
        }
    }
}

/* An error, too, means that something changed: there was more than the socket
 * has room for. */
static void on_poll(uv_poll_t *h, int status, int events)
{
    struct p2p__uv_ifaces *i = h->data;
    struct p2p__uv_told all = {.ifaces = status != 0, .routes = status != 0};
    uint8_t bytes[BYTES];

    (void)events;
    for (int n = 0; n < BURST; n++) {
        const ssize_t len = recv(i->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        struct p2p__uv_told one;

        if (len < 0 && errno == ENOBUFS) {
            all = (struct p2p__uv_told){.ifaces = true, .routes = true};
        } else if (len < 0 && errno != EINTR) {
            break;
        } else if (len > 0) {
            one = p2p__uv_routes_read(&i->routes, bytes, (size_t)len);
            all.ifaces = all.ifaces || one.ifaces;
            all.routes = all.routes || one.routes;
        }
    }
    (void)uv_poll_start(&i->h, UV_READABLE, on_poll); /* an error ended it */
    tell(i, all);
}

static int watch(struct p2p__ifaces *self, struct p2p__ifaces_watch *w)
{
    struct p2p__uv_ifaces *i =
        P2P__CONTAINER(self, struct p2p__uv_ifaces, ifaces);

    if (i->fd < 0) {
        i->fd = open_socket();
        if (i->fd < 0) {
            return P2P_ENOTSUP;
        }
        if (uv_poll_init(i->uv, &i->h, i->fd) != 0) {
            p2p__uv_ifaces_closed(i);
            return P2P_ENOTSUP;
        }
        i->h.data = i;
        (void)uv_poll_start(&i->h, UV_READABLE, on_poll);
        uv_unref((uv_handle_t *)&i->h);
    }
    p2p__list_init(&w->link);
    p2p__list_push(&i->watches, &w->link);
    return 0;
}

void p2p__uv_ifaces_init(struct p2p__uv_ifaces *i, uv_loop_t *uv)
{
    *i = (struct p2p__uv_ifaces){
        .ifaces = {.list = list, .watch = watch}, .uv = uv, .fd = -1};
    p2p__list_init(&i->watches);
}

uv_handle_t *p2p__uv_ifaces_handle(struct p2p__uv_ifaces *i)
{
    return i->fd < 0 ? NULL : (uv_handle_t *)&i->h;
}

void p2p__uv_ifaces_closed(struct p2p__uv_ifaces *i)
{
    if (i->fd >= 0) {
        (void)close(i->fd);
        i->fd = -1;
    }
}
