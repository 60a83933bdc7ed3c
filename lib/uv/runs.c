/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs of datagrams: see runs.h. What an older system lacks is left out: then
 * each datagram is a call. */
#include "uv/runs.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "uv/addr.h"
#include "uv/errors.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* What the kernel may keep for us each way, in bytes; it gives what the
 * machine's limit lets it. */
#define BUFFER_BYTES (4 * 1024 * 1024)

/* The most that one call sends or receives. */
#define RUN_MAX 65535U

#define ECN_MASK 3

/* Room for all that the kernel tells of a datagram, or of an error. */
union control {
    struct cmsghdr align;
    char bytes[256];
};

void p2p__uv_run_setup(int fd, uint8_t family)
{
    const int on = 1, size = BUFFER_BYTES;
    const int never_cut = family == 4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    if (family == 4) {
        (void)setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &never_cut,
                         sizeof never_cut);
    } else {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &never_cut,
                         sizeof never_cut);
    }
}

/* Appends a control message. */
static void put_control(struct msghdr *msg, int level, const void *value,
                        const struct cmsghdr *what)
{
    struct cmsghdr *c =
        (void *)((char *)msg->msg_control + msg->msg_controllen);
    const size_t len = what->cmsg_len;

    *c = (struct cmsghdr){.cmsg_level = level,
                          .cmsg_type = what->cmsg_type,
                          .cmsg_len = CMSG_LEN(len)};
    memcpy(CMSG_DATA(c), value, len);
    msg->msg_controllen += CMSG_SPACE(len);
}

/* The address of ours that a run is to leave from, if one is named. */
static void put_local(struct msghdr *msg, const struct p2p__addr *local)
{
    struct in_pktinfo v4 = {.ipi_ifindex = 0};
    struct in6_pktinfo v6 = {.ipi6_ifindex = local->scope};

    if (p2p__addr_is_any(local)) {
        return;
    }
    if (local->family == 4) {
        memcpy(&v4.ipi_spec_dst, local->ip, 4);
        put_control(
            msg, IPPROTO_IP, &v4,
            &(struct cmsghdr){.cmsg_type = IP_PKTINFO, .cmsg_len = sizeof v4});
    } else {
        memcpy(&v6.ipi6_addr, local->ip, 16);
        put_control(msg, IPPROTO_IPV6, &v6,
                    &(struct cmsghdr){.cmsg_type = IPV6_PKTINFO,
                                      .cmsg_len = sizeof v6});
    }
}

static void set_controls(struct msghdr *msg, size_t len,
                         const struct p2p__udp_run *run)
{
    const uint16_t segment = (uint16_t)run->segment;
    const int tos = run->ecn;
    const bool v4 = run->peer.family == 4;

    put_local(msg, &run->local);
    if (tos != 0) {
        put_control(msg, v4 ? IPPROTO_IP : IPPROTO_IPV6, &tos,
                    &(struct cmsghdr){.cmsg_type = v4 ? IP_TOS : IPV6_TCLASS,
                                      .cmsg_len = sizeof tos});
    }
    if (len > run->segment) {
        put_control(msg, IPPROTO_UDP, &segment,
                    &(struct cmsghdr){.cmsg_type = UDP_SEGMENT,
                                      .cmsg_len = sizeof segment});
    }
}

int p2p__uv_run_send(int fd, const uint8_t *buf, size_t len,
                     const struct p2p__udp_run *run)
{
    union {
        const uint8_t *c;
        uint8_t *m;
    } bytes = {.c = buf};
    struct sockaddr_storage sa;
    union control ctl = {.bytes = {0}};
    struct iovec iov = {.iov_base = bytes.m, .iov_len = len};
    struct msghdr msg = {.msg_name = &sa,
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = ctl.bytes};

    if (p2p__uv_to_sockaddr(&run->peer, &sa) != 0) {
        return P2P_EINVAL;
    }
    msg.msg_namelen = run->peer.family == 4 ? sizeof(struct sockaddr_in)
                                            : sizeof(struct sockaddr_in6);
    set_controls(&msg, len, run);
    /* The first may say what became of an earlier one, to anybody. */
    if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
        (errno != EAGAIN &&
         sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)) {
        return 0;
    }
    if (errno == EAGAIN || errno == ENOBUFS) {
        return P2P_EAGAIN;
    }
    if (len > run->segment &&
        (errno == EIO || errno == EINVAL || errno == ENOPROTOOPT)) {
        return P2P_ENOTSUP;
    }
    return p2p__uv_err(uv_translate_sys_error(errno));
}

