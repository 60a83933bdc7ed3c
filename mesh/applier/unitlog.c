/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See unitlog.h. The file is looked at anew each time, because it is rotated: a
 * log that is shorter than it was is read from its beginning. Failure mode:
 * nothing is read.
 */
#include "mesh/applier/unitlog.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/base/utf8.h"

#define DIGITS "0123456789"

/* Opens the log; -1: there is none. A pipe is not waited for. */
static int open_log(const char *path, uint64_t *size)
{
    struct stat st;
    int fd = path != NULL
                 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
                 : -1;

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        (void)close(fd);
        fd = -1;
    }
    *size = fd >= 0 ? (uint64_t)st.st_size : 0;
    return fd;
}

uint64_t um_unitlog_size(const char *path)
{
    uint64_t size;
    int fd = open_log(path, &size);

    if (fd >= 0) {
        (void)close(fd);
    }
    return size;
}

/* How many of the bytes at a place are one of a set. */
static size_t span(struct um_str s, size_t at, const char *set)
{
    size_t n = 0;

    while (at + n < s.len && strchr(set, s.p[at + n]) != NULL &&
           s.p[at + n] != '\0') {
        n++;
    }
    return n;
}

/* Where what Unit has to say begins, behind when and who it is: in
 * "2026/11/26 16:14:21 [alert] 31571#31571 *7 bind() failed" at "bind". Another
 * line is as it is. */
static size_t message_at(struct um_str line)
{
    size_t at = span(line, 0, DIGITS "/: ");
    size_t level = um_str_find(um_str_skip(line, at), ']'), id;

    if (at < sizeof "2026/11/26 16:14:21" || at >= line.len ||
        line.p[at] != '[' || at + level + 2 > line.len) {
        return 0;
    }
    at += level + 2;
    id = span(line, at, DIGITS "#*");
    while (id > 0 && at + id < line.len && line.p[at + id] == ' ') {
        at += id + 1;
        id = span(line, at, "*") > 0 ? span(line, at, DIGITS "*") : 0;
    }
    return at;
}

/* Whether a line is among those from a place on. */
static bool is_said(const struct um_buf *out, size_t from, const char *text)
{
    struct um_str all = um_str_skip(um_buf_view(out), from);
    size_t len = strlen(text);

    while (all.len >= len + 2) {
        all = um_str_skip(all, 2);
        if (memcmp(all.p, text, len) == 0 &&
            (all.len == len ||
             (all.len >= len + 2 && memcmp(all.p + len, "; ", 2) == 0))) {
            return true;
        }
        while (all.len >= 2 && memcmp(all.p, "; ", 2) != 0) {
            all = um_str_skip(all, 1);
        }
    }
    return false;
}

/* Adds a line's message, if those from a place on lack it: what Unit was asked
 * for several times failed as often. */
static void add_line(struct um_buf *out, size_t from, struct um_str line)
{
    struct um_str say = um_str_skip(line, message_at(line));
    char text[UM__CAP_UNITLOG_BYTES + 1];

    memcpy(text, say.p, say.len);
    for (size_t i = 0; i < say.len; i++) {
        text[i] = text[i] == '\0' ? '?' : text[i];
    }
    text[say.len] = '\0';
    um_utf8_harmless(text);
    if (text[0] == '\0' || (!um_buf_failed(out) && is_said(out, from, text))) {
        return;
    }
    um_buf_text(out, "; ");
    um_buf_text(out, text);
}

void um_unitlog_tail(const char *path, uint64_t since, struct um_buf *out)
{
    char tail[UM__CAP_UNITLOG_BYTES];
    uint64_t size, from;
    int fd = open_log(path, &size);
    struct um_str s = {tail, 0};
    size_t before = out->len;
    ssize_t n;

    if (fd < 0) {
        return;
    }
    from = since <= size ? since : 0;
    if (size - from > sizeof tail) {
        from = size - sizeof tail;
    }
    n = pread(fd, tail, sizeof tail, (off_t)from);
    (void)close(fd);
    s.len = n > 0 ? (size_t)n : 0;
    if (from > 0 && from != since) { /* the first line is cut off */
        s = um_str_skip(s, um_str_find(s, '\n') + 1);
    }
    while (s.len > 0) {
        size_t len = um_str_find(s, '\n');

        if (len > 0) {
            add_line(out, before, um_str_n(s.p, len));
        }
        s = um_str_skip(s, len + 1);
    }
}
