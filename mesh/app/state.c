/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A key is written to a temporary file, synced, and renamed: a crash leaves a
 * whole key or none. Links are not followed. A key that is damaged, or that
 * others can read, is refused, with a line that says what to do; it is never
 * replaced, for it is who this node is.
 */
#include "mesh/app/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE "node.key"
#define KEY_TEMP "node.key.new"

/* Makes the folder and those above it. */
static int make_folders(const char *path)
{
    char part[512];

    for (size_t i = 1; i < sizeof part && path[i - 1] != '\0'; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0700) != 0 && errno != EEXIST) {
                return -1;
            }
        }
    }
    return 0;
}

static int refuse(const struct um_log *log, const char *why)
{
    um_log_line(log, UM_LOG_ERROR,
                "%s %s: put a good copy in its place, or remove it to get a "
                "new identity",
                KEY_FILE, why);
    return -1;
}

/* Why a file cannot be the key, or NULL. */
static const char *unfit(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return "is not a file";
    }
    if ((st.st_mode & 077) != 0) {
        return "can be read by others (chmod 600 it)";
    }
    if (st.st_size == 0) {
        return "is empty";
    }
    return st.st_size > P2P_PRIVKEY_MAX ? "is longer than any key" : NULL;
}

static int read_key(struct um_state *s, int fd, const struct um_log *log)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    const char *why = unfit(fd);
    ssize_t n;

    if (why != NULL) {
        return refuse(log, why);
    }
    n = read(fd, pb, sizeof pb);
    if (n <= 0 || p2p_key_decode(pb, (size_t)n, &s->key) != 0) {
        return refuse(log, "is damaged");
    }
    return 0;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
    ssize_t n = write(fd, p, len);

    return n == (ssize_t)len && fsync(fd) == 0 ? 0 : -1;
}

static int make_key(struct um_state *s, const struct um_log *log)
{
    uint8_t pb[P2P_PRIVKEY_MAX];
    int len, fd, rv;

    if (p2p_key_generate(P2P_KEY_ED25519, &s->key) != 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot make a key");
        return -1;
    }
    len = p2p_key_encode(s->key, pb, sizeof pb);
    (void)unlinkat(s->dir, KEY_TEMP, 0);
    fd = openat(s->dir, KEY_TEMP,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    rv = fd < 0 || len < 0 ? -1 : write_all(fd, pb, (size_t)len);
    if (fd >= 0 && close(fd) != 0) {
        rv = -1;
    }
    if (rv != 0 || renameat(s->dir, KEY_TEMP, s->dir, KEY_FILE) != 0 ||
        fsync(s->dir) != 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot write %s: %s", KEY_FILE,
                    strerror(errno));
        return -1;
    }
    return 0;
}

static int load_key(struct um_state *s, const struct um_log *log)
{
    int fd = openat(s->dir, KEY_FILE,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rv;

    if (fd < 0 && errno == ENOENT) {
        return make_key(s, log);
    }
    if (fd < 0 && errno == ELOOP) {
        return refuse(log, "is a link");
    }
    if (fd < 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot open %s: %s", KEY_FILE,
                    strerror(errno));
        return -1;
    }
    rv = read_key(s, fd, log);
    (void)close(fd);
    return rv;
}

int um_state_open(struct um_state *s, const char *path,
                  const struct um_log *log)
{
    *s = (struct um_state){.dir = -1, .lock = -1};
    if (make_folders(path) == 0) {
        s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (s->dir < 0) {
        um_log_line(log, UM_LOG_ERROR, "state folder %s: %s", path,
                    strerror(errno));
        return -1;
    }
    s->lock =
        openat(s->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        um_log_line(log, UM_LOG_ERROR,
                    errno == EWOULDBLOCK
                        ? "state folder %s is in use by another daemon"
                        : "state folder %s cannot be locked",
                    path);
        um_state_close(s);
        return -1;
    }
    if (load_key(s, log) != 0) {
        um_state_close(s);
        return -1;
    }
    return 0;
}

bool um_state_has_roster(const struct um_state *s)
{
    return faccessat(s->dir, "mesh.db", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
}

void um_state_close(struct um_state *s)
{
    p2p_key_free(s->key);
    if (s->lock >= 0) {
        (void)close(s->lock);
    }
    if (s->dir >= 0) {
        (void)close(s->dir);
    }
    *s = (struct um_state){.dir = -1, .lock = -1};
}
