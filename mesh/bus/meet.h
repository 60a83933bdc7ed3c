/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Rendezvous: those who have a part in the bus find each other at one of
 * them, where they register. p2p/rendezvous.h. */
#ifndef UM_BUS_MEET_H
#define UM_BUS_MEET_H

#include <p2p/host.h>
#include <p2p/rendezvous.h>

struct um_bus;
struct um_bus_entry;

/** What is known of a peer as a rendezvous point; zeroed: nothing. */
struct um_meet {
    uint64_t renew_ns; /**< when this host registers there again; 0: now */
    uint64_t ask_ns;   /**< not before it is asked again who is there */
    /** Where the last answer ended: the next one has the news alone. */
    struct p2p_rendezvous_cookie cookie;
    /** Counted up when what is under way is out of date before its answer. */
    uint32_t turn;
    bool point; /**< it says that it is one */
    bool registered;
    bool registering;
    bool asking;
};

/** Notes whether a peer says that it is a point. */
void um_meet_told(struct um_bus_entry *e, const struct p2p_peer_info *info);

/** This host has other addresses: all points hear of them, who is not connected
 * when he is. */
void um_meet_moved(struct um_bus *bus);

/** A peer is gone: as a point it may know nothing when it is back. */
void um_meet_gone(struct um_bus_entry *e);

#endif
