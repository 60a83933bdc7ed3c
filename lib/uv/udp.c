/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Datagrams with the interface they came in by (IP_PKTINFO), which libuv does
 * not tell: so a plain socket under uv_poll. Reads at most BURST datagrams a
 * wake-up; a send that would block is dropped, as datagrams are.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "uv/addr.h"
#include "uv/errors.h"
#include "uv/runs.h"

#define BURST        64
#define DATAGRAM_MAX 9000U

struct udp {
    struct p2p__udp udp;
    struct p2p__uv_net *net;
    uv_poll_t h;
    int fd;
    uint8_t family;
    bool closing;
    bool full;    /* the owner waits for room */
    bool no_runs; /* the system does not cut runs up for us */
};

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 64];
};

static uint32_t find_ifindex(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
         c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof info);
            return (uint32_t)info.ipi_ifindex;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof info);
            return info.ipi6_ifindex;
        }
    }
    return 0;
}

/* Reads one datagram; false when there is none. */
static bool receive(struct udp *u)
{
    uint8_t buf[DATAGRAM_MAX];
    struct sockaddr_storage from;
    union control ctl;
    struct iovec iov = {.iov_base = buf, .iov_len = sizeof buf};
    struct msghdr msg = {.msg_name = &from,
                         .msg_namelen = sizeof from,
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = ctl.bytes,
                         .msg_controllen = sizeof ctl};
    struct p2p__addr addr;
    ssize_t n = recvmsg(u->fd, &msg, MSG_DONTWAIT);

    if (n < 0) {
        return errno == EINTR;
    }
    if ((msg.msg_flags & MSG_TRUNC) != 0) {
        return true;
    }
    p2p__uv_from_sockaddr((struct sockaddr *)&from, &addr);
    u->udp.cb->datagram(u->udp.user, p2p__slice_of(buf, (size_t)n), &addr,
                        find_ifindex(&msg), p2p__uv_now());
    return true;
}

/* Reads one run; false when there is none. */
static bool receive_run(struct udp *u)
{
    struct p2p__udp_run run;
    struct p2p__slice in;
    uv_buf_t buf;
    ssize_t n;

    p2p__uv_hot(u->net, &buf);
    if (buf.len == 0) {
        return false;
    }
    n = p2p__uv_run_receive(u->fd, &buf, &run);
    if (n > 0) {
        in = p2p__uv_hot_slice(u->net, (size_t)n);
        u->udp.cb->run(u->udp.user, in, &run, p2p__uv_now());
        p2p__uv_hot_done(u->net);
    }
    return n >= 0;
}

static void on_poll(uv_poll_t *h, int status, int events);

static void watch(struct udp *u)
{
    (void)uv_poll_start(&u->h, UV_READABLE | (u->full ? UV_WRITABLE : 0),
                        on_poll);
}

/* There are errors of datagrams that were sent, upon which libuv has ended its
 * watch. The error of the socket itself is taken, too, or it would be the next
 * call's. */
static void take_errors(struct udp *u)
{
    struct p2p__uv_run_error e;
    socklen_t len = sizeof(int);
    int ignored;

    for (int i = 0; i < BURST && !u->closing && p2p__uv_run_error(u->fd, &e);
         i++) {
        if (e.status != 0 && u->udp.cb->refused != NULL) {
            u->udp.cb->refused(u->udp.user, p2p__slice_of(e.bytes, e.len),
                               &e.to, e.status, p2p__uv_now());
        }
    }
    if (!u->closing) {
        (void)getsockopt(u->fd, SOL_SOCKET, SO_ERROR, &ignored, &len);
        watch(u);
    }
}

/* Errors of what was sent, for which libuv tells nothing else, do not stand
 * before what came: who is told again and again that nobody is there still
 * reads. */
static void on_poll(uv_poll_t *h, int status, int events)
{
    struct udp *u = h->data;
    const bool works = status == 0 || u->udp.cb->run != NULL;

    if (status != 0 && u->udp.cb->run != NULL) {
        take_errors(u);
    }
    if (works && u->full && !u->closing &&
        (status != 0 || events & UV_WRITABLE)) {
        u->full = false;
        watch(u);
        u->udp.cb->writable(u->udp.user, p2p__uv_now());
    }
    for (int i = 0; works && i < BURST && !u->closing; i++) {
        if (u->udp.cb->run != NULL ? !receive_run(u) : !receive(u)) {
            break;
        }
    }
}

static size_t udp_send_run(struct p2p__udp *base, const uint8_t *buf,
                           size_t len, const struct p2p__udp_run *run)
{
    struct udp *u = P2P__CONTAINER(base, struct udp, udp);
    size_t at = 0;
    bool one = u->no_runs; /* datagram a call */

    while (at < len) {
        size_t n = p2p__min(len - at, one ? run->segment : len);
        int rv = p2p__uv_run_send(u->fd, buf + at, n, run);

        if (rv == P2P_EAGAIN) {
            u->full = true;
            watch(u);
            break;
        }
        if (rv == P2P_ENOTSUP && !one) {
            one = true;
            continue;
        }
        u->no_runs = u->no_runs || (one && rv == 0);
        at += n;
    }
    return at;
}

