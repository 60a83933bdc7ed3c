/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Items that wait for others on which they depend. Only so many of a peer: of
 * those beyond, none is lost, since the sets are compared again later.
 */
#ifndef UM_MODEL_UNMET_H
#define UM_MODEL_UNMET_H

#include "mesh/trust/roster.h"

/** The most items of one peer that wait, and their bytes; more are left out,
 * and come again when the sets are next compared. */
#define UM__CAP_UNMET_ITEMS 4096U
#define UM__CAP_UNMET_BYTES (4U << 20)

/** How long an item waits before it is left out. */
#define UM__CAP_UNMET_MS 60000U

/** An item that waits. */
struct um_unmet_item {
    enum um_kind kind;
    bool asked; /**< the need was told */
    struct um_name id;
    struct um_name from;
    struct um_need need;
    uint64_t since_ms;
    struct um_str envelope; /**< its own */
};

/** What is looked at of each item, side by side. */
struct um_unmet_slot {
    uint64_t need; /* beginnings of names */
    uint64_t id;
    uint64_t from;
    struct um_unmet_item *item;
    bool called; /* what it waited for has come */
};

/** All zero is empty. In the order of arrival. */
struct um_unmet {
    struct um_unmet_slot *list;
    size_t n;
    size_t cap;
    size_t called_n;
    size_t left_out; /**< how many, ever */
};

/** Frees it. */
void um_unmet_fini(struct um_unmet *w);

/**
 * Lets an item wait, if it does not yet.
 * @param like borrows; it is copied, the envelope too
 * @return 0, P2P_EDUP, P2P_ELIMIT (left out), P2P_ENOMEM
 */
int um_unmet_add(struct um_unmet *w, const struct um_unmet_item *like);

/** Calls the items that wait for something with this name. */
void um_unmet_call(struct um_unmet *w, enum um_need_what what,
                   const struct um_name *name);

/** Takes the first item that was called out of it; NULL: none is. Returns
 * owned: um_unmet_free() it. */
struct um_unmet_item *um_unmet_take(struct um_unmet *w);

/** Frees an item that was taken. */
void um_unmet_free(struct um_unmet_item *it);

/** Whether an item with this id waits. */
bool um_unmet_has(const struct um_unmet *w, const struct um_name *id);

/** Leaves out what has waited since before a moment. */
void um_unmet_expire(struct um_unmet *w, uint64_t before_ms);

#endif
