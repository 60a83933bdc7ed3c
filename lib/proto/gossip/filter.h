/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who may be in which topic: the application's word. One that may not is to us
 * as if it were not subscribed, and to it we are not. Private to this folder;
 * see gossip.h for p2p__gossip_recheck().
 */
#ifndef P2P_PROTO_GOSSIP_FILTER_H
#define P2P_PROTO_GOSSIP_FILTER_H

#include "proto/gossip/state.h"

/* Asks the application. */
bool p2p__gossip_ask(const struct p2p__gossip *g,
                     const struct p2p__gossip_peer *peer,
                     const struct p2p__gossip_topic *topic);

/* What it said when it was asked last; asks where nothing is noted. */
bool p2p__gossip_may(const struct p2p__gossip *g,
                     const struct p2p__gossip_peer *peer,
                     const struct p2p__gossip_topic *topic);

#endif
