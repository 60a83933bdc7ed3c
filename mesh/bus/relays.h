/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Relays that bring peers to this host, and this host as a relay of others.
 * Who cannot be reached keeps a reservation at one; p2p/relay.h.
 */
#ifndef UM_BUS_RELAYS_H
#define UM_BUS_RELAYS_H

#include <p2p/host.h>

#include "mesh/base/log.h"

struct um_bus;
struct um_bus_entry;

/** The relay that a multiaddr goes by; false: it goes by none. */
bool um_relays_via(const struct p2p_multiaddr *ma, struct p2p_peer_id *out);

/**
 * Keeps a reservation at a relay.
 * @param text its multiaddr with /p2p/ID, with or without /p2p-circuit
 * @return 0 or a negative code of p2p: it is no such address
 */
int um_relays_keep(struct p2p_host *host, const char *text);

/** Notes whether a peer says that it is a relay; who is none any more is let
 * go. */
void um_relays_told(const struct um_bus *bus, struct um_bus_entry *e,
                    const struct p2p_peer_info *info);

/** A peer that was asked to be a relay for this host is it no more. */
void um_relays_let_go(const struct um_bus *bus, struct um_bus_entry *e);

/** What this host grants a peer as a relay ends. */
void um_relays_deny(const struct um_bus *bus, const struct um_bus_entry *e);

/** Notes of a peer that told its addresses whether it was dialed at one that is
 * public, so that all can reach it. */
void um_relays_note(const struct um_bus *bus, struct um_bus_entry *e,
                    const struct p2p_peer_info *info);

#endif
