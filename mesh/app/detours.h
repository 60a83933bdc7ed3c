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

/** An alarm; zeroed: there is none. */
struct um_detours {
    void *alarm;
};

/** Begins to look after it. */
void um_detours_begin(struct um_daemon *d);

/** Ends that. */
void um_detours_end(struct um_daemon *d);

/** Whether the members of a mesh are relays for each other. */
bool um_detours_set(struct um_node *n);

/** Whether a member says that it awaits one who has a code. */
bool um_detours_awaits(const struct um_daemon *d,
                       const struct p2p_peer_id *peer);

#endif
