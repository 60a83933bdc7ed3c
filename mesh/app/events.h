/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What people would want to know, as it happens: the last events, each with a
 * number that only grows, also over starts of the daemon; and those who listen,
 * by server-sent events.
 */
#ifndef UM_APP_EVENTS_H
#define UM_APP_EVENTS_H

#include "mesh/base/alarm.h"
#include "mesh/base/str.h"
#include "mesh/rest/http.h"

/** Events that are kept for who comes back; older ones are missed. */
#define UM__CAP_EVENTS_KEPT 256U

/** Those who listen at a time; one more is answered 503. */
#define UM__CAP_EVENTS_LISTENERS 16U

/** How often a listener is written to when nothing happens, in ms: a dead
 * connection shows. */
#define UM_EVENTS_BEAT_MS 15000U

/** An event; borrowed. */
struct um_happening {
    const char *name;    /**< one word: "applied" */
    struct um_str about; /**< what it is about, for people; may be empty */
    struct um_str text;  /**< a sentence */
};

struct um_events;

/**
 * Nothing happened yet.
 * @param alarms  borrowed
 * @param wall_ms the plain clock: numbers begin there
 * @return owned; NULL: no memory
 */
struct um_events *um_events_new(const struct um_alarms *alarms,
                                uint64_t wall_ms);

/** Who is told of each event, as JSON; `what` and `json` are borrowed. */
typedef void um_events_heard(void *user, uint64_t number, uint64_t wall_ms,
                             const struct um_happening *what,
                             struct um_str json);

/** Has somebody told of each event from now on, one at most. */
void um_events_tell(struct um_events *e, um_events_heard *heard, void *user);

/** Ends all streams, and frees it; before the servers. NULL is fine. */
void um_events_free(struct um_events *e);

/** Something happened. */
void um_events_add(struct um_events *e, uint64_t wall_ms,
                   const struct um_happening *what);

/** GET /mesh/events: a stream, behind Last-Event-ID (or ?since) if that is
 * said. Without, of what happens from now on. */
void um_events_listen(struct um_events *e, struct um_http_req *req);

#endif
