/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One write a line, so that lines of several programs do not mix. */
#include "mesh/base/log.h"

#include <stdarg.h>
#include <time.h>

#define LINE_BYTES 1024

static const char *const names[] = {"error", "warn", "info", "debug", "trace"};

/* UTC with milliseconds. */
static void stamp(char *buf, size_t cap)
{
    struct timespec ts;
    struct tm tm;
    size_t n;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    (void)gmtime_r(&ts.tv_sec, &tm);
    n = strftime(buf, cap, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(buf + n, cap - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

/* Control characters of a peer must not move anybody's cursor. */
static void harmless(char *line)
{
    for (unsigned char *c = (unsigned char *)line; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

static void put_json(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            (void)fputc('\\', out);
        }
        (void)fputc(*c, out);
    }
}

void um_log(const struct um_log *log, enum um_log_level level,
            const char *format, ...)
{
    char line[LINE_BYTES], when[40];
    va_list args;

    if (log == NULL || level > log->level) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    harmless(line);
    stamp(when, sizeof when);
    if (log->json) {
        (void)fprintf(log->out, "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":\"",
                      when, names[level]);
        put_json(log->out, line);
        (void)fputs("\"}\n", log->out);
    } else {
        (void)fprintf(log->out, "%s %-5s %s\n", when, names[level], line);
    }
    (void)fflush(log->out);
}
