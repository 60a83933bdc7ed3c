/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the world must offer as a network: ordered pipes and datagrams. Two
 * implementations: lib/uv (libuv) and the simulator. Calls go down, and what
 * happens comes up through the callback tables. A callback may call down
 * again on any object, close() included; after close() no callback comes.
 */
#ifndef P2P_PORT_NET_H
#define P2P_PORT_NET_H

#include "base/slice.h"

/* An internet address and port; family 4 or 6. Bytes in network order. */
struct p2p__addr {
    uint8_t family; /* 4, 6, or 0: none */
    uint8_t ip[16];
    uint16_t port;  /* host order */
    uint32_t scope; /* interface index of an IPv6 link-local address */
};

/* Whether it is the address of everybody, or none: its IP is zero. */
static inline bool p2p__addr_is_any(const struct p2p__addr *a)
{
    static const uint8_t zero[sizeof a->ip];

    return memcmp(a->ip, zero, sizeof zero) == 0;
}

/* Whether two are of one IP, at whatever ports. */
static inline bool p2p__addr_same_ip(const struct p2p__addr *a,
                                     const struct p2p__addr *b)
{
    return a->family == b->family &&
           memcmp(a->ip, b->ip, a->family == 4 ? 4 : sizeof a->ip) == 0;
}

struct p2p__pipe;
struct p2p__listener;
struct p2p__net;

/* What happens to a pipe. `user` is what the owner gave at dial or accept. */
struct p2p__pipe_cb {
    /* A dial ended: 0, or P2P_EREFUSED, P2P_EUNREACH, P2P_ETIMEDOUT, … */
    void (*connected)(void *user, int status, p2p_ns now);
    /* Bytes arrived; the slice is valid until the call returns. */
    void (*data)(void *user, struct p2p__slice in, p2p_ns now);
    /* write() took less than all, and all that it took has left now. */
    void (*writable)(void *user, p2p_ns now);
    /* The peer ended its side (0), or the pipe broke. Close it. */
    void (*ended)(void *user, int status, p2p_ns now);
};

struct p2p__pipe_ops {
    /*
     * Writes now; what the kernel does not take at once the pipe copies and
     * keeps, so all of `buf` counts as written.
     * Returns 1 if there is room for more, 0 if the caller must wait for
     * writable, or a negative code (broken).
     */
    int (*write)(struct p2p__pipe *pipe, const uint8_t *buf, size_t len);
    /* Bytes of what was written that the peer has not acknowledged, as far as
     * the system tells: while it falls, the peer reads. */
    size_t (*unsent)(const struct p2p__pipe *pipe);
    /* How long nothing has come from the machine at the other end, not even
     * that it got something; while the wire is whole that is less than half a
     * minute. 0 where the system does not tell. */
    p2p_ns (*silence)(const struct p2p__pipe *pipe);
    /* Stops or goes on reading (mplex, or the host's quota is spent). */
    void (*read)(struct p2p__pipe *pipe, bool on);
    /* Ends our side after what is kept was written, then frees the pipe. */
    void (*close)(struct p2p__pipe *pipe);
    /* This machine has other addresses than before; `gone`: that which it
     * leaves from is no longer among them. Goes on from the one that the system
     * would send from now. 1, 0 (it need not), P2P_EAGAIN (there is no way now:
     * ask again), or another code: it cannot. NULL: never. */
    int (*move)(struct p2p__pipe *pipe, bool gone, p2p_ns now);
    /* The two ends' addresses. */
    void (*local)(const struct p2p__pipe *pipe, struct p2p__addr *addr);
    void (*remote)(const struct p2p__pipe *pipe, struct p2p__addr *addr);
};

struct p2p__pipe {
    const struct p2p__pipe_ops *ops;
    const struct p2p__pipe_cb *cb;
    void *user;
    /* It carries few bytes, for a short while: a relay's. Set before it is
     * connected or accepted. */
    bool limited;
    /* Whether it is there has not been seen: it may be anybody who says he is
     * at that address. Set while it shakes hands. */
    bool unproven;
};

struct p2p__listener_cb {
    /* A peer connected. Set pipe->cb and ->user, or close it. */
    void (*accepted)(void *user, struct p2p__pipe *pipe, p2p_ns now);
};

