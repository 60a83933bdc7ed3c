/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Hints on the mesh's topic: what is new here is said to all at once, so that
 * nobody has to wait for a round. What was collected is published when the loop
 * comes round, as one message. mesh/sync/hint.h has its form.
 */
#ifndef UM_NODE_HINTS_H
#define UM_NODE_HINTS_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/bus/bus.h"
#include "mesh/sync/hint.h"
#include "mesh/sync/session.h"

/** What hints tell and ask; all are required. They may call hints, but for
 * um_hints_free(). */
struct um_hints_cb {
    /** Whether a key has a role in the roster now. */
    bool (*may)(void *user, const struct um_name *peer);
    /** Judges an item, and a row, as those of struct um_links_cb. */
    enum um_sync_verdict (*item)(void *user, const struct um_name *from,
                                 enum um_sync_set set, struct um_str envelope);
    enum um_sync_verdict (*row)(void *user, const struct um_name *from,
                                struct um_str envelope);
    /** Ids of items that were not in it: for um_links_hinted(). */
    void (*ids)(void *user, const struct um_name *from, enum um_sync_set set,
                struct um_namelist ids);
    /** Whether a document is waited for. */
    bool (*waits)(void *user, const struct um_name *hash);
    /** A document came: of a revision in the same hint that was not refused, or
     * one that is waited for. */
    void (*document)(void *user, const struct um_name *hash,
                     struct um_str bytes);
};

/** What hints are made of; borrows all until they are freed. */
struct um_hints_cfg {
    struct um_bus *bus;
    struct um_name mesh;
    const struct um_alarms *alarms;
    const struct um_log *log;
    const struct um_hints_cb *cb;
    void *user;
};

struct um_hints;

/** Subscribes to the mesh's topic. Owned; NULL: it cannot. */
struct um_hints *um_hints_new(const struct um_hints_cfg *cfg);

/** Leaves the topic, before the bus is freed; what was collected is said. */
void um_hints_free(struct um_hints *h);

/**
 * Collects what is to be said: an item whole, or its id if there is no room.
 * Lost if memory is out; rounds bring it. All is borrowed for the call.
 * @param id       not looked at if it is a row
 * @param document of a revision, left out if there is no room; p NULL: none is
 *                 to go with it
 */
void um_hints_item(struct um_hints *h, enum um_kind kind,
                   const struct um_name *id, struct um_str envelope,
                   struct um_str document);

/** Publishes what is collected now, instead of when the loop comes round. */
void um_hints_flush(struct um_hints *h);

/** For status pages. */
struct um_hints_stats {
    uint64_t published;
    uint64_t came;      /**< of members, and read */
    uint64_t strangers; /**< of keys without a role: not passed on */
    uint64_t refused;   /**< that are no hint, or have an item that nobody may
                             accept */
};

/** A snapshot of the counters. */
void um_hints_stats(const struct um_hints *h, struct um_hints_stats *out);

#endif
