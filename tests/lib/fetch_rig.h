/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Requests that go nowhere: what the daemon's parts ask of mesh/fetch is kept,
 * and answered when the test says so. Alarms go off when it says so, and the
 * log is kept. Links in place of mesh/fetch.
 */
#ifndef TESTS_LIB_FETCH_RIG_H
#define TESTS_LIB_FETCH_RIG_H

#include <stdint.h>

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/fetch/fetch.h"

enum { FETCH_RIG_JOBS = 16, FETCH_RIG_ALARMS = 16, FETCH_RIG_LOG = 1 << 16 };

/* A request that waits for its answer. */
struct um_fetch_job {
    struct um_fetch *rig;
    bool live;
    char method[8];
    char url[512];
    char unix_path[108];
    char host[64];
    char *body;
    struct um_fetch_req req; /* its numbers; the pointers are stale */
    um_fetch_done *done;
    void *user;
};

/* The engine is the rig. */
struct um_fetch {
    struct um_fetch_job job[FETCH_RIG_JOBS];
    size_t started;  /* requests so far */
    char server[64]; /* what answers say of who answers */
    struct um_alarms alarms;
    struct {
        bool set;
        uint64_t at;
        void (*fn)(void *arg);
        void *arg;
    } alarm[FETCH_RIG_ALARMS];
    uint64_t now_ms;
    struct um_log log;
    char text[FETCH_RIG_LOG];
};

/* A rig with nothing asked yet. */
void fetch_rig_init(struct um_fetch *rig);
/* Nothing may be left over. */
void fetch_rig_fini(struct um_fetch *rig);

/* The one request that is under way; NULL: none. */
struct um_fetch_job *fetch_rig_job(struct um_fetch *rig);
/* Ends it with an answer, or without one. */
void fetch_rig_answer(struct um_fetch *rig, long code, const char *body);
void fetch_rig_fail(struct um_fetch *rig, enum um_fetch_status status);
/* Checks that such a request is under way, then answers it. */
void fetch_rig_expect(struct um_fetch *rig, const char *method, long code,
                      const char *body);

/* Lets the next alarm go off; false: there is none. */
bool fetch_rig_ring(struct um_fetch *rig);
/* How often a text stands in the log. */
unsigned fetch_rig_said(const struct um_fetch *rig, const char *text);

#endif
