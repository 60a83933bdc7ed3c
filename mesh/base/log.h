/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The daemon's log: lines for people, or JSON objects for programs. Text from
 * peers is made harmless for terminals.
 */
#ifndef UM_BASE_LOG_H
#define UM_BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

/** How much a line matters; the numbers are those of p2p's log. */
enum um_log_level {
    UM_LOG_ERROR,
    UM_LOG_WARN,
    UM_LOG_INFO,
    UM_LOG_DEBUG,
    UM_LOG_TRACE
};

/** Where lines go. */
struct um_log {
    FILE *out;               /**< borrowed */
    enum um_log_level level; /**< lines above it are not made */
    bool json;
};

/**
 * Writes one line of at most 1,023 bytes, printf style.
 * @param log borrows; NULL: nowhere
 */
void um_log(const struct um_log *log, enum um_log_level level,
            const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
