/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Hole punching (DCUtR): who meets by a relay goes on without it.
 *
 * When a peer comes by a relay, the host dials its public addresses; if that
 * leads nowhere, both tell each other by the relay where they are seen, and
 * dial each other at the same moment, over TCP and QUIC, so that the NATs
 * between them let it happen. New streams then go over the direct connection,
 * and the relayed one ends once nothing is under way on it. If it fails all
 * stays as it was.
 *
 * Off unless p2p_host_config.dcutr says so. With it dials of TCP to public
 * addresses come from the port that the host listens at: NATs give others a
 * way back to that one.
 * Spec: libp2p DCUtR (r1).
 */
#ifndef P2P_DCUTR_H
#define P2P_DCUTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/peer_id.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How an upgrade ended; valid during the event. */
struct p2p_dcutr_result {
    struct p2p_peer_id peer;
    bool ok;           /**< there is a direct connection */
    bool initiator;    /**< the peer came to us by the relay */
    uint32_t attempts; /**< to punch; 0: dialing was enough, or not possible */
    uint32_t ms;       /**< it took so long */
};

/** How holes are punched. Begin with P2P_DCUTR_CONFIG_INIT. */
struct p2p_dcutr_config {
    size_t size; /**< set by P2P_DCUTR_CONFIG_INIT */
    /** Told once an upgrade ended; NULL: nobody is. */
    void (*done)(void *user, const struct p2p_dcutr_result *result);
    void *user;         /**< borrows until the host is freed */
    bool private_addrs; /**< addresses that are not public are told, and dialed
                             where peers say, too: for labs */
};

/** A config with the defaults. */
#define P2P_DCUTR_CONFIG_INIT                   \
    {                                           \
        .size = sizeof(struct p2p_dcutr_config) \
    }

#ifdef __cplusplus
}
#endif

#endif
