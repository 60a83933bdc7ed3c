/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A key is written to a temporary file, synced, and renamed: a crash leaves a
 * whole key or none. Links are not followed. A key that is damaged, or that
 * others can read, is refused, with a line that says what to do; it is never
 * replaced, for it is who somebody is.
 */
#include "mesh/app/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const struct um_keyfile *k, const char *why)
{
    um_log_line(k->log, UM_LOG_ERROR, "%s %s: put a good copy in its place%s",
                k->name, why, k->hint);
    return -1;
}

/* Why a file cannot be the key, or NULL. */
static const char *unfit(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return "is not a file";
    }
    /* In the article's mode files are already those of whom we become. */
    if (st.st_uid != (uid_t)setfsuid((uid_t)-1)) {
        return "belongs to another user, who may know it (chown it if not)";
    }
    if ((st.st_mode & 077) != 0) {
        return "can be read by others (chmod 600 it)";
    }
    if (st.st_size == 0) {
        return "is empty";
    }
    return st.st_size > P2P_PRIVKEY_MAX ? "is longer than any key" : NULL;
}

static int read_key(const struct um_keyfile *k, int fd, struct p2p_key **out)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    const char *why = unfit(fd);
    ssize_t n;
    int rv;

    if (why != NULL) {
        return refuse(k, why);
    }
    n = read(fd, pb, sizeof pb);
    rv = n > 0 ? p2p_key_decode(pb, (size_t)n, out) : P2P_EFORMAT;
    explicit_bzero(pb, sizeof pb);
    return rv != 0 ? refuse(k, "is damaged") : 0;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
    ssize_t n = write(fd, p, len);

    return n == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
}

int um_keyfile_write(const struct um_keyfile *k, const struct p2p_key *key)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    int len = p2p_key_encode(key, pb, sizeof pb);
    int fd, rv;

    (void)unlinkat(k->dir, k->temp, 0);
    fd = openat(k->dir, k->temp,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    rv = fd < 0 || len < 0 ? -1 : write_all(fd, pb, (size_t)len);
    explicit_bzero(pb, sizeof pb);
    if (fd >= 0 && close(fd) != 0) {
        rv = -1;
    }
    if (rv != 0 || renameat(k->dir, k->temp, k->dir, k->name) != 0 ||
        (k->dir >= 0 && fsync(k->dir) != 0)) {
        um_log_line(k->log, UM_LOG_ERROR, "cannot write %s: %s", k->name,
                    strerror(errno));
        return -1;
    }
    return 0;
}

int um_keyfile_read(const struct um_keyfile *k, struct p2p_key **out)
{
    int fd =
        openat(k->dir, k->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rv;

    if (fd < 0 && errno == ENOENT) {
        return 1;
    }
    if (fd < 0 && errno == ELOOP) {
        return refuse(k, "is a link");
    }
    if (fd < 0) {
        um_log_line(k->log, UM_LOG_ERROR, "cannot open %s: %s", k->name,
                    strerror(errno));
        return -1;
    }
    rv = read_key(k, fd, out);
    (void)close(fd);
    return rv;
}
