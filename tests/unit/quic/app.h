/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An application at each end of a pair of connections: it sends what a test
 * queued as there is room, and looks at what comes: every byte has the value
 * that its place says, FIN comes after the last, CLOSED after both ended, and
 * after it nothing.
 */
#ifndef TESTS_UNIT_QUIC_APP_H
#define TESTS_UNIT_QUIC_APP_H

#include "quic_pair.h"
#include "unit.h"

#define APP_STREAMS 512U

/* What an end knows of a stream, and what it is to do. */
struct app_view {
    void *h; /* NULL: not opened, or closed */
    uint64_t want;
    uint64_t sent;
    uint64_t got;
    uint64_t owed;
    uint64_t code;
    bool keep; /* do not consume */
    bool finish;
    bool finished;
    bool blocked;
    bool blocked_ever;
    bool saw_fin;
    bool saw_reset;
    bool reset;
    bool closed;
};

struct app_stream {
    struct app_view view[2];
    int64_t id;
    unsigned opener;
    uint32_t label;
    bool used;
};

struct app {
    struct quic_pair p;
    struct app_stream streams[APP_STREAMS];
    size_t count;
    uint64_t opened;
    uint64_t closed;
    uint64_t pong;
};

/* Two ends without a connection; two that have shaken hands. */
struct app *app_new(uint64_t seed);
struct app *app_shaken(uint64_t seed);

/* Frees all; asserts that nothing was lost. */
void app_free(struct app *a);

/* A stream opened by an end. Borrowed from the app. */
struct app_stream *app_open(struct app *a, unsigned side);

/* The end sends so many bytes more, as there is room. */
void app_queue(struct app *a, struct app_stream *s, unsigned side, size_t n);

/* Both ends finish when all was sent. */
void app_finish(struct app *a, struct app_stream *s);

void app_reset(struct app *a, struct app_stream *s, unsigned side,
               uint64_t code);

/* Lets time pass. */
void app_pass(struct app *a, p2p_ns span);

/* Lets time pass until all streams have come to their end; asserts that they
 * do, that all was delivered that was not reset, and that no stream is counted
 * any more. */
void app_settle(struct app *a);

#endif
