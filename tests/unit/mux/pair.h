/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two sessions of a kind at the ends of a pipe, an application at each that
 * does what dice say, and a model that knows what may be seen: every byte has
 * the value that its place says, FIN comes after the last byte and only if the
 * other end finished, RESET only if it reset, CLOSED when both ways ended, and
 * after it nothing.
 */
#ifndef TESTS_UNIT_MUX_PAIR_H
#define TESTS_UNIT_MUX_PAIR_H

#include "chunker.h"
#include "port/sess.h"
#include "test_env.h"
#include "unit.h"

#define PAIR_STREAMS 64U
#define PAIR_PIPE    65536U

/* What differs between the kinds of sessions. */
struct pair_kind {
    const struct p2p__sess_ops *ops;
    int (*make)(const struct p2p__sess_cfg *cfg, void **out, p2p_ns now);
    uint64_t (*id_of)(const void *stream); /* 0: not announced */
};

/* What an application at one end knows of a stream. */
struct pair_view {
    void *h; /* NULL: not opened yet, or closed */
    uint64_t sent;
    uint64_t got;
    uint64_t owed; /* not consumed */
    bool opened;
    bool finished;
    bool saw_fin;
    bool reset;
    bool saw_reset;
    bool blocked;
    bool closed;
};

struct pair_stream {
    struct pair_view view[2];
    uint64_t id;
    unsigned opener;
    uint32_t label;
    bool used;
};

struct pair_end {
    void *sess;
    struct p2p__quota quota;
    struct test_env env;
    struct p2p__runq runq;
    struct p2p__job job;
    struct chunker chunker;
    uint8_t pipe[PAIR_PIPE]; /* on its way to this end */
    size_t pipe_at;
    size_t pipe_len; /* from pipe_at */
};

struct pair {
    const struct pair_kind *kind;
    struct pair_end end[2];
    struct pair_stream streams[PAIR_STREAMS];
    struct p2p__rng rng;
    p2p_ns now;
    uint32_t labels;
    uint64_t bytes;  /* delivered and verified */
    uint64_t closed; /* streams that came to their end */
    uint64_t resets;
};

/* A pair; `memory` limits the quota of either end (0: no limit). */
struct pair *pair_new(const struct pair_kind *kind, enum chunk_plan plan,
                      uint64_t seed, uint64_t memory);

/* `steps` throws of the dice. */
void pair_play(struct pair *p, size_t steps);

/* Finishes and consumes all; asserts that every stream comes to its end and
 * that what was not reset was delivered to the last byte. */
void pair_drain(struct pair *p);

/* Ends the sessions as they are; asserts that the quotas are zero. */
void pair_free(struct pair *p);

#endif
