/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The only caller of Unit that changes it: takes one struct of intent at a
 * time, the newest wins, and says what became of it. A call today; a process
 * of its own one day.
 */
#ifndef UM_APPLIER_APPLIER_H
#define UM_APPLIER_APPLIER_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/str.h"
#include "mesh/doc/mask.h"
#include "mesh/unit/client.h"

/** Tries of one intent when Unit fails or does not answer. */
#define UM__CAP_APPLIER_TRIES 6

/** Told when Unit took an intent, before it is known how it shows it; more than
 * once if it is tried again after that. */
typedef void um_applier_taken(void *user);

/** Told what Unit shows before it is given an intent that it does not run yet;
 * false: not over that. `shown` is valid during the call. */
typedef bool um_applier_over(void *user, struct um_str shown);

/** What shall be. */
struct um_intent {
    const void *config; /**< the bytes for PUT /config; copied */
    size_t len;
    const char *why; /**< for the log; copied */
    /** How often a Unit that fails is tried; one that is absent or silent only
     * once, for who has a pause of its own. 0: UM__CAP_APPLIER_TRIES in any
     * case. */
    unsigned tries;
    struct um_mask mask; /**< secrets in it, which no text of Unit is told or
                              logged with; copied */
    um_applier_taken *taken; /**< or NULL */
    um_applier_over *over;   /**< or NULL */
};

/** What became of an intent. */
enum um_outcome {
    UM_APPLIED,   /**< Unit runs it: it shows it */
    UM_UNCHANGED, /**< Unit ran it already */
    UM_REFUSED,   /**< Unit will not take it: text says why */
    UM_GAVE_UP,   /**< Unit failed or was absent too often */
    UM_NOT_OVER,  /**< its owner would not have it so: Unit was not touched */
    UM_SUPERSEDED /**< a newer intent took its place */
};

/** Told once for each intent; text is valid during the call. */
typedef void um_applier_done(void *user, enum um_outcome outcome,
                             const char *text);

struct um_applier;

/** Makes an applier for one Unit; borrows all until it is freed. */
struct um_applier *um_applier_new(struct um_unit *unit,
                                  const struct um_alarms *alarms,
                                  const struct um_log *log);

/** Ends it, before its unit is freed or after; its intents are UM_GAVE_UP. */
void um_applier_free(struct um_applier *a);

/** Takes an intent; the one that waits, if any, is superseded. What cannot be
 * a configuration (no JSON, no object, more than 8 MiB, 100 levels or a
 * million members) is UM_REFUSED at once, and Unit never sees it. */
void um_applier_submit(struct um_applier *a, const struct um_intent *intent,
                       um_applier_done *done, void *user);

/** Forgets who waits: `done` is not called with this `user` any more, and what
 * is in hand goes on. */
void um_applier_forget(struct um_applier *a, const void *user);

/** How Unit shows what it took last; p NULL: it took nothing yet. Valid until
 * the loop goes on. */
struct um_str um_applier_shown(const struct um_applier *a);

/** The HTTP status of Unit's last answer, while `done` is told; 0: none. */
long um_applier_code(const struct um_applier *a);

/** Counters, for status pages. */
struct um_applier_stats {
    unsigned long applied;
    unsigned long unchanged;
    unsigned long refused;
    unsigned long failed;
    bool busy;
};

/** A snapshot of the counters. */
void um_applier_stats(const struct um_applier *a, struct um_applier_stats *out);

#endif
