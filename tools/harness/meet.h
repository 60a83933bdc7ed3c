/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where listener and dialer of a harness meet: a Redis server. These calls
 * wait; they are made before a host runs. */
#ifndef TOOLS_HARNESS_MEET_H
#define TOOLS_HARNESS_MEET_H

#include <stdbool.h>

#include "env.h"

#define MEET_TEXT_MAX 512

/* Says where the listener can be dialed: SET <TEST_KEY>_listener_multiaddr, or
 * RPUSH listenerAddr in the old style. false after it said why not. */
bool meet_tell(const struct harness_env *env, const char *addr);

/* Waits until the listener has said it, at most env->seconds: GET, or BLPOP.
 * false after it said why not. */
bool meet_ask(const struct harness_env *env, char addr[MEET_TEXT_MAX]);

#endif
