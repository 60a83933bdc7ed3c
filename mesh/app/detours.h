/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Members that cannot reach each other meet at a relay: by one that `--relay`
 * names, or, where the mesh has the setting `relay=members`, by a member that
 * both reach. ADR 0021.
 */
#ifndef UM_APP_DETOURS_H
#define UM_APP_DETOURS_H

#include <stdbool.h>

#include "mesh/node/node.h"

struct um_daemon;

/** The setting of the mesh, and its one value. */
#define UM_DETOURS_SETTING "relay"
#define UM_DETOURS_MEMBERS "members"

/** How often it is looked which members are missed, in ms. */
#define UM_DETOURS_MS 5000U

/** Addresses of which is kept what came of a dial, and their bytes. */
#define UM_DETOURS_TRIES 32
#define UM_DETOURS_ADDR  200

/** What came of a dial to a member that was not connected. */
struct um_detours_try {
    struct p2p_peer_id peer;
    char addr[UM_DETOURS_ADDR]; /**< without the /p2p/ID at its end */
    int status;                 /**< of p2p; 0: it was reached */
};

/** Zeroed: nothing was tried. */
struct um_detours {
    void *alarm;
    struct um_detours_try tries[UM_DETOURS_TRIES];
    size_t tried;   /**< so many of them, and more that are forgotten */
    size_t turn;    /**< which address is tried next */
    size_t near;    /**< members that were connected directly */
    unsigned pause; /**< looks between two rounds through the addresses */
    unsigned skip;  /**< how many of these are left */
    size_t sought;  /**< of those who are missed, who is looked up next */
    int told_relay; /**< what was told last that it cannot be, as codes */
    int told_point;
    int told_dht;
    bool dialing;
    bool shut; /**< it was found private, and not public since */
};

/** Begins to look after it. */
void um_detours_begin(struct um_daemon *d);

/** This machine's addresses changed: it is looked now, and without pauses. */
void um_detours_hurry(struct um_daemon *d);

/** This node is about to leave its mesh: it serves nobody any more, and takes
 * back where it told that it is. */
void um_detours_leave(struct um_daemon *d);

/** Ends that. */
void um_detours_end(struct um_daemon *d);

/** What came of the last dial to each address of a member. */
void um_detours_tries(const struct um_daemon *d, const struct p2p_peer_id *peer,
                      void (*each)(void *user, const char *addr, int status),
                      void *user);

/** Whether the members of a mesh are relays for each other. */
bool um_detours_set(struct um_node *n);

/** Whether a member says that it awaits one who has a code. */
bool um_detours_awaits(const struct um_daemon *d,
                       const struct p2p_peer_id *peer);

#endif
