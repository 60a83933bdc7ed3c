/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The gate is asked before a connection costs anything more: at dial, accept,
 * secured and upgraded. NULL members let everything pass.
 */
#ifndef P2P_STACK_GATE_H
#define P2P_STACK_GATE_H

#include "p2p/peer_id.h"
#include "port/net.h"

struct p2p__gate {
    void *user;
    bool (*dial)(void *user, const struct p2p_peer_id *peer,
                 const struct p2p__addr *to);
    bool (*accept)(void *user, const struct p2p__addr *from);
    bool (*secured)(void *user, const struct p2p_peer_id *peer,
                    const struct p2p__addr *remote, bool dialer);
    bool (*upgraded)(void *user, const struct p2p_peer_id *peer,
                     const struct p2p__addr *remote, bool dialer);
};

#endif
