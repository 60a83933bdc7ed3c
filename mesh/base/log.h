/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The daemon's log, seen from the parts that write to it: a level and a sink.
 * Text from peers is made harmless for terminals.
 */
#ifndef UM_BASE_LOG_H
#define UM_BASE_LOG_H

#include <stdbool.h>

/** How much a line matters; the numbers are those of p2p's log. */
enum um_log_level {
    UM_LOG_ERROR,
    UM_LOG_WARN,
    UM_LOG_INFO,
    UM_LOG_DEBUG,
    UM_LOG_TRACE
};

/** The most that a line may say beside its text. */
#define UM_LOG_FIELDS 4

/** What a program reads of a line: a name in capitals, as the journal's are. */
struct um_log_field {
    const char *name;  /**< "UNITMESH_PEER" */
    const char *value; /**< NULL: it is left out */
};

/** Where lines go. */
struct um_log {
    enum um_log_level level; /**< lines above it are not made */
    void *user;              /**< of the sink; borrowed */
    /** Takes one line without its end; valid until the call returns. */
    void (*sink)(void *user, enum um_log_level level, const char *line);
    /** The same with fields, as many as UM_LOG_FIELDS; NULL: they are dropped,
     * and the line is the sink's. */
    void (*full)(void *user, enum um_log_level level, const char *line,
                 const struct um_log_field *fields);
};

/** Whether lines of a level go anywhere, for who would make much of them. */
bool um_log_takes(const struct um_log *log, enum um_log_level level);

/**
 * Makes one line of at most 1,023 bytes, printf style.
 * @param log borrows; NULL: nowhere
 */
void um_log_line(const struct um_log *log, enum um_log_level level,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/**
 * The same with fields.
 * @param fields borrows UM_LOG_FIELDS of them; those without a value do not
 *               count
 */
void um_log_with(const struct um_log *log, enum um_log_level level,
                 const struct um_log_field *fields, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
