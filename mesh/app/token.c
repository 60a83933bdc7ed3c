/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* 32 bytes of the kernel's random numbers, as hexadecimal and a newline. */
#include "mesh/app/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/rest/secret.h"

#define FILE_NAME    "rest.token"
#define RANDOM_BYTES (UM_TOKEN_CHARS / 2)

static int make(int dir, char *token)
{
    unsigned char bytes[RANDOM_BYTES];
    int fd, rv = 0;

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return -1;
    }
    um_secret_text(bytes, sizeof bytes, token);
    fd = openat(dir, FILE_NAME,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || dprintf(fd, "%s\n", token) != UM_TOKEN_CHARS + 1 ||
        fsync(fd) != 0) {
        rv = -1;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return rv;
}

/* others: the bits of a mode that may not be set. */
static int read_file(int fd, mode_t others, char *token)
{
    struct stat st;
    ssize_t n = -1;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        st.st_size == UM_TOKEN_CHARS + 1) {
        n = read(fd, token, UM_TOKEN_CHARS);
    }
    token[UM_TOKEN_CHARS] = '\0';
    return n == UM_TOKEN_CHARS && (st.st_mode & others) == 0 &&
                   strspn(token, "0123456789abcdef") == UM_TOKEN_CHARS
               ? 0
               : -1;
}

int um_token_load(int dir, char token[UM_TOKEN_CHARS + 1],
                  const struct um_log *log)
{
    int fd =
        openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rv;

    if (fd < 0 && errno == ENOENT) {
        rv = make(dir, token);
    } else if (fd < 0) {
        rv = -1;
    } else {
        rv = read_file(fd, 077, token);
        (void)close(fd);
    }
    if (rv != 0) {
        um_log_line(log, UM_LOG_ERROR,
                    "%s is damaged, readable by others, or cannot be written: "
                    "remove it to get a new token",
                    FILE_NAME);
    }
    return rv;
}

const char *um_token_read(const char *path, char token[UM_TOKEN_CHARS + 1])
{
    int fd, rv;

    token[0] = '\0';
    if (path == NULL) {
        return NULL;
    }
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return strerror(errno);
    }
    rv = read_file(fd, 007, token);
    (void)close(fd);
    return rv == 0 ? NULL
                   : "must be a file of 64 hexadecimal digits and a line's "
                     "end, as of `openssl rand -hex 32`, that only its owner "
                     "and group may read";
}
