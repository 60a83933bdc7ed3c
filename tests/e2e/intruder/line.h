/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The two sockets to the applier: frames go out, what comes is heard. */
#ifndef TESTS_E2E_INTRUDER_LINE_H
#define TESTS_E2E_INTRUDER_LINE_H

#include <stdbool.h>

#include "mesh/applier/keywire.h"
#include "mesh/applier/wire.h"

/* How long an applier may say nothing while it is waited for. */
#define LINE_PATIENCE_MS 15000

struct line {
    int fd[2]; /* the agent's, the keys' */
    struct um_buf out[2];
    struct um_wire_in in[2];
    /* A message came, or an answer of the keys. */
    void (*heard)(void *user, const struct um_wire_msg *m);
    void (*answered)(void *user, const struct um_keywire_say *s);
    void *user;
    bool closed; /* the applier has ended, or will not talk any more */
};

/* Says something, later. */
void line_say(struct line *l, const struct um_wire_msg *m);
void line_ask(struct line *l, enum um_keywire_what what, unsigned key,
              struct um_str bytes);

/* Writes and reads what there is, waiting so long for something at most. */
void line_turn(struct line *l, int wait_ms);

/* Turns until little waits to be written; false: it is closed. */
bool line_drain(struct line *l, size_t left);

void line_fini(struct line *l);

#endif
