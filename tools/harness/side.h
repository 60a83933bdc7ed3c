/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One side of a harness' test: a loop and a host as the environment asks. */
#ifndef TOOLS_HARNESS_SIDE_H
#define TOOLS_HARNESS_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include <p2p/p2p.h>

#include "env.h"
#include "meet.h"

struct side {
    const struct harness_env *env;
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_key *key;
    struct p2p_timer *limit;
    struct p2p_transport *wss; /* NULL: not asked for */
    int code;                  /* what the program exits with */
};

/* Makes the host. 0, or a negative code after it said what is wrong; with
 * either, side_close() it.
 * @param env borrows until side_close() */
int side_open(struct side *s, const struct harness_env *env);

/* The same of a host that is configured further.
 * @param base borrows for the call; what the environment says stands above it
 */
int side_open_as(struct side *s, const struct harness_env *env,
                 const struct p2p_host_config *base);

/* Frees all of it.
 * @return the exit code */
int side_close(struct side *s);

/* Listens as the environment asks. 0, or a negative code after it said why. */
int side_listen(struct side *s);

/* The same, says where at the meeting place, and runs until the program is
 * killed. 0, or a negative code. */
int side_serve(struct side *s, const struct meet_key *key);

/* Ends the loop with this exit code. */
void side_end(struct side *s, int code);

/* Says on stderr what failed, and ends the loop with 1. */
void side_fail(struct side *s, const char *what, int status);

/* Milliseconds since `start_ns`, of side_now(). */
double side_ms(uint64_t start_ns);
uint64_t side_now(void);

#endif
