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

static void add_line(struct um_buf *out, const char *line, size_t len)
{
    char text[UM__CAP_UNITLOG_BYTES + 1];

    memcpy(text, line, len);
    for (size_t i = 0; i < len; i++) {
        text[i] = text[i] == '\0' ? '?' : text[i];
    }
    text[len] = '\0';
    um_utf8_harmless(text);
    um_buf_text(out, "; ");
    um_buf_text(out, text);
}

void um_unitlog_tail(const char *path, uint64_t since, struct um_buf *out)
{
    char tail[UM__CAP_UNITLOG_BYTES];
    uint64_t size, from;
    int fd = open_log(path, &size);
    struct um_str s = {tail, 0};
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
            add_line(out, s.p, len);
        }
        s = um_str_skip(s, len + 1);
    }
}
