/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A port: how a node asks its own listeners whether they do well. The daemon
 * offers it; tests and the simulator play it.
 */
#ifndef UM_NODE_PROBER_H
#define UM_NODE_PROBER_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/base/str.h"

/** A GET. */
struct um_prober_ask {
    const char *authority; /**< an address and a port, as in a URL */
    const char *socket;    /**< of a unix socket; "": TCP */
    bool tls;              /**< with any certificate */
    struct um_str path;
    struct um_str host; /**< of the field Host; empty: the authority */
    uint64_t timeout_ms;
};

/** What came of it; valid during the call.
 * @param code the HTTP status; 0: there is no answer
 * @param text then why not, for people */
typedef void um_prober_done(void *arg, unsigned code, const char *text);

/** How to ask. */
struct um_prober {
    void *user;
    /** Begins a GET; redirects are not followed. `done` is told once, never
     * inside of this call. Returns a job until then; NULL: no memory, or too
     * many. */
    void *(*start)(void *user, const struct um_prober_ask *ask,
                   um_prober_done *done, void *arg);
    /** Ends one; `done` is not told. */
    void (*cancel)(void *user, void *job);
};

#endif
