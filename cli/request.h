/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file One request to the daemon's REST socket, and its answer. */
#ifndef UM_CLI_REQUEST_H
#define UM_CLI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh/base/buf.h"

/** Headers that a request has room for, beside Host. */
#define UM_REQUEST_HEADERS 4

/** A request; the lower half is filled in by um_request_run(). */
struct um_request {
    const char *method;
    const char *path;
    const char *host; /**< the Host header; NULL: localhost */
    const char *headers[UM_REQUEST_HEADERS]; /**< "Name: value"; up to the
                                                  first NULL */
    struct um_str body;                      /**< p NULL: none */
    const char *file;    /**< where the body came from; NULL: it was typed */
    unsigned patience_s; /**< 0: 60 */
    unsigned limit_ms;   /**< of one with `more`; 0: it has no end */
    bool quiet;          /**< what goes wrong is not said */
    bool problems;       /**< mistakes are told as RFC 9457 has them: with their
                            place, which Unit's form has no room for */
    /** Takes the body as it comes, however long that is; -1 ends it. NULL: it
     * is kept below. Not called for answers other than 200. */
    int (*more)(void *user, const char *data, size_t len);
    void *user;
    /** Called now and then while nothing comes, and once when that is over,
     * before anything is said; NULL: not. */
    void (*tick)(void *ticks, bool over);
    void *ticks;

    long status;
    long os_errno; /**< of a socket that cannot be connected to */
    char *answer;  /**< ends with a zero byte */
    size_t len;
    char etag[128];     /**< with its quotes; "": none */
    char revision[128]; /**< X-Revision; "": none */
};

/** Sends it and waits. 0, or -1 after it said why not. */
int um_request_run(const char *socket, struct um_request *r);

/** Frees the answer. */
void um_request_free(struct um_request *r);

#endif
