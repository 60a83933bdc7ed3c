/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file A line on standard error while something takes long: what is waited
 * for, and since when. On a terminal alone; it is gone when that is over. */
#ifndef UM_CLI_PROGRESS_H
#define UM_CLI_PROGRESS_H

#include "cli/answer.h"

/** What takes long. */
struct um_progress {
    const struct um_cli *c;
    const char *what; /**< NULL: the nodes that do not run the current revision
                           yet are named */
    uint64_t began_ms;
    uint64_t said_ms; /**< 0: nothing was said */
};

/** Begins. */
void um_progress_begin(struct um_progress *p, const struct um_cli *c,
                       const char *what);

/** Begins; the request shows it while it waits. */
void um_progress_of(struct um_progress *p, const struct um_cli *c,
                    const char *what, struct um_request *r);

/** Shows it, if a while is over since the last time, or takes the line away:
 * the `tick` of a request.
 * @param of a struct um_progress */
void um_progress_tick(void *of, bool over);

/** The same with a text that is new. */
void um_progress_say(struct um_progress *p, const char *text);

/** Takes the line away. */
void um_progress_end(struct um_progress *p);

#endif
