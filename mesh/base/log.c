/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formats a line; the sink writes it. */
#include "mesh/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_BYTES 1024

/* Control characters of a peer must not move anybody's cursor. */
static void harmless(char *line)
{
    for (unsigned char *c = (unsigned char *)line; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

void um_log_line(const struct um_log *log, enum um_log_level level,
                 const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    if (log == NULL || log->sink == NULL || level > log->level) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    harmless(line);
    log->sink(log->user, level, line);
}
