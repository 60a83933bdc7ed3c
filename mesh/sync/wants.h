/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The names that one side of a session still has to ask for, and those that it
 * asked for and waits for, in one row: done, asked, to be asked.
 */
#ifndef UM_SYNC_WANTS_H
#define UM_SYNC_WANTS_H

#include "mesh/trust/name.h"

/** The most names that wait in a row; a peer that lists more has them asked for
 * in the next round. */
#define UM__CAP_SYNC_WANTED 65536U

/** All zero is an empty row; members are private. */
struct um_wants {
    struct um_name *names;
    size_t n;
    size_t cap;
    size_t asked; /* those before it were asked for */
    size_t done;  /* those before it were answered */
};

/** What needs not be asked for: which items are here. */
struct um_wants_has {
    bool (*has)(const void *user, const struct um_name *id);
    const void *user;
};

/** Frees it. */
void um_wants_fini(struct um_wants *w);

/** Adds a name. Errors: P2P_ELIMIT (there are too many), P2P_ENOMEM. */
int um_wants_add(struct um_wants *w, const struct um_name *id);

/** Whether some are still to be asked for. */
static inline bool um_wants_more(const struct um_wants *w)
{
    return w->asked < w->n;
}

/** Whether nothing is left to be asked for or to come. */
static inline bool um_wants_empty(const struct um_wants *w)
{
    return w->done == w->n;
}

/**
 * Takes up to `max` names, to be asked for now; those that are here by now are
 * left out.
 * @return the names, valid until the next call on w; none if none are left
 */
struct um_namelist um_wants_take(struct um_wants *w, size_t max,
                                 struct um_wants_has has);

/** The name that is to be answered next. One was asked for. */
const struct um_name *um_wants_head(const struct um_wants *w);

/** That one was answered. */
void um_wants_done(struct um_wants *w);

#endif
