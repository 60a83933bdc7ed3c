/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See journal.h. One write or datagram a line, so that lines of several
 * programs do not mix. Failure mode: a journal that takes nothing now; the line
 * goes to standard error then, which waits, so that nothing is lost.
 */
#include "mesh/app/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mesh/base/buf.h"

#define PREFIX "UNITMESH_"

static const char *const names[] = {"error", "warn", "info", "debug", "trace"};

/* As syslog(3) counts. */
static const char priorities[] = {'3', '4', '6', '7', '7'};

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

static void write_text(enum um_log_level level, const char *line,
                       struct um_buf *b)
{
    char when[40];

    stamp(when, sizeof when);
    um_buf_fmt(b, "%s %-5s %s\n", when, names[level], line);
}

/* A text inside of quotes; of control characters there are none. */
static void quoted(struct um_buf *b, const char *text)
{
    um_buf_byte(b, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            um_buf_byte(b, '\\');
        }
        um_buf_byte(b, *c);
    }
    um_buf_byte(b, '"');
}

/* A field as a member: UNITMESH_PEER is "peer". */
static void member(struct um_buf *b, const char *name, const char *value)
{
    size_t skip =
        strncmp(name, PREFIX, sizeof PREFIX - 1) == 0 ? sizeof PREFIX - 1 : 0;

    um_buf_text(b, ",\"");
    for (const char *c = name + skip; *c != '\0'; c++) {
        um_buf_byte(b, um_ascii_lower(*c));
    }
    um_buf_text(b, "\":");
    quoted(b, value);
}

/* NAME=VALUE; lines have no end inside of them. */
static void pair(struct um_buf *b, const char *name, const char *value)
{
    um_buf_text(b, name);
    um_buf_byte(b, '=');
    um_buf_text(b, value);
    um_buf_byte(b, '\n');
}

static void each(struct um_buf *b, const struct um_journal *j,
                 const struct um_log_field *fields,
                 void (*put)(struct um_buf *b, const char *name,
                             const char *value))
{
    if (j->node[0] != '\0') {
        put(b, PREFIX "NODE", j->node);
    }
    for (size_t i = 0; fields != NULL && i < UM_LOG_FIELDS; i++) {
        if (fields[i].value != NULL) {
            put(b, fields[i].name, fields[i].value);
        }
    }
}

static void write_json(const struct um_journal *j, enum um_log_level level,
                       const char *line, const struct um_log_field *fields,
                       struct um_buf *b)
{
    char when[40];

    stamp(when, sizeof when);
    um_buf_fmt(b, "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":", when,
               names[level]);
    quoted(b, line);
    each(b, j, fields, member);
    um_buf_text(b, "}\n");
}

/* Whether the journal has it. */
static bool send_native(struct um_journal *j, enum um_log_level level,
                        const char *line, const struct um_log_field *fields)
{
    const char priority[] = {priorities[level], '\0'};
    struct um_buf b = UM_BUF_INIT;
    bool sent;

    pair(&b, "MESSAGE", line);
    pair(&b, "PRIORITY", priority);
    pair(&b, "SYSLOG_IDENTIFIER", "unitmesh");
    each(&b, j, fields, pair);
    sent = !um_buf_failed(&b) && um_dgram_send(&j->socket, b.p, b.len);
    um_buf_fini(&b);
    return sent;
}

static void full(void *user, enum um_log_level level, const char *line,
                 const struct um_log_field *fields)
{
    struct um_journal *j = user;
    struct um_buf b = UM_BUF_INIT;

    if (j->format == UM_JOURNAL_NATIVE && send_native(j, level, line, fields)) {
        return;
    }
    if (j->format == UM_JOURNAL_JSON) {
        write_json(j, level, line, fields, &b);
    } else {
        write_text(level, line, &b);
    }
    (void)fwrite(b.p, 1, b.len, stderr);
    um_buf_fini(&b);
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    full(user, level, line, NULL);
}

bool um_journal_is_stderr(void)
{
    const char *text = getenv("JOURNAL_STREAM");
    uintmax_t dev, inode;
    struct stat st;
    char *end;

    if (text == NULL || fstat(STDERR_FILENO, &st) != 0) {
        return false;
    }
    dev = strtoumax(text, &end, 10);
    if (*end != ':') {
        return false;
    }
    inode = strtoumax(end + 1, &end, 10);
    return *end == '\0' && dev == (uintmax_t)st.st_dev &&
           inode == (uintmax_t)st.st_ino;
}

void um_journal_open(struct um_journal *j, struct um_log *log,
                     enum um_journal_format format, const char *at)
{
    bool asked = format == UM_JOURNAL_NATIVE;

    *j = (struct um_journal){.format = format, .socket = {.fd = -1}};
    log->user = j;
    log->sink = sink;
    log->full = full;
    if (!asked && format != UM_JOURNAL_FOUND) {
        return;
    }
    j->format =
        (asked || um_journal_is_stderr()) && um_dgram_open(&j->socket, at)
            ? UM_JOURNAL_NATIVE
            : UM_JOURNAL_TEXT;
    if (asked && j->format == UM_JOURNAL_TEXT) {
        um_log_line(log, UM_LOG_WARN,
                    "the journal does not listen at %s: lines go to standard "
                    "error",
                    at);
    }
}

void um_journal_name(struct um_journal *j, const char *node)
{
    (void)snprintf(j->node, sizeof j->node, "%s", node);
}

void um_journal_close(struct um_journal *j)
{
    um_dgram_close(&j->socket);
    if (j->format == UM_JOURNAL_NATIVE) {
        j->format = UM_JOURNAL_TEXT;
    }
}
