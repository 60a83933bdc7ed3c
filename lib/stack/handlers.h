/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which protocols a host serves, and who takes their streams. */
#ifndef P2P_STACK_HANDLERS_H
#define P2P_STACK_HANDLERS_H

#include "base/list.h"
#include "base/map.h"

struct p2p_stream;

struct p2p__handler {
    struct p2p__map_node node;
    struct p2p__list link;
    /* An inbound stream: set its listener now, or reset it. */
    void (*accept)(void *user, struct p2p_stream *s, p2p_ns now);
    void *user;
    void (*app)(void);   /* the host layer's own function */
    uint64_t streams_in; /* open ones that speak it */
    char name[];
};

struct p2p__handlers {
    struct p2p__map map;
    struct p2p__list list; /* in the order of registration */
    size_t count;
};

/* An empty table. */
void p2p__handlers_init(struct p2p__handlers *h, const uint64_t seed[2]);

/* Frees all handlers. No stream may point to one any more. */
void p2p__handlers_fini(struct p2p__handlers *h);

/*
 * Adds or replaces the handler of a protocol. Copies the name.
 * Errors: P2P_EINVAL (empty or longer than 255), P2P_ELIMIT, P2P_ENOMEM.
 */
int p2p__handlers_set(struct p2p__handlers *h, const char *name,
                      void (*accept)(void *, struct p2p_stream *, p2p_ns),
                      void *user);

/* Removes a protocol; streams that speak it go on. */
void p2p__handlers_remove(struct p2p__handlers *h, const char *name);

/* The handler of a name, or NULL. */
struct p2p__handler *p2p__handlers_find(const struct p2p__handlers *h,
                                        const void *name, size_t len);

#endif
