/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The figures of a Unit's GET /status. */
#ifndef UM_UNIT_FIGURES_H
#define UM_UNIT_FIGURES_H

#include <stdbool.h>

#include "mesh/doc/value.h"

/** A figure; false: Unit does not tell it. */
struct um_figure {
    bool told;
    uint64_t n;
};

/** What Unit tells of all that it does. */
struct um_figures {
    struct um_figure accepted; /**< connections, since it began */
    struct um_figure closed;
    struct um_figure active; /**< now */
    struct um_figure idle;
    struct um_figure requests; /**< since it began */
    const struct um_val *apps; /**< an object by name; NULL: not told */
};

/** What it tells of one application. */
struct um_figures_app {
    struct um_str name;
    struct um_figure running; /**< processes */
    struct um_figure starting;
    struct um_figure idle;
    struct um_figure requests; /**< under way */
};

/**
 * Reads what Unit said; what is none of it, or not a number, is not told.
 * @param body borrows; in the arena, and in what comes out, it stays
 * @return whether it could be read
 */
bool um_figures_read(struct um_arena *a, struct um_str body,
                     struct um_figures *out);

/** The i-th application; false: there is none. */
bool um_figures_app(const struct um_figures *f, size_t i,
                    struct um_figures_app *out);

#endif
