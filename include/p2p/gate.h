/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * With whom a host talks, and what it tells of where it is: networks that are
 * denied or allowed, a callback that is asked on the way to each connection,
 * and a callback that makes the addresses that others are told.
 */
#ifndef P2P_GATE_H
#define P2P_GATE_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a network is to a host. */
enum p2p_filter {
    P2P_FILTER_NONE, /**< nothing in particular: a rule is taken away */
    P2P_FILTER_ALLOW,
    P2P_FILTER_DENY
};

/**
 * Allows or denies a network, such as "/ip4/10.0.0.0/ipcidr/8" or
 * "/ip6/fc00::/ipcidr/7"; without /ipcidr it is the one address. Of the rules
 * that fit an address the one that was made last decides; where none does it is
 * allowed. Denied addresses are not dialed (P2P_EGATED), also when a name leads
 * there, and who comes from one is closed before anything is read or said.
 * Connections that are open stay. An IPv4 address inside an IPv6 one
 * (::ffff:192.0.2.1) is taken for what it is, and 0.0.0.0 and :: are not dialed
 * at all (P2P_EUNREACH): systems take them for the loopback address. Of QUIC
 * the address of the first datagram counts: a connection that moves to another
 * one later stays.
 * @param host borrows the host
 * @param net  borrows the text
 * @param what which; that of a network that has a rule already replaces it
 * @return 0, P2P_EFORMAT (no network; more bits than an address has),
 *         P2P_ENOMEM
 */
P2P_API int p2p_host_filter(struct p2p_host *host, const char *net,
                            enum p2p_filter what);

/** How far a connection is when the gate is asked. */
enum p2p_gate_step {
    P2P_GATE_DIAL,    /**< an address is about to be dialed */
    P2P_GATE_ACCEPT,  /**< somebody came; nothing was read or said */
    P2P_GATE_SECURED, /**< the other end proved who it is */
    P2P_GATE_OPEN     /**< all is agreed: it is about to be used */
};

/** What the gate is asked; valid during the call. */
struct p2p_gate_question {
    enum p2p_gate_step step;
    bool outbound;
    struct p2p_peer_id peer;   /**< len 0: not known at that step */
    struct p2p_multiaddr addr; /**< the other end, without /p2p */
};

/**
 * The gate says whether a connection may go on; false ends it, and whoever
 * waits for it hears P2P_EGATED. It may not call the host.
 */
typedef bool (*p2p_gate)(void *user, const struct p2p_gate_question *question);

/**
 * Sets the gate, which is asked after the filter, at each step of each
 * connection; QUIC has accepted somebody with the first datagram. It is not
 * asked again when the address of somebody who is connected changes.
 * @param host borrows the host
 * @param gate asked; NULL: everybody may
 * @param user borrows until another gate is set or the host is freed
 */
P2P_API void p2p_host_set_gate(struct p2p_host *host, p2p_gate gate,
                               void *user);

/**
 * Makes the addresses that others are told.
 * @param user  what p2p_host_set_announce() was given
 * @param addrs borrows those that we know of, without /p2p/ID
 * @param n     how many
 * @param out   set, without /p2p/ID
 * @param cap   how many fit
 * @return how many of `out` are set
 */
typedef size_t (*p2p_announce)(void *user, const struct p2p_multiaddr *addrs,
                               size_t n, struct p2p_multiaddr *out, size_t cap);

/**
 * Sets what makes our addresses: those of p2p_host_addrs(), and so of identify
 * and mDNS. Peers that are connected are told of the change; call it again
 * when it would say something else.
 * @param host     borrows the host
 * @param announce asked when addresses are needed; NULL: all that we know of
 * @param user     borrows until another is set or the host is freed
 */
P2P_API void p2p_host_set_announce(struct p2p_host *host, p2p_announce announce,
                                   void *user);

#ifdef __cplusplus
}
#endif

#endif
