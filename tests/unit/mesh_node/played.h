/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A worker, alarms and a log that the test plays: what they were given lies
 * there until it says go.
 */
#ifndef TESTS_UNIT_MESH_NODE_PLAYED_H
#define TESTS_UNIT_MESH_NODE_PLAYED_H

#include <stdbool.h>

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/worker.h"

#define PLAYED_ALARMS 4

/* Room for one thing at a time in the worker, and a few alarms. */
struct played {
    struct um_worker worker;
    struct um_alarms alarms;
    struct um_log log;
    bool busy; /* the worker has something */
    bool no_worker;
    bool no_alarms;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    struct {
        void (*fn)(void *arg);
        void *arg;
        uint64_t ms;
    } alarm[PLAYED_ALARMS];
    unsigned lines[UM_LOG_TRACE + 1];
    char line[1024]; /* the last */
};

void played_init(struct played *p);

/* The other thread does what the worker was given. */
void played_work(struct played *p);

/* And the loop hears of it. */
void played_done(struct played *p);

/* The alarm of so many ms goes off; asserts that it is set, and no other. */
void played_ring(struct played *p, uint64_t ms);

/* How many are set. */
unsigned played_alarms(const struct played *p);

#endif