/* The address of ours that a run came to; the interface too, where the address
 * is of a link. */
static void read_local(const struct cmsghdr *c, struct p2p__addr *local)
{
    struct in_pktinfo v4;
    struct in6_pktinfo v6;

    if (c->cmsg_level == IPPROTO_IP) {
        memcpy(&v4, CMSG_DATA(c), sizeof v4);
        local->family = 4;
        memcpy(local->ip, &v4.ipi_spec_dst, 4);
        return;
    }
    memcpy(&v6, CMSG_DATA(c), sizeof v6);
    local->family = 6;
    memcpy(local->ip, &v6.ipi6_addr, 16);
    if (IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr)) {
        local->scope = v6.ipi6_ifindex;
    }
}

static bool is_pktinfo(const struct cmsghdr *c)
{
    return (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) ||
           (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO);
}

/* What the kernel says about a run that came. */
static void read_controls(struct msghdr *msg, struct p2p__udp_run *run)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
         c = CMSG_NXTHDR(msg, c)) {
        int value = 0;

        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            run->segment = (size_t)value;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            run->ecn = *CMSG_DATA(c) & ECN_MASK;
        } else if (c->cmsg_level == IPPROTO_IPV6 &&
                   c->cmsg_type == IPV6_TCLASS) {
            memcpy(&value, CMSG_DATA(c), sizeof value);
            run->ecn = (uint8_t)(value & ECN_MASK);
        } else if (is_pktinfo(c)) {
            read_local(c, &run->local);
        }
    }
}

ssize_t p2p__uv_run_receive(int fd, const uv_buf_t *buf,
                            struct p2p__udp_run *run)
{
    struct sockaddr_storage sa;
    union control ctl;
    struct iovec iov = {.iov_base = buf->base,
                        .iov_len = p2p__min(buf->len, RUN_MAX)};
    struct msghdr msg = {.msg_name = &sa,
                         .msg_namelen = sizeof sa,
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = ctl.bytes,
                         .msg_controllen = sizeof ctl};
    ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

    if (n < 0) {
        return errno == EINTR ? 0 : -1;
    }
    *run = (struct p2p__udp_run){.segment = (size_t)n};
    p2p__uv_from_sockaddr((struct sockaddr *)&sa, &run->peer);
    read_controls(&msg, run);
    return msg.msg_flags & MSG_TRUNC || run->segment == 0 ? 0 : n;
}

/* Which of ours an error of the network is; 0: it is none that counts. What
 * somebody says of sizes does not: who sends finds out (RFC 9000, 14). */
static int status_of(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
         c = CMSG_NXTHDR(msg, c)) {
        struct sock_extended_err e;

        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
            memcpy(&e, CMSG_DATA(c), sizeof e);
            switch (e.ee_errno) {
                case ECONNREFUSED:
                    return P2P_EREFUSED;
                case EHOSTUNREACH:
                case ENETUNREACH:
                    return P2P_EUNREACH;
                default:
                    return 0;
            }
        }
    }
    return 0;
}

bool p2p__uv_run_error(int fd, struct p2p__uv_run_error *out)
{
    struct sockaddr_storage sa = {.ss_family = AF_UNSPEC};
    union control ctl;
    struct iovec iov = {.iov_base = out->bytes, .iov_len = sizeof out->bytes};
    struct msghdr msg = {.msg_name = &sa,
                         .msg_namelen = sizeof sa,
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = ctl.bytes,
                         .msg_controllen = sizeof ctl};
    ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_ERRQUEUE);

    if (n < 0) {
        return false;
    }
    out->len = (size_t)n;
    out->status = status_of(&msg);
    out->to = (struct p2p__addr){0};
    p2p__uv_from_sockaddr((struct sockaddr *)&sa, &out->to);
    return true;
}
