/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * getifaddrs, sorted so that the same machine gives the same list. Happy path:
 * the first who watches has a socket of rtnetlink opened, and what comes by it
 * is thrown away unread: it says that something changed, and getifaddrs is
 * believed about what. Failure mode: there is no such socket (a container, a
 * kernel of another kind); who wanted to watch is told.
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

/* Messages that are thrown away a wake-up. */
#define BURST 64

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

/* A socket that has something to read when links or addresses change, or -1. */
static int open_socket(void)
{
#if defined(__linux__)
    const struct sockaddr_nl at = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
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

static void tell(struct p2p__uv_ifaces *i)
{
    const p2p_ns now = uv_hrtime();

    P2P__LIST_EACH_SAFE (it, &i->watches) {
        struct p2p__ifaces_watch *w =
            P2P__CONTAINER(it, struct p2p__ifaces_watch, link);

        w->changed(w, now);
    }
}

/* An error, too, means that something changed: there was more than the socket
 * has room for. */
static void on_poll(uv_poll_t *h, int status, int events)
{
    struct p2p__uv_ifaces *i = h->data;
    char unread;

    (void)status;
    (void)events;
    for (int n = 0; n < BURST; n++) {
        if (recv(i->fd, &unread, sizeof unread, MSG_DONTWAIT | MSG_TRUNC) < 0 &&
            errno != EINTR && errno != ENOBUFS) {
            break;
        }
    }
    (void)uv_poll_start(&i->h, UV_READABLE, on_poll); /* an error ended it */
    tell(i);
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
