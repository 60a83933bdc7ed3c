/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The hands of a node and an applier in one process: what one says comes to the
 * other a moment later, by an alarm. The applier's files are in memory, and
 * stay when the pair is closed.
 */
#ifndef TESTS_LIB_AGENT_PAIR_H
#define TESTS_LIB_AGENT_PAIR_H

#include "mesh/applier/agent.h"
#include "mesh/node/hands.h"

enum { PAIR_FILES = 4 };

struct agent_pair {
    struct um_agent_cfg cfg; /* of the applier; set by the test, but `files` and
                                `send` */
    struct um_agent *agent;  /* NULL: it is closed */
    struct um_hands *hands;
    struct um_buf to_agent;
    struct um_buf to_hands;
    void *alarm;
    const char *names[PAIR_FILES];
    struct um_buf files[PAIR_FILES];
    unsigned saves;
    int save_fails; /* the error of the next save; 0: none */
};

/* Begins both ends; cfg is set. */
void pair_open(struct agent_pair *p);

/* Ends both; what is on its way is lost. */
void pair_close(struct agent_pair *p);

/* The same, and the files go. */
void pair_fini(struct agent_pair *p);

/* One of its files; NULL: it is not there. */
struct um_buf *pair_file(struct agent_pair *p, const char *name);

#endif