/* Fills the control message that names the interface to send by. */
static void set_ifindex(struct msghdr *msg, union control *ctl, uint8_t family,
                        uint32_t ifindex)
{
    struct cmsghdr *c;

    memset(ctl, 0, sizeof *ctl);
    msg->msg_control = ctl->bytes;
    if (family == 4) {
        struct in_pktinfo info = {.ipi_ifindex = (int)ifindex};

        msg->msg_controllen = CMSG_SPACE(sizeof info);
        c = CMSG_FIRSTHDR(msg);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_ifindex = ifindex};

        msg->msg_controllen = CMSG_SPACE(sizeof info);
        c = CMSG_FIRSTHDR(msg);
        c->cmsg_level = IPPROTO_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    }
}

static int udp_send(struct p2p__udp *base, const uint8_t *buf, size_t len,
                    const struct p2p__addr *to, uint32_t ifindex)
{
    struct udp *u = P2P__CONTAINER(base, struct udp, udp);
    union {
        const uint8_t *c;
        uint8_t *m;
    } bytes = {.c = buf};
    struct sockaddr_storage sa;
    union control ctl;
    struct iovec iov = {.iov_base = bytes.m, .iov_len = len};
    struct msghdr msg = {.msg_name = &sa, .msg_iov = &iov, .msg_iovlen = 1};

    if (to->family != u->family || p2p__uv_to_sockaddr(to, &sa) != 0) {
        return P2P_EINVAL;
    }
    msg.msg_namelen = to->family == 4 ? sizeof(struct sockaddr_in)
                                      : sizeof(struct sockaddr_in6);
    if (ifindex != 0) {
        set_ifindex(&msg, &ctl, u->family, ifindex);
    }
    if (sendmsg(u->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return errno == EAGAIN ? P2P_EAGAIN
                               : p2p__uv_err(uv_translate_sys_error(errno));
    }
    return 0;
}

static int udp_group(struct p2p__udp *base, const struct p2p__addr *group,
                     uint32_t ifindex, bool join)
{
    const struct udp *u = P2P__CONTAINER(base, struct udp, udp);
    int rv;

    if (u->family == 4) {
        struct ip_mreqn m = {.imr_ifindex = (int)ifindex};

        memcpy(&m.imr_multiaddr, group->ip, 4);
        rv = setsockopt(u->fd, IPPROTO_IP,
                        join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &m,
                        sizeof m);
    } else {
        struct ipv6_mreq m = {.ipv6mr_interface = ifindex};

        memcpy(&m.ipv6mr_multiaddr, group->ip, 16);
        rv =
            setsockopt(u->fd, IPPROTO_IPV6,
                       join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &m, sizeof m);
    }
    if (rv != 0 && errno == EADDRINUSE) {
        return P2P_EEXIST;
    }
    return rv == 0 ? 0 : p2p__uv_err(uv_translate_sys_error(errno));
}

static void on_closed(uv_handle_t *h)
{
    struct udp *u = h->data;

    u->net->handles--;
    (void)close(u->fd);
    p2p__free(u);
}

static void udp_close(struct p2p__udp *base)
{
    struct udp *u = P2P__CONTAINER(base, struct udp, udp);

    u->closing = true;
    uv_close((uv_handle_t *)&u->h, on_closed);
}

static void set_options(int fd, uint8_t family, bool shared)
{
    int on = 1, ttl = 255;

    if (shared) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (family == 4) {
        (void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
        (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof on);
    } else {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl,
                         sizeof ttl);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &on, sizeof on);
    }
}

/* A bound socket, or a negative code. */
static int open_socket(const struct p2p__addr *at, bool shared)
{
    struct sockaddr_storage sa;
    socklen_t len = at->family == 4 ? sizeof(struct sockaddr_in)
                                    : sizeof(struct sockaddr_in6);
    int fd, err;

    if (p2p__uv_to_sockaddr(at, &sa) != 0) {
        return P2P_EINVAL;
    }
    fd = socket(at->family == 4 ? AF_INET : AF_INET6,
                SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return p2p__uv_err(uv_translate_sys_error(errno));
    }
    set_options(fd, at->family, shared);
    if (bind(fd, (struct sockaddr *)&sa, len) != 0) {
        err = p2p__uv_err(uv_translate_sys_error(errno));
        (void)close(fd);
        return err;
    }
    return fd;
}

/* The address that a socket got. */
static void find_name(int fd, struct p2p__addr *addr)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;

    if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0) {
        p2p__uv_from_sockaddr((struct sockaddr *)&sa, addr);
    }
}

static struct p2p__udp *net_udp(struct p2p__net *net,
                                const struct p2p__addr *at, bool shared,
                                const struct p2p__udp_cb *cb, void *user,
                                int *err)
{
    struct p2p__uv_net *n = P2P__CONTAINER(net, struct p2p__uv_net, net);
    int fd = open_socket(at, shared);
    struct udp *u = fd < 0 ? NULL : p2p__zalloc(sizeof *u);

    if (u == NULL || uv_poll_init(n->uv, &u->h, fd) != 0) {
        *err = fd < 0 ? fd : P2P_ENOMEM;
        p2p__free(u);
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    u->udp = (struct p2p__udp){.cb = cb,
                               .user = user,
                               .addr = *at,
                               .send_run = udp_send_run,
                               .send = udp_send,
                               .group = udp_group,
                               .close = udp_close};
    u->net = n;
    u->fd = fd;
    u->family = at->family;
    u->h.data = u;
    n->handles++;
    find_name(fd, &u->udp.addr);
    if (cb->run != NULL) {
        p2p__uv_run_setup(fd, at->family);
    }
    *err = 0;
    (void)uv_poll_start(&u->h, UV_READABLE, on_poll);
    return &u->udp;
}

void p2p__uv_udp_setup(struct p2p__uv_net *n)
{
    n->net.udp = net_udp;
}
