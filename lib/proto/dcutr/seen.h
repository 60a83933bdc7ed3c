/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where others see us: of each witness what it said last, of TCP and of UDP,
 * and of few witnesses the newest. Nothing here is told as an address of ours;
 * it is what a peer dials that we asked to.
 */
#ifndef P2P_PROTO_DCUTR_SEEN_H
#define P2P_PROTO_DCUTR_SEEN_H

#include "p2p/peer_id.h"
#include "proto/dcutr/msg.h"

/* All members are private; all zero: nothing was seen. */
struct p2p__dcutr_seen {
    size_t n;
    struct p2p__dcutr_sight {
        struct p2p_peer_id by;
        struct p2p_multiaddr at;
        uint32_t port_code;
    } sights[P2P__CAP_DCUTR_SIGHTS]; /* the newest first */
};

/* A witness sees us there. Whether that is of use. */
bool p2p__dcutr_seen_note(struct p2p__dcutr_seen *s,
                          const struct p2p_peer_id *by,
                          const struct p2p_multiaddr *at,
                          enum p2p__dcutr_reach reach);

/* Adds where we were seen to a list, the newest first. */
void p2p__dcutr_seen_list(const struct p2p__dcutr_seen *s,
                          enum p2p__dcutr_reach reach,
                          struct p2p__dcutr_addrs *to);

#endif
