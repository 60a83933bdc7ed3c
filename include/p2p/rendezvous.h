/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Rendezvous: peers find each other at a third that all of them know.
 *
 * A peer registers its addresses, signed, at a rendezvous point under a name,
 * the namespace; others ask the point who is there. The point is believed in
 * nothing: what it tells is signed by those it tells of, so that it can leave
 * peers out but make none up. Nothing is renewed by itself: register again
 * before the time is up, and when your addresses change.
 *
 * A host is a rendezvous point itself if p2p_host_config.rendezvous says so.
 * Its limits are always on.
 * Spec: libp2p rendezvous (r3).
 */
#ifndef P2P_RENDEZVOUS_H
#define P2P_RENDEZVOUS_H

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

/** The longest cookie, in bytes. */
#define P2P_RENDEZVOUS_COOKIE_MAX 256

/** What a point grants. Begin with P2P_RENDEZVOUS_CONFIG_INIT; 0 is the
 * default. */
struct p2p_rendezvous_config {
    size_t size;                /**< set by P2P_RENDEZVOUS_CONFIG_INIT */
    uint32_t max_registrations; /**< of all peers; 0: 4096 */
    uint32_t max_registrations_per_peer; /**< 0: 32 */
    uint32_t max_ttl_s; /**< how long one lasts; 0: 259200 (72 hours) */
    /** Whom it serves, asked for each stream. NULL: everybody. */
    bool (*allow)(void *user, const struct p2p_peer_id *peer);
    void *user; /**< borrows until the host is freed */
    /** Of all peers at one IP address (for IPv6: one /64); 0: 512. */
    uint32_t max_registrations_per_addr;
};

/** A config with the defaults. */
#define P2P_RENDEZVOUS_CONFIG_INIT                   \
    {                                                \
        .size = sizeof(struct p2p_rendezvous_config) \
    }

/**
 * Makes a host a rendezvous point after its start, or takes that back: nobody
 * is served any more, and registrations come to their end.
 * @param host borrows the host
 * @param cfg  borrows the limits for the call; NULL: it is none. A host that
 * was a point before keeps its limits, and who is allowed is as `cfg` says
 * @return 0, P2P_EINVAL (a size that is not set or of a newer header),
 *         P2P_ELIMIT (it serves too many protocols), P2P_ENOMEM
 */
P2P_API int p2p_rendezvous_serve(struct p2p_host *host,
                                 const struct p2p_rendezvous_config *cfg);

/** How a registration ended: status 0 and for how many seconds it holds, or a
 * negative status. */
typedef void (*p2p_rendezvous_registered)(void *user, int status,
                                          uint32_t ttl_s);

/**
 * Registers this host at a point, which is dialed if need be. One that takes
 * not our signed addresses is asked once more, in rust-libp2p's form of them.
 * @param host  borrows the host
 * @param point borrows the id
 * @param ns    borrows the namespace, 1 to 255 bytes
 * @param ttl_s for how long, in seconds; 0: as the point likes (2 hours)
 * @param done  told once, later: P2P_EACCES (the point does not let us),
 *              P2P_EINVAL (it takes not that name or time), P2P_ELIMIT (it is
 *              full), P2P_ENOPROTO (it is no point); may be NULL
 * @param user  borrows until done
 * @return 0, P2P_EINVAL (the name), P2P_ENOADDR (of the point, or we have none
 *         to tell), P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_rendezvous_register(struct p2p_host *host,
                                    const struct p2p_peer_id *point,
                                    const char *ns, uint32_t ttl_s,
                                    p2p_rendezvous_registered done, void *user);

/**
 * Takes a registration back. The point says nothing to it: `done` hears
 * whether it was sent, with 0 seconds.
 * @param host  borrows the host
 * @param point borrows the id
 * @param ns    borrows the namespace
 * @param done  told once, later; may be NULL
 * @param user  borrows until done
 * @return as p2p_rendezvous_register()
 */
P2P_API int p2p_rendezvous_unregister(struct p2p_host *host,
                                      const struct p2p_peer_id *point,
                                      const char *ns,
                                      p2p_rendezvous_registered done,
                                      void *user);

/** One peer that was found; valid during the call. */
struct p2p_rendezvous_peer {
    struct p2p_peer_id peer;
    const char *ns;
    const struct p2p_multiaddr *addrs; /**< without /p2p/ID; signed by it */
    size_t n_addrs;
    uint32_t ttl_s; /**< how long the point still knows it */
};

/** Where a search ended: the next one begins there and finds the news. */
struct p2p_rendezvous_cookie {
    size_t len; /**< 0: from the beginning */
    uint8_t bytes[P2P_RENDEZVOUS_COOKIE_MAX];
};

/** What is looked for; {0}: everybody, from the beginning. */
struct p2p_rendezvous_search {
    const char *ns; /**< the namespace; NULL: all */
    /** Where the search before ended; NULL: from the beginning. */
    const struct p2p_rendezvous_cookie *cookie;
    uint32_t limit; /**< peers at the most; 0: up to 1,000 */
};

/** What a search tells. */
struct p2p_rendezvous_events {
    /** A peer; what it did not sign itself is passed over. */
    void (*found)(void *user, const struct p2p_rendezvous_peer *peer);
    /** Once and last: 0 and the cookie, or a negative status: P2P_ENOTFOUND
     * (the point does not know the cookie any more), and those of
     * p2p_rendezvous_register(). May be NULL. */
    void (*done)(void *user, int status,
                 const struct p2p_rendezvous_cookie *cookie);
};

/**
 * Asks a point who is there. Addresses found are not noted:
 * p2p_host_add_addr() does that. What did not fit into the answer is found with
 * its cookie.
 * @param host   borrows the host
 * @param point  borrows the id
 * @param search borrows for the call
 * @param events borrows until done; `found` is required
 * @param user   borrows until done
 * @return 0, P2P_EINVAL, P2P_ENOADDR, P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_rendezvous_discover(struct p2p_host *host,
                                    const struct p2p_peer_id *point,
                                    const struct p2p_rendezvous_search *search,
                                    const struct p2p_rendezvous_events *events,
                                    void *user);

#ifdef __cplusplus
}
#endif

#endif
