/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A policy in tests, and what it is asked. */
#ifndef TESTS_UNIT_MESH_TRUST_COURT_H
#define TESTS_UNIT_MESH_TRUST_COURT_H

#include "mesh/trust/policy.h"
#include "unit.h"

/* A configuration of one application, x; and where that is. */
#define APP(members) "{\"applications\":{\"x\":{" members "}}}"
#define X            "/applications/x/"

/* Where the first action is. */
#define A "/routes/0/action/"

/* A policy and what it is asked. */
struct court {
    struct um_arena arena;
    struct um_policy policy;
    struct um_problems found;
    struct um_buf text;
};

/* Reads a policy. */
void court_open(struct court *c, struct um_str policy);

/* Frees it. */
void court_close(struct court *c);

/* Judges a configuration: what is found is in the court. */
int court_judge(struct court *c, struct um_str config);

/* The pointers of what is refused, each once, blanks between them. Valid until
 * the next call. */
const char *court_found(struct court *c);

/* Judges one; `want` are what court_found() says. */
void court_gives(struct court *c, const char *config, const char *want);

/* The same by a policy of its own. */
void policy_gives(const char *policy, const char *config, const char *want);

#endif
