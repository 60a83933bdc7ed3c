/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The text of GET /metrics: OpenMetrics 1.0.0, or the text format 0.0.4 of
 * Prometheus, of one table. A family is begun, then its samples come; one that
 * has none is not told of.
 */
#ifndef UM_APP_EXPOSITION_H
#define UM_APP_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/base/buf.h"
#include "mesh/base/histogram.h"

/** Bytes of a label's value; a longer one is cut. */
#define UM_EXPOSITION_LABEL_BYTES 128U

/** What a family is. */
enum um_metric_type {
    UM_METRIC_GAUGE,
    UM_METRIC_COUNTER, /**< its samples end in _total */
    UM_METRIC_HISTOGRAM,
    UM_METRIC_STATESET, /**< one of its samples is 1; the label is its name */
    UM_METRIC_INFO      /**< its sample ends in _info, and is 1 */
};

/** A family; texts are constant. */
struct um_metric {
    const char *name; /**< without _total or _info */
    enum um_metric_type type;
    const char *unit; /**< "seconds", "bytes", by which the name ends; "" */
    const char *help;
};

/** A label of a sample. */
struct um_exposition_label {
    const char *name; /**< constant */
    struct um_str value;
};

/** A text under construction. */
struct um_exposition {
    struct um_buf buf;
    bool open; /**< OpenMetrics; else Prometheus */
    const struct um_metric *family;
    bool told; /**< the family's head was */
};

/** Which of the two a client asks for by its Accept header; NULL: it has none.
 * @return true: OpenMetrics, also when both are as welcome, or neither */
bool um_exposition_wants_open(const char *accept);

/** The Content-Type of one. */
const char *um_exposition_type(bool open);

/** Begins a text. */
void um_exposition_init(struct um_exposition *e, bool open);

/** Begins a family; borrows it until the next. */
void um_exposition_family(struct um_exposition *e, const struct um_metric *m);

/** A sample of it: of a gauge, counter, state set or info. */
void um_exposition_put(struct um_exposition *e,
                       const struct um_exposition_label *labels, size_t n,
                       uint64_t value);

/** The same of thousandths: 1500 is 1.5. */
void um_exposition_milli(struct um_exposition *e,
                         const struct um_exposition_label *labels, size_t n,
                         uint64_t thousandths);

/** All samples of a histogram without labels, in seconds. */
void um_exposition_histogram(struct um_exposition *e,
                             const struct um_histogram *h);

/** Ends the text. Valid until fini; p NULL: memory was out. */
struct um_str um_exposition_finish(struct um_exposition *e);

/** Frees it. */
void um_exposition_fini(struct um_exposition *e);

#endif
