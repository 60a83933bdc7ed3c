/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file One request to the daemon's REST socket, and its answer. */
#ifndef UM_CLI_REQUEST_H
#define UM_CLI_REQUEST_H

#include <stddef.h>

/** A request; the lower half is filled in by um_request_run(). */
struct um_request {
    const char *method;
    const char *path;
    const char *host; /**< the Host header; NULL: localhost */
    long status;
    char *body; /**< ends with a zero byte */
    size_t len;
};

/** Sends it and waits. 0, or -1 after it said why not. */
int um_request_run(const char *socket, struct um_request *r);

/** Frees the answer. */
void um_request_free(struct um_request *r);

#endif
