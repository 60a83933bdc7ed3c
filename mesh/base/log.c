/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Formats a line; the sink writes it. */
#include "mesh/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_BYTES 1024

/* Bytes of the UTF-8 character that begins here, or 0: it is none. */
static size_t character(const unsigned char *c)
{
    size_t n = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;

    if (*c < 0xc2 || *c > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

/* Control characters of a peer must not move anybody's cursor: those of ASCII,
 * those of Latin 1 (in UTF-8, c2 80 to c2 9f), and bytes that are no text. */
static void harmless(char *line)
{
    unsigned char *c = (unsigned char *)line;

    while (*c != '\0') {
        size_t n = *c < 0x80 ? 1 : character(c);

        if (n == 0 || *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0)) {
            *c = '?';
            n = 1;
        }
        c += n;
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
