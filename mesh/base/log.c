/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formats a line; the sink writes it. */
#include "mesh/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "mesh/base/utf8.h"

#define LINE_BYTES 1024

bool um_log_takes(const struct um_log *log, enum um_log_level level)
{
    return log != NULL && log->sink != NULL && level <= log->level;
}

static void put(const struct um_log *log, enum um_log_level level,
                const struct um_log_field *fields, const char *format,
                va_list args)
{
    char line[LINE_BYTES];

    (void)vsnprintf(line, sizeof line, format, args);
    um_utf8_harmless(line); /* it may hold what a peer said */
    if (fields != NULL && log->full != NULL) {
        log->full(log->user, level, line, fields);
    } else {
        log->sink(log->user, level, line);
    }
}

void um_log_line(const struct um_log *log, enum um_log_level level,
                 const char *format, ...)
{
    va_list args;

    if (um_log_takes(log, level)) {
        va_start(args, format);
        put(log, level, NULL, format, args);
        va_end(args);
    }
}

void um_log_with(const struct um_log *log, enum um_log_level level,
                 const struct um_log_field *fields, const char *format, ...)
{
    va_list args;

    if (um_log_takes(log, level)) {
        va_start(args, format);
        put(log, level, fields, format, args);
        va_end(args);
    }
}
