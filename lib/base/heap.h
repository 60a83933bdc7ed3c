/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Deadlines: an intrusive pairing heap, earliest first, ties by the order of
 * insertion. One node a connection or protocol; turn.h re-arms it lazily.
 */
#ifndef P2P_BASE_HEAP_H
#define P2P_BASE_HEAP_H

#include "base/types.h"

/* Zeroed before it is first used. */
struct p2p__heap_node {
    struct p2p__heap_node *child; /* first child */
    struct p2p__heap_node *next;  /* next sibling */
    struct p2p__heap_node *prev;  /* previous sibling, or parent */
    p2p_ns at;
    uint64_t seq;
    bool armed;
};

struct p2p__heap {
    struct p2p__heap_node *root;
    uint64_t seq;
};

/* An empty heap. */
void p2p__heap_init(struct p2p__heap *h);

/* The earliest node, or NULL. */
struct p2p__heap_node *p2p__heap_first(const struct p2p__heap *h);

/* Puts a node in at `at`, or moves it there if it is in already. */
void p2p__heap_set(struct p2p__heap *h, struct p2p__heap_node *n, p2p_ns at);

/* Takes a node out; harmless when it is not in. */
void p2p__heap_remove(struct p2p__heap *h, struct p2p__heap_node *n);

#endif
