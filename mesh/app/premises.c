/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: the state folder, its files one by one, the applier's folder,
 * the socket's. Each file is opened as a name without following links, looked
 * at, and given away by that descriptor: whoever can write to the folder can
 * put anything under a name of ours, a link to a file of root's as well, so
 * what has several names or another owner stays as it is.
 */
#include "mesh/app/premises.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/state.h"

/* How deep the stand-in's folder is. */
#define DEPTH 4

#define SHARED_MODE 01770U

/* What the network's process has in the state folder; with a star: and all
 * that begins so. */
static const char *const given[] = {
    "lock", "mesh.db*",   "rest.token", "control.sock",
    "unit", "audit.log*", "webhooks*",
};

/* And what is the applier's, where there is one. */
static const char *const keys[] = {
    "node.key",
    "node.key.new",
    "owner.key",
    "owner.key.new",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One hand-over. */
struct handing {
    const struct um_user *user;
    const struct um_log *log;
    const char *state;
    bool keys_stay;
};

static int refuse(const struct um_log *log, const char *path, const char *why)
{
    um_log_line(log, UM_LOG_ERROR, "%s %s", path, why);
    return -1;
}

static bool is_in(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strcspn(names[i], "*");

        if (strncmp(name, names[i], n) == 0 &&
            (names[i][n] == '*' || name[n] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool is_given(const struct handing *h, const char *name)
{
    return is_in(given, COUNT(given), name) ||
           (!h->keys_stay && is_in(keys, COUNT(keys), name));
}

/* Whether nobody else's file can be hidden behind it. */
static bool is_plain(const struct stat *st)
{
    return S_ISDIR(st->st_mode) || S_ISSOCK(st->st_mode) ||
           (S_ISREG(st->st_mode) && st->st_nlink == 1);
}

/* A file of ours or of a user that we had before becomes the user's. */
static void hand(const struct handing *h, int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return;
    }
    if (fstat(fd, &st) == 0 && st.st_uid != h->user->uid) {
        if (!is_plain(&st)) {
            um_log_line(h->log, UM_LOG_WARN,
                        "%s/…/%s is a link or has several names: it is left "
                        "to its owner",
                        h->state, name);
        } else if (fchownat(fd, "", h->user->uid, h->user->gid,
                            AT_EMPTY_PATH) != 0) {
            um_log_line(h->log, UM_LOG_WARN,
                        "%s/…/%s cannot be given to %s: %s", h->state, name,
                        h->user->name, strerror(errno));
        }
    }
    (void)close(fd);
}

/* A folder and what is in it. */
static void hand_tree(const struct handing *h, int dir, const char *name,
                      int depth)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;

    hand(h, dir, name);
    if (list == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    while (depth > 0 && (e = readdir(list)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            hand_tree(h, fd, e->d_name, depth - 1);
        }
    }
    (void)closedir(list);
}

static void hand_all(const struct handing *h, int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;

    while (list != NULL && (e = readdir(list)) != NULL) {
        if (is_given(h, e->d_name)) {
            hand_tree(h, dir, e->d_name, DEPTH);
        }
    }
    if (list != NULL) {
        (void)closedir(list);
    } else if (fd >= 0) {
        (void)close(fd);
    }
}

/* The policy stays ours; he may read it. */
static void show(const struct handing *h, int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
        st.st_uid == geteuid() &&
        (fchown(fd, geteuid(), h->user->gid) != 0 ||
         fchmod(fd, (st.st_mode & 07777) | S_IRGRP) != 0)) {
        um_log_line(h->log, UM_LOG_WARN, "%s/%s cannot be shown to %s: %s",
                    h->state, name, h->user->name, strerror(errno));
    }
    (void)close(fd);
}

/* Whether a folder is a daemon's: it has nothing in it, or what an applier that
 * saw no daemon left, or our lock. */
static bool is_daemons(int dir)
{
    struct stat st;
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;
    int n = 0;

    if (list == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    while (n <= 2 && (e = readdir(list)) != NULL) {
        n += strcmp(e->d_name, UM_PREMISES_APPLIER) != 0;
    }
    (void)closedir(list);
    return n <= 2 || (fstatat(dir, "lock", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                      S_ISREG(st.st_mode));
}

/* Ours, for another user. Who is not root can do so for a group of his. */
static int share(const struct handing *h, int dir, const struct stat *st)
{
    if (st->st_uid != geteuid() && st->st_uid != h->user->uid) {
        um_log_line(h->log, UM_LOG_ERROR,
                    "state folder %s belongs to neither %s nor %s", h->state,
                    geteuid() == 0 ? "root" : "us", h->user->name);
        return -1;
    }
    if (!is_daemons(dir)) {
        return refuse(h->log, h->state,
                      "has other things in it: the daemon gives its state "
                      "folder to its user, so it needs one of its own");
    }
    if (fchown(dir, geteuid(), h->user->gid) != 0 ||
        fchmod(dir, SHARED_MODE) != 0) {
        um_log_line(h->log, UM_LOG_ERROR, "state folder %s: %s", h->state,
                    strerror(errno));
        return -1;
    }
    hand_all(h, dir);
    show(h, dir, "policy.json");
    return 0;
}

/* Root is the only user again: what the other one had comes back. */
static int unshare_all(const struct handing *h, int dir, const struct stat *st)
{
    if (st->st_uid != 0 || (st->st_mode & 07777) != SHARED_MODE) {
        return 0;
    }
    hand_all(h, dir);
    return fchown(dir, 0, 0) == 0 && fchmod(dir, 0700) == 0
               ? 0
               : refuse(h->log, h->state, "cannot be taken back");
}

static int own_applier(const struct handing *h, int dir)
{
    char path[600];
    struct stat st = {0};
    int fd;

    (void)snprintf(path, sizeof path, "%s/" UM_PREMISES_APPLIER, h->state);
    if (mkdirat(dir, UM_PREMISES_APPLIER, 0700) != 0 && errno != EEXIST) {
        return refuse(h->log, path, "cannot be made");
    }
    fd = openat(dir, UM_PREMISES_APPLIER,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        (void)fstat(fd, &st);
        (void)close(fd);
    }
    if (fd < 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        return refuse(h->log, path,
                      "must be a folder of the user who starts the daemon, and "
                      "closed to all others (0700): somebody else may have put "
                      "it there");
    }
    return 0;
}

/* /run/unitmesh, or /run/unitmesh-NAME. */
static bool is_run(const char *folder)
{
    static const char ours[] = "/run/unitmesh";
    const char *rest = folder + sizeof ours - 1;

    return strncmp(folder, ours, sizeof ours - 1) == 0 &&
           (rest[0] == '\0' || rest[0] == '-') && strchr(rest, '/') == NULL;
}

/* The folder of the socket, for whom it will be bound. */
static int own_socket(const struct um_premises *p, const struct handing *h)
{
    char folder[128];
    const char *slash = strrchr(p->control, '/');
    size_t len = slash != NULL ? (size_t)(slash - p->control) : 0;
    bool made;

    if (len == 0 || len >= sizeof folder) {
        return 0;
    }
    memcpy(folder, p->control, len);
    folder[len] = '\0';
    made = mkdir(folder, h->user->uid != 0 ? 0750 : 0755) == 0;
    if ((made || is_run(folder)) &&
        lchown(folder, h->user->uid, h->user->gid) != 0) {
        um_log_line(h->log, UM_LOG_ERROR, "%s cannot be given to %s: %s",
                    folder, h->user->name, strerror(errno));
        return -1;
    }
    return 0;
}

int um_premises_part(const struct um_premises *p, const struct um_log *log)
{
    const struct handing h = {p->user, log, p->state, p->keys_stay};
    bool root = geteuid() == 0, apart = p->user->uid != geteuid();
    struct stat st;
    int dir, rv = 0;

    /* Others have to get through the folders above it. */
    dir = um_state_folder(p->state, apart ? 0755 : 0700);
    if (dir < 0 || fstat(dir, &st) != 0) {
        um_log_line(log, UM_LOG_ERROR, "state folder %s: %s", p->state,
                    strerror(errno));
        return -1;
    }
    if (apart) {
        rv = share(&h, dir, &st);
    } else if (root) {
        rv = unshare_all(&h, dir, &st);
    }
    rv = rv != 0 ? rv : own_applier(&h, dir);
    (void)close(dir);
    return rv != 0 || !root ? rv : own_socket(p, &h);
}
