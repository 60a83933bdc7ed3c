/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The certificates and scripts that a Unit holds. Unit replaces none of them:
 * a new one comes under a name that says what is in it, before the
 * configuration that names it; the one that it replaced goes afterwards.
 */
#ifndef UM_APPLIER_STOCK_H
#define UM_APPLIER_STOCK_H

#include "mesh/doc/bundles.h"
#include "mesh/base/result.h"
#include "mesh/applier/runner.h"
#include "mesh/unit/client.h"

/** Told once how it went; text says what is wrong, for people. */
typedef void um_stock_done(void *user, enum um_result outcome,
                           struct um_str text);

/** What is made of; borrows all until it is freed. */
struct um_stock_cfg {
    struct um_unit *unit;
    const struct um_log *log;
    um_stock_done *done;
    void *user;
};

struct um_stock;

/** A stock, which does one thing at a time. Owned; NULL: no memory. */
struct um_stock *um_stock_new(const struct um_stock_cfg *cfg);

/** Ends it; what is under way is told no more. Before its unit. */
void um_stock_free(struct um_stock *s);

/** The certificates and scripts of a configuration. */
struct um_stock_list {
    const struct um_runner_bundle *item;
    size_t count;
};

/**
 * Gives Unit what it does not hold yet. DONE: it holds all; REFUSED: one is
 * none, or this Unit takes no scripts.
 * @param list borrowed until it is done
 */
void um_stock_fill(struct um_stock *s, struct um_stock_list list);

/** What a sweep is to leave. */
struct um_stock_sweep {
    struct um_stock_list list; /**< what runs now */
    struct um_str now;         /**< the configuration that names it */
    struct um_str before;      /**< what Unit showed for the one before */
    struct um_str brought;     /**< the list of the one before, as written by
                                    um_stock_write() */
};

/** Writes what a list has, for a later sweep. @param out appended to */
void um_stock_write(struct um_stock_list list, struct um_buf *out);

/**
 * Takes away what was replaced: what has a name that says what is in it, is
 * neither in the list nor named by the configuration, and either was named by
 * the one before, or in its list, or is another edition of something in the
 * list. Always DONE; what Unit keeps, it keeps.
 * @param sweep what it points to is borrowed until it is done
 */
void um_stock_clear(struct um_stock *s, const struct um_stock_sweep *sweep);

/** Whether a sweep would take a name of that kind away; for tests too. */
bool um_stock_replaced(const struct um_stock_sweep *sweep,
                       enum um_bundle_kind kind, struct um_str name);

#endif
