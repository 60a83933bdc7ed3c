/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Members as peers: a member is named by its Ed25519 key, a peer by the
 * multihash of the same, in which the key stands as it is.
 */
#ifndef UM_TRUST_PEER_H
#define UM_TRUST_PEER_H

#include "mesh/trust/name.h"
#include "p2p/peer_id.h"

/** The peer id of a member. */
void um_peer_of(const struct um_name *member, struct p2p_peer_id *out);

/** The member that a peer would be. Errors: P2P_EINVAL (its key is not
 * Ed25519, so it can be none). */
int um_peer_member(const struct p2p_peer_id *peer, struct um_name *out);

#endif
