/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a public harness tells its programs by the environment, in either
 * style: upper case (libp2p/unified-testing) or lower case (test-plans). */
#ifndef TOOLS_HARNESS_ENV_H
#define TOOLS_HARNESS_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct harness_env {
    bool dialer;
    bool old_style;        /* lower case: other keys, other output */
    const char *redis;     /* "host:port" */
    const char *test_key;  /* NULL in the old style */
    const char *transport; /* "tcp" */
    const char *security;  /* NULL: the transport's own */
    const char *muxer;     /* NULL: the transport's own */
    const char *ip;        /* where a listener listens */
    unsigned seconds;      /* until a test is given up */
};

/* Reads the environment; false after it said on stderr what is missing. What
 * it sets is valid until the environment changes. */
bool harness_env_read(struct harness_env *env);

/* A variable that is set and not empty, or NULL. */
const char *harness_env_text(const char *name);

/* Whether all is there that a test needs; says on stderr what is missing. */
bool harness_env_complete(const struct harness_env *env);

/* A number of the environment, or `fallback` if it is not there; false after
 * it said that it is none. */
bool harness_env_number(const char *name, uint64_t fallback, uint64_t *out);

#endif
