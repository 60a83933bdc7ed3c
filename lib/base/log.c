/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formats a line and hands it to the application's sink. Bytes of a peer
 * that are not printable ASCII never reach a terminal as they are. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_BYTES 512

static void sanitize(char *line)
{
    for (unsigned char *c = (unsigned char *)line; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7e) {
            *c = '?';
        }
    }
}

void p2p__log(const struct p2p__logger *log, enum p2p__log_level level,
              const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    va_start(args, format);
    if (vsnprintf(line, sizeof line, format, args) < 0) {
        line[0] = '\0';
    }
    va_end(args);
    sanitize(line);
    log->sink(log->user, level, line);
}