struct p2p__listener {
    const struct p2p__listener_cb *cb;
    void *user;
    struct p2p__addr addr; /* as bound: the port is filled in */
    void (*close)(struct p2p__listener *l);
};

/* A datagram socket, for mDNS and QUIC. */
struct p2p__udp;

/* Datagrams side by side, of equal sizes but for the last, that one call of
 * the system sends, or that came together. */
struct p2p__udp_run {
    struct p2p__addr peer;  /* to whom, or from whom */
    struct p2p__addr local; /* of ours that they leave from or came to; without
                             * an IP address: the system chooses, or does not
                             * tell. Its port is the socket's. */
    size_t segment;         /* bytes of each; > 0 */
    uint8_t ecn;            /* their code point */
};

struct p2p__udp_cb {
    /* A datagram arrived; ttl -1: not known. ifindex: where it came in. */
    void (*datagram)(void *user, struct p2p__slice in,
                     const struct p2p__addr *from, uint32_t ifindex,
                     p2p_ns now);
    /* In its place, of a socket that is made for many: a run arrived. */
    void (*run)(void *user, struct p2p__slice in,
                const struct p2p__udp_run *run, p2p_ns now);
    /* send_run() took less than all, and there is room again. */
    void (*writable)(void *user, p2p_ns now);
    /* Of a socket that is made for many: the network says that a datagram to
     * `to` was not delivered (P2P_EREFUSED, P2P_EUNREACH). Anybody may say so:
     * who saw the datagram knows its beginning, `sent`. NULL: not told. */
    void (*refused)(void *user, struct p2p__slice sent,
                    const struct p2p__addr *to, int status, p2p_ns now);
};

struct p2p__udp {
    const struct p2p__udp_cb *cb;
    void *user;
    struct p2p__addr addr; /* as bound: the port is filled in */
    /* Sends a run: returns how many bytes of it are dealt with, whole
     * datagrams; `writable` follows if that is not all. What the system does
     * not want to send is lost, as datagrams are. */
    size_t (*send_run)(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                       const struct p2p__udp_run *run);
    /* Sends one datagram, by this interface if it is not 0. 0 or negative. */
    int (*send)(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                const struct p2p__addr *to, uint32_t ifindex);
    /* Joins or leaves a multicast group on an interface. */
    int (*group)(struct p2p__udp *udp, const struct p2p__addr *group,
                 uint32_t ifindex, bool join);
    void (*close)(struct p2p__udp *udp);
};

/* From where and to where a dial goes. */
struct p2p__leg {
    struct p2p__listener *from;
    const struct p2p__addr *to;
};

struct p2p__net {
    /* Starts a dial; `connected` follows, never before the call returned.
     * Returns the pipe, or NULL and *err. */
    struct p2p__pipe *(*dial)(struct p2p__net *net, const struct p2p__addr *to,
                              const struct p2p__pipe_cb *cb, void *user,
                              int *err);
    /* The same from the address and port at which leg->from, a listener of
     * this net, listens: who is dialed, and NATs on the way, see that port.
     * From then on programs of the same user may share it. If the other end
     * dials us from there at the same time, both dials end in one connection.
     * NULL: cannot be. Errors also: P2P_EADDRINUSE (there is such a
     * connection). */
    struct p2p__pipe *(*dial_from)(struct p2p__net *net,
                                   const struct p2p__leg *leg,
                                   const struct p2p__pipe_cb *cb, void *user,
                                   int *err);
    /* Which address of ours the system sends from to another, without a port;
     * false: it cannot say. NULL: never. */
    bool (*source)(struct p2p__net *net, const struct p2p__addr *to,
                   struct p2p__addr *from);
    /* Listens; `l->addr` says where. Returns NULL and *err. */
    struct p2p__listener *(*listen)(struct p2p__net *net,
                                    const struct p2p__addr *at,
                                    const struct p2p__listener_cb *cb,
                                    void *user, int *err);
    /* Binds a datagram socket; shared: others on this host may bind it too. If
     * cb has `run`, it is made for many datagrams, which are never cut up on
     * their way. */
    struct p2p__udp *(*udp)(struct p2p__net *net, const struct p2p__addr *at,
                            bool shared, const struct p2p__udp_cb *cb,
                            void *user, int *err);
};

#endif
