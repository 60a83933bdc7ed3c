/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Items of one peer whose dependencies are missing: each waits under the name
 * of what it needs, and is ready for another judgement when that came.
 */
#ifndef UM_SYNC_WAITING_H
#define UM_SYNC_WAITING_H

#include "mesh/sync/message.h"
#include "mesh/trust/roster.h"

/** The most items of a peer that wait, and their bytes; what comes beyond is
 * dropped, and offered again in a later round. */
#define UM__CAP_SYNC_WAITING       4096U
#define UM__CAP_SYNC_WAITING_BYTES (8U << 20)

/** An item that waits or is ready. */
struct um_waiting_item {
    struct um_waiting_item *next; /**< private */
    struct um_need need;
    enum um_sync_set set;
    struct um_name id;
    bool chased; /**< what it needs was asked for */
    size_t len;
    char bytes[]; /**< the envelope */
};

/** All zero is nothing; members are private. */
struct um_waiting {
    struct um_waiting_item **list; /* ascending by the name of the need */
    size_t n;
    size_t cap;
    size_t bytes;
    struct um_waiting_item *ready; /* in the order in which they became so */
    struct um_waiting_item **ready_end;
    size_t ready_n;
};

/** Drops all that wait or are ready, and frees it. */
void um_waiting_fini(struct um_waiting *w);

/** Whether none wait and none are ready. */
static inline bool um_waiting_empty(const struct um_waiting *w)
{
    return w->n == 0 && w->ready == NULL;
}

/** A new item; `bytes` borrows the envelope, which is copied. NULL: the limit
 * is reached, or no memory. Owned. */
struct um_waiting_item *um_waiting_make(const struct um_waiting *w,
                                        struct um_str bytes);

/** Puts an item under what it needs; takes it. Errors: P2P_ENOMEM, and the item
 * is freed. */
int um_waiting_put(struct um_waiting *w, struct um_waiting_item *it);

/** Something came: makes ready what waited for it. */
void um_waiting_wake(struct um_waiting *w, const struct um_name *name);

/** Takes the first item that is ready; returns owned, or NULL. */
struct um_waiting_item *um_waiting_take(struct um_waiting *w);

#endif
