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

#define NODE_KEY  "node.key"
#define OWNER_KEY "owner.key"
#define LOCK_FILE "lock"
#define VERIFIED  "verified"

/* A file of the folder that holds a key. */
struct key_file {
    int dir;
    const char *name;
    const char *temp; /* what it is called while it is written */
    const char *hint; /* what can be done if it is no good */
    const struct um_log *log;
};

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

static int refuse(const struct key_file *k, const char *why)
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
    if ((st.st_mode & 077) != 0) {
        return "can be read by others (chmod 600 it)";
    }
    if (st.st_size == 0) {
        return "is empty";
    }
    return st.st_size > P2P_PRIVKEY_MAX ? "is longer than any key" : NULL;
}

static int read_key(const struct key_file *k, int fd, struct p2p_key **out)
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

static int write_key(const struct key_file *k, const struct p2p_key *key)
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
        fsync(k->dir) != 0) {
        um_log_line(k->log, UM_LOG_ERROR, "cannot write %s: %s", k->name,
                    strerror(errno));
        return -1;
    }
    return 0;
}

/* Reads a key; 1: there is none. */
static int load_key(const struct key_file *k, struct p2p_key **out)
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

/* The node's own key, made if there is none. */
static int own_key(struct um_state *s, const struct um_log *log)
{
    const struct key_file k = {s->dir, NODE_KEY, NODE_KEY ".new",
                               ", or remove it to get a new identity", log};
    int rv = load_key(&k, &s->key);

    if (rv != 1) {
        return rv;
    }
    if (p2p_key_generate(P2P_KEY_ED25519, &s->key) != 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot make a key");
        return -1;
    }
    return write_key(&k, s->key);
}

static struct key_file owner_file(const struct um_state *s,
                                  const struct um_log *log)
{
    return (struct key_file){s->dir, OWNER_KEY, OWNER_KEY ".new", "", log};
}

int um_state_owner(struct um_state *s, const struct um_log *log)
{
    const struct key_file k = owner_file(s, log);

    return load_key(&k, &s->owner) < 0 ? -1 : 0;
}

int um_state_keep_owner(struct um_state *s, struct p2p_key *owner,
                        const struct um_log *log)
{
    const struct key_file k = owner_file(s, log);

    if (write_key(&k, owner) != 0) {
        return -1;
    }
    p2p_key_free(s->owner);
    s->owner = owner;
    return 0;
}

int um_state_drop_owner(struct um_state *s, const struct um_log *log)
{
    p2p_key_free(s->owner);
    s->owner = NULL;
    if (unlinkat(s->dir, OWNER_KEY, 0) != 0 && errno != ENOENT) {
        um_log_line(log, UM_LOG_ERROR, "cannot remove %s: %s", OWNER_KEY,
                    strerror(errno));
        return -1;
    }
    return fsync(s->dir);
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
    s->lock = openat(s->dir, LOCK_FILE,
                     O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        um_log_line(log, UM_LOG_ERROR,
                    errno == EWOULDBLOCK
                        ? "state folder %s is in use by another daemon"
                        : "state folder %s cannot be locked",
                    path);
        um_state_close(s);
        return -1;
    }
    if (own_key(s, log) != 0) {
        um_state_close(s);
        return -1;
    }
    return 0;
}

int um_state_look(struct um_state *s, const char *path,
                  const struct um_log *log)
{
    *s = (struct um_state){.dir = -1, .lock = -1};
    s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir >= 0) {
        s->lock = openat(s->dir, LOCK_FILE,
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    }
    if (s->dir < 0 || (s->lock < 0 && errno != ENOENT)) {
        um_log_line(log, UM_LOG_ERROR, "state folder %s: %s", path,
                    strerror(errno));
        um_state_close(s);
        return -1;
    }
    /* Without a lock no daemon was ever here. */
    if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        um_log_line(log, UM_LOG_ERROR,
                    errno == EWOULDBLOCK
                        ? "state folder %s is in use by a daemon: stop it first"
                        : "state folder %s cannot be locked",
                    path);
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

void um_state_note_verified(const struct um_state *s)
{
    int fd =
        openat(s->dir, VERIFIED,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)futimens(fd, NULL);
        (void)close(fd);
    }
}

int64_t um_state_verified(const struct um_state *s)
{
    struct stat st;

    return fstatat(s->dir, VERIFIED, &st, AT_SYMLINK_NOFOLLOW) == 0
               ? (int64_t)st.st_mtime
               : 0;
}

void um_state_close(struct um_state *s)
{
    p2p_key_free(s->key);
    p2p_key_free(s->owner);
    if (s->lock >= 0) {
        (void)close(s->lock);
    }
    if (s->dir >= 0) {
        (void)close(s->dir);
    }
    *s = (struct um_state){.dir = -1, .lock = -1};
}
