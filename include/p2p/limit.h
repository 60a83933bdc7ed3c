/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The limits of a host: how much peers can make it hold, what of it is used,
 * how often each limit was hit, and all of a host's counters as text.
 *
 * Scopes: "host" is all together, "transient" the connections whose peer is not
 * known yet, "address" one IP address, "protocol", "peer" and "connection" one
 * of these.
 */
#ifndef P2P_LIMIT_H
#define P2P_LIMIT_H

#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A limit. */
struct p2p_limit {
    const char *scope; /**< constant: "peer" */
    const char *what;  /**< constant: "inbound streams" */
    uint64_t limit;    /**< UINT64_MAX: none */
    uint64_t used;     /**< now; 0 where there are many such scopes */
    uint64_t refused;  /**< how often it said no, since the start */
};

/** A limit that was hit; valid during the event. */
struct p2p_limited {
    const char *scope;         /**< as in struct p2p_limit */
    const char *what;          /**< as in struct p2p_limit */
    uint64_t times;            /**< since the last such event */
    struct p2p_peer_id peer;   /**< who was refused last; len 0: not known */
    struct p2p_multiaddr addr; /**< where from; len 0: not known */
};

/**
 * The limits of a host, in an order that stays.
 * @param host borrows the host
 * @param out  room for `cap` entries; may be NULL when cap is 0
 * @param cap  how many fit
 * @param size sizeof *out
 * @return how many there are, perhaps more than cap
 */
P2P_API size_t p2p_host_limits(const struct p2p_host *host,
                               struct p2p_limit *out, size_t cap, size_t size);

/**
 * Protects a peer: it is never trimmed, and there are inbound connections that
 * strangers cannot take from it; one in 16 of them. A peer that is kept is
 * protected anyway.
 * @param host    borrows the host
 * @param peer    borrows the id
 * @param protect whether
 * @return 0, P2P_ENOMEM
 */
P2P_API int p2p_host_protect(struct p2p_host *host,
                             const struct p2p_peer_id *peer, bool protect);

/**
 * All counters of a host as OpenMetrics text, "# EOF" at the end: what is
 * held, the limits and how often each was hit, and the traffic of each
 * protocol.
 * Spec: OpenMetrics 1.0.
 * @param host borrows the host
 * @param buf  room for `cap` bytes; what does not fit is cut, and there is a
 *             zero byte at the end
 * @param cap  how many fit; 0: buf may be NULL
 * @return how many bytes there are without the zero byte, perhaps not less
 *         than cap
 */
P2P_API size_t p2p_host_metrics(const struct p2p_host *host, char *buf,
                                size_t cap);

#ifdef __cplusplus
}
#endif

#endif
