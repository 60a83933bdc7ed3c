/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Answers what the node asks of the keys that the applier holds. */
#ifndef UM_APP_KEYSERVER_H
#define UM_APP_KEYSERVER_H

#include "mesh/app/poll.h"
#include "mesh/app/state.h"
#include "mesh/applier/agent.h"

struct um_keyserver;

/** What it is made of; borrows all until it is freed. */
struct um_keyserver_cfg {
    int fd; /**< its end of the socket */
    struct um_poll *poll;
    struct um_state *state; /**< the keys, and where an owner's is written */
    struct um_agent *agent; /**< which knows the roster */
    /** Has the agent hear all that the node said before it asked. */
    void (*catch_up)(void *user);
    void *user;
    const struct um_log *log;
};

/** A server. Owned; NULL: no memory. */
struct um_keyserver *um_keyserver_new(const struct um_keyserver_cfg *cfg);

/** Ends it. */
void um_keyserver_free(struct um_keyserver *s);

#endif
