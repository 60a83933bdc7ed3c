/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One write a line, so that lines of several programs do not mix. */
#include "mesh/app/journal.h"

#include <stdio.h>
#include <time.h>

#include "mesh/base/buf.h"

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

static void write_out(struct um_buf *b)
{
    (void)fwrite(b->p, 1, b->len, stderr);
    um_buf_fini(b);
}

static void text_sink(void *user, enum um_log_level level, const char *line)
{
    struct um_buf b = UM_BUF_INIT;
    char when[40];

    (void)user;
    stamp(when, sizeof when);
    um_buf_fmt(&b, "%s %-5s %s\n", when, names[level], line);
    write_out(&b);
}

static void json_sink(void *user, enum um_log_level level, const char *line)
{
    struct um_buf b = UM_BUF_INIT;
    char when[40];

    (void)user;
    stamp(when, sizeof when);
    um_buf_fmt(&b, "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":\"", when,
               names[level]);
    for (const char *c = line; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            um_buf_byte(&b, '\\');
        }
        um_buf_byte(&b, *c);
    }
    um_buf_text(&b, "\"}\n");
    write_out(&b);
}

void um_journal_init(struct um_log *log, enum um_log_level level, bool json)
{
    *log =
        (struct um_log){.level = level, .sink = json ? json_sink : text_sink};
}
