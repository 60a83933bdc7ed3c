/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See audit.h. The number of a line is the time in ms, or one more than that of
 * the line before. Failure modes: a disk that is full loses lines, which is
 * said once; the end of a line that a crash cut off is given an end, and is not
 * shown.
 */
#include "mesh/app/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mesh/app/json.h"

#define FILE_NAME "audit.log"
#define OLD_NAME  "audit.log.1"

/* How each line begins. */
#define HEAD "{\"number\":"

/* How long a refusal takes up room. */
#define REFILL_MS 1000U

static void complain(struct um_audit *a, const char *what)
{
    if (!a->failing) {
        um_log_line(a->log, UM_LOG_ERROR,
                    "the audit log cannot be %s: %s; what happens is not noted "
                    "there",
                    what, strerror(errno));
        a->failing = true;
    }
}

/* All of a file; p NULL: there is none. Owned. */
static struct um_buf load(int dir, const char *name)
{
    struct um_buf b = UM_BUF_INIT;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n = 1;

    while (fd >= 0 && n > 0 && b.len <= UM__CAP_AUDIT_BYTES) {
        char *room = um_buf_reserve(&b, 65536);

        n = room != NULL ? read(fd, room, 65536) : -1;
        b.len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return b;
}

/* The line at the beginning of a text, without its end. */
static struct um_str line_of(struct um_str text)
{
    return um_str_head(text, um_str_find(text, '\n'));
}

/* The number of a line; 0: it is none, or it was cut off. */
static uint64_t number_of(struct um_str line)
{
    struct um_str rest = um_str_skip(line, sizeof HEAD - 1);
    int64_t n;

    if (!um_str_starts(line, UM_STR(HEAD)) || !um_str_ends(line, UM_STR("}"))) {
        return 0;
    }
    n = um_str_decimal(um_str_head(rest, um_str_find(rest, ',')));
    return n > 0 ? (uint64_t)n : 0;
}

/* Where a file went on; 0: it has nothing. *cut: its last line has no end. */
static uint64_t last_number(int dir, const char *name, bool *cut)
{
    struct um_buf b = load(dir, name);
    struct um_str rest = um_buf_view(&b);
    uint64_t last = 0;

    *cut = rest.len > 0 && rest.p[rest.len - 1] != '\n';
    while (rest.len > 0) {
        struct um_str line = line_of(rest);
        uint64_t n = number_of(line);

        last = n > last ? n : last;
        rest = um_str_skip(rest, line.len + 1);
    }
    um_buf_fini(&b);
    return last;
}

static void open_file(struct um_audit *a)
{
    struct stat st;

    a->fd =
        openat(a->dir, FILE_NAME,
               O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (a->fd < 0 || fstat(a->fd, &st) != 0 || fchmod(a->fd, 0640) != 0) {
        complain(a, "opened");
        um_audit_close(a);
        return;
    }
    a->size = (uint64_t)st.st_size;
}

void um_audit_open(struct um_audit *a, int dir, const struct um_log *log)
{
    bool cut, old_cut;

    *a = (struct um_audit){.dir = dir, .fd = -1, .log = log};
    a->last = last_number(dir, FILE_NAME, &cut);
    if (a->last == 0) { /* it began anew just now */
        a->last = last_number(dir, OLD_NAME, &old_cut);
    }
    open_file(a);
    if (a->fd >= 0 && cut && write(a->fd, "\n", 1) == 1) {
        a->size++;
    }
}

void um_audit_close(struct um_audit *a)
{
    if (a->fd >= 0) {
        (void)close(a->fd);
    }
    a->fd = -1;
}

/* Whether there is room for one more that was refused. */
static bool has_room(struct um_audit *a, uint64_t wall_ms)
{
    uint64_t n =
        wall_ms > a->refused_ms ? (wall_ms - a->refused_ms) / REFILL_MS : 0;

    a->refused -= n < a->refused ? (unsigned)n : a->refused;
    if (n > 0 || wall_ms < a->refused_ms) { /* a clock may be set back */
        a->refused_ms = wall_ms;
    }
    if (a->refused >= UM__CAP_AUDIT_REFUSED) {
        a->left_out++;
        return false;
    }
    a->refused++;
    return true;
}

static void stamp(uint64_t wall_ms, char out[40])
{
    time_t s = (time_t)(wall_ms / 1000);
    struct tm tm;
    size_t n;

    (void)gmtime_r(&s, &tm);
    n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + n, 40 - n, ".%03uZ", (unsigned)(wall_ms % 1000));
}

static void text(struct um_json *j, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        um_json_text(j, key, value);
    }
}

