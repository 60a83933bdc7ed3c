/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * AutoNAT: whether others can reach a host, and where.
 *
 * A host that wants to know asks servers among its peers to dial it back, at
 * one address after the other, and believes what several of them, at different
 * IP addresses, agree on. v2 says so of an address and proves it by a number
 * that comes back over the new connection; where no peer serves v2, v1 says so
 * of the host. What peers say where they see us (identify) is counted, and
 * what enough of them name is asked about, too.
 *
 * A server dials back from the IP address that it has, to which the host may
 * have sent from the port that it listens at (QUIC; TCP with p2p/dcutr.h). A
 * NAT that lets in what comes from such an address, whatever the port, is not
 * told from none: the address is P2P_REACHABLE, and strangers do not get in.
 *
 * With it, p2p_host_addrs() has the addresses of the internet that were
 * confirmed, and no others, unless `tell_all` is set; those of private networks
 * as ever. Without it nothing changes: all addresses that we listen at are
 * told.
 *
 * Who is met in our own network says nothing of the internet: only servers at
 * public addresses are asked, and none of a network of IPv6 (a /64) that we are
 * in.
 *
 * A host is a server itself if p2p_host_config.autonat_server says so. Who
 * asks a server makes it dial: so it dials the asker's own IP address, or
 * another one after the asker has sent 30 to 100 KB for it; its limits are
 * always on.
 * Spec: libp2p autonat-v1, autonat-v2.
 */
#ifndef P2P_AUTONAT_H
#define P2P_AUTONAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_host;

/** A verdict; of a host: unknown, public, private. */
enum p2p_reachability {
    P2P_REACHABILITY_UNKNOWN, /**< too few servers agree, or none was asked */
    P2P_REACHABLE,            /**< dialed from elsewhere */
    P2P_UNREACHABLE           /**< dialed from elsewhere in vain */
};

/** What is known of an address. */
struct p2p_reachability_info {
    /** Without /p2p/ID; len 0: it is about the host. */
    struct p2p_multiaddr addr;
    enum p2p_reachability verdict;
    uint32_t yes;  /**< servers that reached it, of those asked lately */
    uint32_t no;   /**< servers that did not */
    bool observed; /**< others see us there; we do not listen at it */
};

/** How a host learns where it can be reached. Begin with
 * P2P_AUTONAT_CONFIG_INIT; 0 is the default. */
struct p2p_autonat_config {
    size_t size;        /**< set by P2P_AUTONAT_CONFIG_INIT */
    uint32_t servers;   /**< that must agree; 0: 3 */
    uint32_t witnesses; /**< that must see us at an address; 0: 4 */
    /** Also addresses that are not of the internet: for tests. */
    bool private_addrs;
    /** A verdict changed; `what` is valid during the call. May be NULL. */
    void (*changed)(void *user, const struct p2p_reachability_info *what);
    void *user; /**< borrows until the host is freed */
    /** Tell all addresses that we listen at, whatever the verdicts: these add
     * what is confirmed beside them. */
    bool tell_all;
    /** Whom to ask, of those who serve it; called often. NULL: everybody. */
    bool (*trust)(void *user, const struct p2p_peer_id *server);
};

/** A config with the defaults. */
#define P2P_AUTONAT_CONFIG_INIT                   \
    {                                             \
        .size = sizeof(struct p2p_autonat_config) \
    }

/** What a server does for others. Begin with P2P_AUTONAT_SERVER_CONFIG_INIT; 0
 * is the default. */
struct p2p_autonat_server_config {
    size_t size;            /**< set by P2P_AUTONAT_SERVER_CONFIG_INIT */
    uint32_t per_minute;    /**< requests of all; 0: 60 */
    uint32_t per_peer;      /**< a minute, of one peer; 0: 12 */
    uint32_t per_addr;      /**< a minute, of one IP address; 0: 30 */
    uint32_t max_elsewhere; /**< a minute, that have another IP address dialed
                              than the asker's; 0: 12 */
    uint32_t max_dials;     /**< at once; 0: 16 */
    uint32_t dial_s;        /**< how long one may take; 0: 5 */
    /** Dial addresses that are not of the internet, too, for askers that are
     * not there either: for tests. */
    bool private_addrs;
    /** Whom it serves, asked for each stream. NULL: everybody. */
    bool (*allow)(void *user, const struct p2p_peer_id *peer);
    void *user; /**< borrows until the host is freed */
};

/** A config with the defaults. */
#define P2P_AUTONAT_SERVER_CONFIG_INIT                   \
    {                                                    \
        .size = sizeof(struct p2p_autonat_server_config) \
    }

/**
 * What servers say of a host: its own verdict first, then that of each address
 * that was asked about or will be.
 * @param host borrows the host
 * @param out  room for `cap` entries; may be NULL when cap is 0
 * @param cap  how many fit
 * @param size sizeof *out
 * @return how many there are, perhaps more than cap; 0: the host does not ask
 */
P2P_API size_t p2p_host_reachability(const struct p2p_host *host,
                                     struct p2p_reachability_info *out,
                                     size_t cap, size_t size);

/**
 * What p2p_autonat_config.trust says has changed, of whomever: who is trusted
 * now may be asked at once. What others said stays said.
 * @param host borrows the host
 */
P2P_API void p2p_autonat_recheck(struct p2p_host *host);

#ifdef __cplusplus
}
#endif

#endif
