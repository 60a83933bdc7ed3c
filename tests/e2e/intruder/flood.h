/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages to an applier, of which none may change Unit. */
#ifndef TESTS_E2E_INTRUDER_FLOOD_H
#define TESTS_E2E_INTRUDER_FLOOD_H

#include "line.h"
#include "world.h"

/* What was said and heard. */
struct flood {
    struct line line;
    struct world world;
    uint64_t seed;   /* the state of the numbers */
    uint64_t number; /* of the last question */
    uint64_t said;
    uint64_t outcomes[3]; /* done, refused, no answer */
    uint64_t last_done;   /* number of the last order that ran */
    uint64_t last;        /* number of the last one that ended */
    uint64_t alone;       /* those that had nothing beside them, */
    uint64_t ended;       /* and how many of these had an end */
    uint64_t got;         /* number of the last GET that was answered */
    uint64_t keys_yes, keys_no;
    uint64_t asked; /* of the keys, and not answered yet */
};

/* Over these sockets. */
void flood_init(struct flood *f, const int fds[2], uint64_t seed);
void flood_fini(struct flood *f);

/* Becomes the applier of the mesh, honestly. 0 on success. */
int flood_begin(struct flood *f);

/* Has a revision run, honestly. 0 if it does. */
int flood_run(struct flood *f, unsigned rev);

/* So many messages of all kinds. 0: all were taken. */
int flood_all(struct flood *f, uint64_t count);

/* Bytes that are no messages, until the applier ends. 0 if it does. */
int flood_garbage(struct flood *f);

#endif
