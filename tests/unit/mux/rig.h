/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One end of a session in a test: bytes in by a chunk plan, bytes out into a
 * buffer, and what it told as a text, one event a line:
 *
 *   opened 1 / data 1 hello / fin 1 / reset 1 code 5 / closed 1 / writable 1
 *   pong 5000 / goaway 0
 *
 * Streams are named by a number: those of the peer 1, 2, … in the order in
 * which they come, our own as rig_open() was told. Pieces of data that follow
 * one another are one line, so the text does not depend on the chunks.
 */
#ifndef TESTS_UNIT_MUX_RIG_H
#define TESTS_UNIT_MUX_RIG_H

#include "base/turn.h"
#include "chunker.h"
#include "port/sess.h"
#include "test_env.h"
#include "unit.h"

#define RIG_STREAMS 1200U

struct rig {
    const struct p2p__sess_ops *ops;
    void *sess;
    struct p2p__quota quota;
    struct test_env env;
    struct p2p__runq runq;
    struct p2p__job job; /* the owner */
    struct chunker chunker;
    p2p_ns now;
    bool keep; /* do not consume what comes */
    int rv;    /* what poisoned it */
    void *streams[RIG_STREAMS];
    size_t opened;  /* by the peer */
    size_t data_of; /* whose data the last line is; 0: no data line */
    size_t data_total;
    uint8_t *out;
    size_t out_len;
    size_t out_cap;
    uint8_t once[256]; /* what rig_rx_once() gave */
    char text[65536];
    size_t text_len;
};

/* An end without a session; set r->sess next. Free with rig_free(). */
struct rig *rig_new(const struct p2p__sess_ops *ops, enum chunk_plan plan);

/* The part of a configuration that every session has. */
struct p2p__sess_cfg rig_cfg(struct rig *r, bool dialer);

/* Ends the session and asserts that the quota is zero. */
void rig_free(struct rig *r);

/* Delivers bytes; returns 0 or what poisoned the session. */
int rig_rx(struct rig *r, const void *bytes, size_t len);

/* Delivers bytes that are given as hex. */
int rig_rx_hex(struct rig *r, const char *hex);

/* Draws what the session has to say, into r->out from its start. Asserts that
 * the owner had been marked if there is anything, and that it is not marked
 * again for nothing. */
void rig_tx(struct rig *r);

/* Pulls the events that wait. */
void rig_events(struct rig *r);

/* One call of rx with bytes that stay; no event is pulled. */
void rig_rx_once(struct rig *r, const char *hex);

/* Pulls one event, if one waits. */
bool rig_event(struct rig *r);

/* Opens a stream that is called `name`. */
void *rig_open(struct rig *r, size_t name);

/* Sends a text. */
int rig_send(struct rig *r, size_t name, const char *text);

/* Asserts the text since the last look, and forgets it. */
void rig_expect(struct rig *r, const char *text);

/* Draws, and asserts the bytes that come out. */
void rig_expect_tx(struct rig *r, const char *hex);

/* Runs `body` under each chunk plan. */
#define RIG_EACH_PLAN(body)                              \
    do {                                                 \
        for (int plan = 0; plan < CHUNK_PLANS; plan++) { \
            (body)((enum chunk_plan)plan);               \
        }                                                \
    } while (0)

#endif
