/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How a node without a mesh gets into one: it asks, over /unitmesh/join/1.0.0,
 * the addresses in the code, an address that a person named, and every peer
 * that is connected or comes to be (mDNS), until one says yes or time is up.
 * mesh/sync/joiner.h has the protocol.
 */
#ifndef UM_NODE_KNOCK_H
#define UM_NODE_KNOCK_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/bus/bus.h"
#include "mesh/sync/joiner.h"

/** How long somebody is looked for, in ms. */
#define UM_KNOCK_MS 30000U

/** How long one peer may take for its answer, in ms. */
#define UM_KNOCK_PATIENCE_MS 10000U

/** When a peer that hung up, or had too many before us, is asked again, and an
 * address that did not answer is dialed again, in ms. */
#define UM_KNOCK_AGAIN_MS 3000U

/** Peers that are asked at a time; others wait. */
#define UM__CAP_KNOCK_ASKED 16U

/** Peers that are remembered, so that none is asked twice; others are not
 * asked. */
#define UM__CAP_KNOCK_MET 1024U

/** What came of it; valid during the call. */
struct um_knock_result {
    bool welcome;
    bool pending;     /**< put down: an owner has to approve */
    bool sure;        /**< the code vouches for the mesh */
    const char *text; /**< for people: what came of it, or why nothing
                           did: the last refusal, or that nobody was found */
    struct um_name mesh;
    struct um_name inviter;
    unsigned roles;
    struct um_str statements; /**< for um_pb_list_next(): to be stored */
};

typedef void um_knock_done(void *user, const struct um_knock_result *result);

/** What a knock is made of; borrows until done or um_knock_free(). */
struct um_knock_cfg {
    struct um_bus *bus;
    const struct um_alarms *alarms;
    const struct um_log *log;
    const struct um_code *code; /**< copied; NULL: asks to be approved */
    const char *peer;           /**< a multiaddr to dial first, or NULL; copied;
                                   one that is none is logged */
    struct um_name me;
    struct um_str name;  /**< what this node calls itself; copied */
    um_knock_done *done; /**< once, never inside of um_knock_new() */
    void *user;
};

struct um_knock;

/** Begins. Owned; NULL: no memory. */
struct um_knock *um_knock_new(const struct um_knock_cfg *cfg);

/** Ends it; done is not called any more. Fine inside of done; NULL is fine. */
void um_knock_free(struct um_knock *k);

/** A peer connected: it is asked. done may be called. */
void um_knock_up(struct um_knock *k, const struct p2p_peer_id *peer);

#endif
