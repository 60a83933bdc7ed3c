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

void um_log_line(const struct um_log *log, enum um_log_level level,
                 const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    if (!um_log_takes(log, level)) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    um_utf8_harmless(line); /* it may hold what a peer said */
    log->sink(log->user, level, line);
}