static void put(struct um_json *j, uint64_t wall_ms, const struct um_audit *a,
                const struct um_audit_entry *e)
{
    char when[40];

    stamp(wall_ms, when);
    um_json_uint(j, "number", a->last);
    um_json_text(j, "time", when);
    um_json_text(j, "action", e->action);
    um_json_text(j, "outcome", e->refused ? "refused" : "accepted");
    um_json_text(j, "via", e->via);
    if (e->has_uid) {
        um_json_uint(j, "uid", e->uid);
        um_json_uint(j, "pid", e->pid > 0 ? (uint64_t)e->pid : 0);
    }
    text(j, "addr", e->addr);
    text(j, "peer", e->peer);
    text(j, "signer", e->signer);
    text(j, "name", e->name);
    text(j, "about", e->about);
    text(j, "policy", e->policy);
    text(j, "message", e->message);
    if (e->status != 0) {
        um_json_uint(j, "status", e->status);
    }
    text(j, "reason", e->reason);
    if (a->left_out > 0) {
        um_json_uint(j, "left_out", a->left_out);
    }
}

/* Begins anew when it is full. */
static void turn_over(struct um_audit *a, size_t len)
{
    if (a->size + len <= UM__CAP_AUDIT_BYTES) {
        return;
    }
    um_audit_close(a);
    if (renameat(a->dir, FILE_NAME, a->dir, OLD_NAME) != 0) {
        (void)unlinkat(a->dir, FILE_NAME, 0); /* better than without an end */
    }
    open_file(a);
}

static void append(struct um_audit *a, const char *line, size_t len)
{
    ssize_t n;

    turn_over(a, len);
    n = a->fd >= 0 ? write(a->fd, line, len) : 0;
    if (n == (ssize_t)len) {
        a->size += len;
        a->failing = false;
        a->left_out = 0;
    } else if (a->fd >= 0) {
        errno = n < 0 ? errno : ENOSPC;
        complain(a, "written");
        if (n > 0 && ftruncate(a->fd, (off_t)a->size) != 0) {
            a->size += (uint64_t)n; /* else no half of a line stays */
        }
    }
}

/* The same for who reads the log. */
static void log_it(const struct um_audit *a, const struct um_audit_entry *e)
{
    const struct um_log_field fields[UM_LOG_FIELDS] = {
        {"AUDIT", e->refused ? "refused" : "accepted"},
        {"UNITMESH_PEER", e->signer != NULL ? e->signer : e->peer},
        {"UNITMESH_REVISION", e->policy != NULL ? e->about : NULL},
        {NULL, NULL}};
    char who[160] = "";

    if (e->has_uid) {
        (void)snprintf(who, sizeof who, " by uid %" PRIu32 ", process %" PRId32,
                       e->uid, e->pid);
    } else if (e->addr != NULL || e->signer != NULL) {
        (void)snprintf(who, sizeof who, " by %s",
                       e->signer != NULL ? e->signer : e->addr);
    }
    um_log_with(a->log, e->refused ? UM_LOG_WARN : UM_LOG_INFO, fields,
                "audit: %s%s%s%s (%s): %s%s%s", e->action,
                e->about != NULL ? " " : "", e->about != NULL ? e->about : "",
                who, e->via, e->refused ? "refused" : "accepted",
                e->reason != NULL ? ": " : "",
                e->reason != NULL ? e->reason : "");
}

void um_audit_note(struct um_audit *a, uint64_t wall_ms,
                   const struct um_audit_entry *e)
{
    struct um_json j;
    const char *line;
    size_t len;

    if (e->refused && !has_room(a, wall_ms)) {
        return;
    }
    a->last = wall_ms > a->last ? wall_ms : a->last + 1;
    um_json_init(&j);
    put(&j, wall_ms, a, e);
    line = um_json_finish(&j, &len);
    append(a, line, len);
    um_json_fini(&j);
    log_it(a, e);
}

/* ---- reading */

/* The first byte of the last `limit` lines; *n how many there are. */
static size_t count(struct um_str all, uint64_t since, size_t *n)
{
    size_t at = 0, first = all.len;

    *n = 0;
    while (at < all.len) {
        struct um_str line = line_of(um_str_skip(all, at));

        if (number_of(line) > since) {
            first = *n == 0 ? at : first;
            (*n)++;
        }
        at += line.len + 1;
    }
    return first;
}

size_t um_audit_read(const struct um_audit *a, uint64_t since, uint64_t limit,
                     struct um_buf *out, bool *more)
{
    struct um_buf all = load(a->dir, OLD_NAME), fresh = load(a->dir, FILE_NAME);
    struct um_str rest;
    size_t n, skip, shown = 0;

    um_buf_str(&all, um_buf_view(&fresh));
    um_buf_fini(&fresh);
    rest = um_buf_view(&all);
    rest = um_str_skip(rest, count(rest, since, &n));
    limit = limit < UM__CAP_AUDIT_SHOWN ? limit : UM__CAP_AUDIT_SHOWN;
    *more = n > limit;
    skip = since == 0 && n > limit ? n - limit : 0;
    while (rest.len > 0 && shown < limit) {
        struct um_str line = line_of(rest);

        rest = um_str_skip(rest, line.len + 1);
        if (number_of(line) <= since) {
            continue;
        }
        if (skip > 0) {
            skip--;
            continue;
        }
        um_buf_text(out, shown > 0 ? "," : "");
        um_buf_str(out, line);
        shown++;
    }
    um_buf_fini(&all);
    return shown;
}
