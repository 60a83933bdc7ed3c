/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where the programs of a harness meet: a Redis server. These calls wait. */
#ifndef TOOLS_HARNESS_MEET_H
#define TOOLS_HARNESS_MEET_H

#include <stdbool.h>

#include "env.h"

#define MEET_TEXT_MAX 512

/* What is told there, by its names. */
struct meet_key {
    const char *name;     /* behind <TEST_KEY>_ */
    const char *old_name; /* of a list, in the old style */
    const char *what;     /* in words */
};

/* Where the listener can be dialed. */
extern const struct meet_key meet_listener;

/* Says it: SET <TEST_KEY>_<name>, or RPUSH in the old style. false after it
 * said why not. */
bool meet_tell(const struct harness_env *env, const struct meet_key *key,
               const char *text);

/* Waits until somebody has said it, at most env->seconds: GET, or BLPOP. false
 * after it said why not. */
bool meet_ask(const struct harness_env *env, const struct meet_key *key,
              char text[MEET_TEXT_MAX]);

#endif
