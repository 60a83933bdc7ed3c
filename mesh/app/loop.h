/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The daemon's loop: libuv behind the ports of the other folders. */
#ifndef UM_APP_LOOP_H
#define UM_APP_LOOP_H

#include <uv.h>

#include "mesh/base/alarm.h"
#include "mesh/base/resolver.h"
#include "mesh/base/worker.h"
#include "mesh/fetch/fetch.h"
#include "mesh/rest/http.h"

struct um_watch;
struct um_serve;
struct um_task;

/** The loop and what stands on it. */
struct um_loop {
    uv_loop_t uv;
    struct um_alarms alarms;
    struct um_resolver resolver;
    struct um_worker worker; /**< a thread of libuv's */
    struct um_fetch *fetch;
    struct um_watch *watches; /**< descriptors of fetch */
    struct um_task *tasks;    /**< of the worker; the first is under way */
    uv_timer_t fetch_timer;
    bool ending;
};

/** Starts it. 0, or -1. */
int um_loop_init(struct um_loop *l);

/** Ends it; whatever stood on it is freed already. What the worker was given is
 * done and told first. */
void um_loop_fini(struct um_loop *l);

/** Drives an HTTP server by the loop. Takes the server. NULL: no memory. */
struct um_serve *um_loop_serve(struct um_loop *l, struct um_http *http);

/** Ends the server and the driving of it; NULL is fine. */
void um_loop_unserve(struct um_serve *s);

#endif
