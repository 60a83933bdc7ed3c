/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the harness of hole punching tells by the environment, in either style,
 * and the routes that it wants a program to set. */
#ifndef TOOLS_HARNESS_PUNCH_ENV_H
#define TOOLS_HARNESS_PUNCH_ENV_H

#include "env.h"
#include "meet.h"

enum punch_role { PUNCH_RELAY, PUNCH_LISTENER, PUNCH_DIALER };

struct punch_env {
    enum punch_role role;
    struct harness_env env;
    struct meet_key relay; /* where the relay is told */
};

/* Reads the environment, and sets routes to the networks behind routers that
 * it names; false after it said on stderr what is wrong. */
bool punch_env_read(struct punch_env *p);

#endif
