/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A request that waits for something of the node: for a document, for what
 * members run, for the disk. All that wait are the daemon's, which answers them
 * when it ends, or leaves its mesh.
 *
 *     um_wait_begin(w, d, req)        in a struct that begins with it
 *     um_wait_watch(w, ms)            w->look at the next change; w->late
 *     um_answer_…(w->req, …); um_wait_end(w)
 */
#ifndef UM_APP_WAIT_H
#define UM_APP_WAIT_H

#include "mesh/app/daemon.h"

/** How long a request waits for a document, or for Unit, in ms. */
#define UM_WAIT_MS 15000U

/** A request; the first three are set by whoever makes one. */
struct um_wait {
    void (*look)(struct um_wait *w); /**< something has changed */
    void (*late)(struct um_wait *w); /**< it took too long */
    void (*drop)(struct um_wait *w); /**< frees what it is part of */
    struct um_wait *next;            /**< private */
    struct um_daemon *d;
    struct um_http_req *req;
    bool asked;  /**< the node or its disk will tell: it ends then */
    bool closed; /**< the node is no more: answer so when told */
    void *alarm; /**< private, from here on */
    struct um_watch_node *watch;
};

/** Begins it. */
void um_wait_begin(struct um_wait *w, struct um_daemon *d,
                   struct um_http_req *req);

/** Waits for the next change of anything; so long in all, counted from the
 * first time. May end it, with an answer. */
void um_wait_watch(struct um_wait *w, uint64_t ms);

/** Waits no more; the time begins anew when it does again. */
void um_wait_rest(struct um_wait *w);

/** Ends it; it was answered. */
void um_wait_end(struct um_wait *w);

/** Answers with a mistake, and ends it. @param detail NULL: none */
void um_wait_fail(struct um_wait *w, unsigned status, const char *error,
                  const char *detail);

/** Answers all that wait, or lets them answer when they are told; before the
 * node is freed. */
void um_wait_end_all(struct um_daemon *d);

/** The node that it is about. */
struct um_node *um_wait_node(const struct um_wait *w);

/** Whether a request asks for something by a query argument. */
static inline bool um_wait_asks(const struct um_wait *w, const char *name)
{
    return um_http_query(w->req, name) != NULL;
}

/** Answers what nothing can be done without a mesh; NULL then. */
struct um_node *um_wait_any_node(const struct um_daemon *d,
                                 struct um_http_req *req);

#endif
