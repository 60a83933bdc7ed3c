/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The families of metrics that GET /metrics tells, in one table. */
#ifndef UM_APP_FAMILIES_H
#define UM_APP_FAMILIES_H

#include "mesh/app/exposition.h"
#include "mesh/app/measured.h"

struct um_scrape;

/** A number of the snapshot. */
struct um_family_field {
    size_t at;   /**< in struct um_measured */
    size_t size; /**< 4 or 8 */
};

/** One of those that a label tells apart. */
struct um_family_part {
    const char *value;
    struct um_family_field field;
};

/** When a family is told. */
enum um_family_when {
    UM_WHEN_ALWAYS,
    UM_WHEN_MESH,  /**< in a mesh, waiting to be let in too */
    UM_WHEN_UNIT,  /**< there is a Unit */
    UM_WHEN_SEEN,  /**< it has said something of itself */
    UM_WHEN_GUEST, /**< in the article's mode */
    UM_WHEN_ROUTER /**< the router is asked to let peers in */
};

/** A family, and where its samples are: a field, fields by a label, or a
 * function that puts them. Spans in fields are ms. */
struct um_family {
    struct um_metric metric;
    const char *labels; /**< for people; of parts: the label */
    enum um_family_when when;
    struct um_family_field field;
    const struct um_family_part *parts;
    size_t parts_n;
    void (*put)(struct um_scrape *s);
};

#define UM_FAMILIES 67U
extern const struct um_family um_families_all[UM_FAMILIES];

#endif
