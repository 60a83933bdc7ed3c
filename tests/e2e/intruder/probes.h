/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What somebody tries who has the network's process. */
#ifndef TESTS_E2E_INTRUDER_PROBES_H
#define TESTS_E2E_INTRUDER_PROBES_H

#include <sys/types.h>

/* Where things are. */
struct probes_at {
    const char *state;
    const char *unit; /* the path of its socket */
    const char *open; /* a file that everybody may read */
    pid_t applier;
};

/* Tries all, and prints a line of JSON each: what, and 0 or an errno. */
void probes_run(const struct probes_at *at);

#endif
