/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See state.h. */
#include "mesh/app/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/keyfile.h"

#define NODE_KEY  "node.key"
#define NEXT_KEY  "node.key.next"
#define OLD_KEY   "node.key.old"
#define OWNER_KEY "owner.key"
#define LOCK_FILE "lock"
#define VERIFIED  "verified"
#define WROTE     "mesh.db.version"

int um_state_folder(const char *path, unsigned above)
{
    char part[512];

    for (size_t i = 1; i < sizeof part && path[i - 1] != '\0'; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, path[i] == '/' ? above : 0700) != 0 &&
                errno != EEXIST) {
                return -1;
            }
        }
    }
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The node's own key, made if there is none. */
static int own_key(struct um_state *s, const struct um_log *log)
{
    const struct um_keyfile k = {s->dir, NODE_KEY, NODE_KEY ".new",
                                 ", or remove it to get a new identity", log};
    int rv = um_keyfile_read(&k, &s->key);

    if (rv != 1) {
        return rv;
    }
    if (p2p_key_generate(P2P_KEY_ED25519, &s->key) != 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot make a key");
        return -1;
    }
    return um_keyfile_write(&k, s->key);
}

/* Another file with a key of this node. */
static struct um_keyfile other_file(const struct um_state *s, const char *name,
                                    const struct um_log *log)
{
    return (struct um_keyfile){s->dir, name, NODE_KEY ".new", ", or remove it",
                               log};
}

int um_state_make_next(struct um_state *s, const struct um_log *log)
{
    const struct um_keyfile k = other_file(s, NEXT_KEY, log);

    if (s->next != NULL) {
        return 0;
    }
    if (p2p_key_generate(P2P_KEY_ED25519, &s->next) != 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot make a key");
        return -1;
    }
    if (um_keyfile_write(&k, s->next) != 0) {
        p2p_key_free(s->next);
        s->next = NULL;
        return -1;
    }
    return 0;
}

int um_state_succeed(struct um_state *s, const struct um_log *log)
{
    const struct um_keyfile old = other_file(s, OLD_KEY, log);

    if (um_keyfile_write(&old, s->key) != 0) {
        return -1;
    }
    if (renameat(s->dir, NEXT_KEY, s->dir, NODE_KEY) != 0 ||
        fsync(s->dir) != 0) {
        um_log_line(log, UM_LOG_ERROR, "cannot rename %s: %s", NEXT_KEY,
                    strerror(errno));
        return -1;
    }
    p2p_key_free(s->old);
    s->old = s->key;
    s->key = s->next;
    s->next = NULL;
    return 0;
}

void um_state_drop_others(struct um_state *s)
{
    p2p_key_free(s->next);
    p2p_key_free(s->old);
    s->next = s->old = NULL;
    (void)unlinkat(s->dir, NEXT_KEY, 0);
    (void)unlinkat(s->dir, OLD_KEY, 0);
}

static struct um_keyfile owner_file(const struct um_state *s,
                                    const struct um_log *log)
{
    return (struct um_keyfile){s->dir, OWNER_KEY, OWNER_KEY ".new", "", log};
}

int um_state_owner(struct um_state *s, const struct um_log *log)
{
    const struct um_keyfile k = owner_file(s, log);

    return um_keyfile_read(&k, &s->owner) < 0 ? -1 : 0;
}

int um_state_keep_owner(struct um_state *s, struct p2p_key *owner,
                        const struct um_log *log)
{
    const struct um_keyfile k = owner_file(s, log);

    if (um_keyfile_write(&k, owner) != 0) {
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

/* Reads another key of this node, if there is one. */
static int other_key(const struct um_state *s, const char *name,
                     struct p2p_key **out, const struct um_log *log)
{
    const struct um_keyfile k = other_file(s, name, log);

    return um_keyfile_read(&k, out) < 0 ? -1 : 0;
}

/* All keys of the node itself. */
static int own_keys(struct um_state *s, const struct um_log *log)
{
    return own_key(s, log) != 0 || other_key(s, NEXT_KEY, &s->next, log) != 0 ||
                   other_key(s, OLD_KEY, &s->old, log) != 0
               ? -1
               : 0;
}

int um_state_hold(struct um_state *s, const char *path,
                  const struct um_log *log)
{
    *s = (struct um_state){.dir = um_state_folder(path, 0700), .lock = -1};
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
    return 0;
}

int um_state_open(struct um_state *s, const char *path,
                  const struct um_log *log)
{
    if (um_state_hold(s, path, log) != 0) {
        return -1;
    }
    if (own_keys(s, log) != 0) {
        um_state_close(s);
        return -1;
    }
    return 0;
}

int um_state_visit(struct um_state *s, const char *path,
                   const struct um_log *log)
{
    *s = (struct um_state){.dir = -1, .lock = -1};
    s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir < 0) {
        um_log_line(log, UM_LOG_ERROR, "state folder %s: %s", path,
                    strerror(errno));
        return -1;
    }
    if (own_keys(s, log) != 0 || um_state_owner(s, log) != 0) {
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

void um_state_drop_verified(const struct um_state *s)
{
    (void)unlinkat(s->dir, VERIFIED, 0);
}

int64_t um_state_verified(const struct um_state *s)
{
    struct stat st;

    return fstatat(s->dir, VERIFIED, &st, AT_SYMLINK_NOFOLLOW) == 0
               ? (int64_t)st.st_mtime
               : 0;
}

void um_state_wrote(const struct um_state *s, char out[UM_STATE_VERSION])
{
    int fd = openat(s->dir, WROTE,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, UM_STATE_VERSION - 1) : -1;

    out[n > 0 ? n : 0] = '\0';
    out[strspn(out, "0123456789.")] = '\0';
    if (fd >= 0) {
        (void)close(fd);
    }
}

void um_state_note_wrote(const struct um_state *s, const char *version)
{
    char was[UM_STATE_VERSION];
    int fd;

    um_state_wrote(s, was);
    if (strcmp(was, version) == 0) {
        return;
    }
    fd = openat(s->dir, WROTE,
                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)dprintf(fd, "%s\n", version);
        (void)close(fd);
    }
}

void um_state_forget_wrote(const struct um_state *s)
{
    (void)unlinkat(s->dir, WROTE, 0);
}

void um_state_close(struct um_state *s)
{
    p2p_key_free(s->key);
    p2p_key_free(s->owner);
    p2p_key_free(s->next);
    p2p_key_free(s->old);
    if (s->lock >= 0) {
        (void)close(s->lock);
    }
    if (s->dir >= 0) {
        (void)close(s->dir);
    }
    *s = (struct um_state){.dir = -1, .lock = -1};
}
