/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Spans of time as people write them: 500ms, 30s, 10m, 2h, 7d. */
#ifndef UM_APP_SPAN_H
#define UM_APP_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/** Reads a span; digits alone are seconds. false: it is none, or longer than a
 * hundred years. */
bool um_span_parse(const char *text, uint64_t *ms);

/** The whole seconds of a span, for who counts in few bits: 23 days at most. */
unsigned um_span_seconds(uint64_t ms);

#endif
