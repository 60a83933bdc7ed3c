/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Circuit relay v2: hosts that cannot reach each other meet at a third.
 *
 * Who cannot be reached listens at "/ip4/…/tcp/…/p2p/RELAY/p2p-circuit"
 * (p2p_host_listen()): the host keeps a reservation at that relay, and has its
 * circuit addresses among its own as long as there is one. Others dial
 * "/ip4/…/tcp/…/p2p/RELAY/p2p-circuit/p2p/PEER". The connection is secured and
 * multiplexed from end to end as any other: the relay carries its bytes, and
 * not many of them. Such a connection is limited; see
 * p2p_stream_open_limited().
 *
 * A host is a relay itself if p2p_host_config.relay says so. Its limits are
 * always on.
 * Spec: libp2p circuit relay v2.
 */
#ifndef P2P_RELAY_H
#define P2P_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_host;

/** What a relay grants. Begin with P2P_RELAY_CONFIG_INIT; 0 is the default. */
struct p2p_relay_config {
    size_t size;                        /**< set by P2P_RELAY_CONFIG_INIT */
    uint32_t max_reservations;          /**< of all peers; 0: 128 */
    uint32_t max_reservations_per_addr; /**< of one IP address; 0: 8 */
    uint32_t reservation_s;             /**< how long one holds; 0: 3600 */
    uint32_t max_circuits;              /**< of all peers; 0: 512 */
    uint32_t max_circuits_per_peer;     /**< at either end; 0: 16 */
    uint32_t circuit_s;                 /**< how long one lasts; 0: 120 */
    uint64_t circuit_bytes;             /**< each way; 0: 128 KiB */
    /** Whom it serves, asked for each reservation and each circuit; others
     * hear "permission denied". NULL: everybody. */
    bool (*allow)(void *user, const struct p2p_peer_id *peer);
    void *user; /**< borrows until the host is freed */
    /** Whom it connects with whom, asked for each circuit in the place of
     * `allow`. NULL: whoever `allow` lets ask. Who is no more than connected,
     * `allow` refusing him, is a guest: 4 circuits of guests lead to one peer,
     * at most. */
    bool (*allow_circuit)(void *user, const struct p2p_peer_id *from,
                          const struct p2p_peer_id *to);
};

/** A config with the defaults. */
#define P2P_RELAY_CONFIG_INIT                   \
    {                                           \
        .size = sizeof(struct p2p_relay_config) \
    }

/**
 * Makes a host a relay after its start, or takes that back: no reservation and
 * no circuit is granted any more, those that there are come to their end.
 * @param host borrows the host
 * @param cfg  borrows the limits for the call; NULL: it is none. A host that
 * was a relay before keeps its limits, and who is allowed is as `cfg` says
 * @return 0, P2P_EINVAL (a size that is not set or of a newer header),
 *         P2P_ELIMIT (it serves too many protocols), P2P_ENOMEM
 */
P2P_API int p2p_relay_serve(struct p2p_host *host,
                            const struct p2p_relay_config *cfg);

/**
 * Ends what a host as a relay has granted to a peer: its reservation, and the
 * circuits that it is an end of. It may ask again, see `allow`.
 * @param host borrows the host
 * @param peer borrows the id
 * @return 0; P2P_ENOTFOUND: it had nothing
 */
P2P_API int p2p_relay_drop(struct p2p_host *host,
                           const struct p2p_peer_id *peer);

/**
 * How it stands with the reservation that a host keeps at a relay.
 * @param host  borrows the host
 * @param relay borrows the relay's id
 * @return 0: there is one; P2P_EAGAIN: it was not answered yet; P2P_ESTATE: the
 *         host does not listen by this relay; else why there is none:
 *         P2P_EACCES (the relay refuses), P2P_ELIMIT (it is full),
 *         P2P_ENOPROTO (it is no relay), or what a dial to it ended with
 */
P2P_API int p2p_relay_status(const struct p2p_host *host,
                             const struct p2p_peer_id *relay);

/**
 * Listens by a relay no more: its addresses are not told any longer, it is not
 * asked again, and what it brings is refused. Connections that came by it
 * stay. The relay itself is told nothing: there the reservation ends by its
 * time.
 * @param host  borrows the host
 * @param relay borrows the relay's id
 * @return 0; P2P_ESTATE: the host does not listen by this relay
 */
P2P_API int p2p_relay_forget(struct p2p_host *host,
                             const struct p2p_peer_id *relay);

#ifdef __cplusplus
}
#endif

#endif
