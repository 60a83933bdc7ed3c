/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What is being told at GET /metrics: the text, and what it is made of.
 */
#ifndef UM_APP_SCRAPE_H
#define UM_APP_SCRAPE_H

#include "mesh/app/exposition.h"
#include "mesh/app/measured.h"
#include "mesh/unit/figures.h"

/** One scrape. */
struct um_scrape {
    struct um_daemon *d;
    struct um_exposition e;
    struct um_measured m;
    struct um_arena arena; /**< what the figures are in */
    struct um_figures figures;
    bool has_figures;
    uint64_t figures_age_ms;
};

#endif
