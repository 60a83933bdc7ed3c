/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The bytes that wait on a stream: a queue of kept slices, drained into an
 * outbuf. A message that goes to many streams is one slab with a reference in
 * every queue; small writes are copied together into a tail slab.
 * The quota is charged for what is really held, before it is held.
 */
#ifndef P2P_BASE_SENDQ_H
#define P2P_BASE_SENDQ_H

#include "base/quota.h"
#include "base/slice.h"

struct p2p__sendq_part;

struct p2p__sendq {
    struct p2p__sendq_part *head;
    struct p2p__sendq_part *tail;
    struct p2p__quota *quota; /* borrowed; NULL: not charged (unit tests) */
    size_t bytes;             /* waiting */
};

/* An empty queue that charges `quota` (borrowed, may be NULL). */
void p2p__sendq_init(struct p2p__sendq *q, struct p2p__quota *quota);

/* Drops all that waits and gives the quota back. */
void p2p__sendq_fini(struct p2p__sendq *q);

/*
 * Queues a slice: by reference where p2p__slice_keep() would, else copied.
 * All or nothing. Errors: P2P_ELIMIT (quota), P2P_ENOMEM.
 */
int p2p__sendq_push(struct p2p__sendq *q, const struct p2p__slice *s);

/* Moves at most `cap` waiting bytes to `dst`; returns how many. */
size_t p2p__sendq_pull(struct p2p__sendq *q, uint8_t *dst, size_t cap);

/*
 * How far a reader has come in a queue that keeps what was sent until it is
 * acknowledged: `taken` bytes from the front. Zeroes: at the front. One a
 * queue, and such a queue is not pulled from.
 */
struct p2p__sendq_mark {
    struct p2p__sendq_part *part; /* NULL: at the front */
    size_t at;                    /* in that part */
    size_t taken;
};

/* The next pieces behind the mark, at most `cap`; returns how many. They stay
 * where they are until dropped. */
size_t p2p__sendq_peek(const struct p2p__sendq *q,
                       const struct p2p__sendq_mark *mark,
                       struct p2p__slice *pieces, size_t cap);

/* Moves the mark on by `n` bytes that are there. */
void p2p__sendq_take(const struct p2p__sendq *q, struct p2p__sendq_mark *mark,
                     size_t n);

/* Forgets the `n` oldest bytes, which the mark has passed. */
void p2p__sendq_drop(struct p2p__sendq *q, struct p2p__sendq_mark *mark,
                     size_t n);

/* Forgets what the mark has not passed. Nothing may be pushed after it. */
void p2p__sendq_cut(struct p2p__sendq *q, const struct p2p__sendq_mark *mark);

#endif
