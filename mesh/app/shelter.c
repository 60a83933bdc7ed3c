/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See shelter.h. A file is written beside the one that is there, synced, and
 * takes its place; then the folder is synced. The record, which each change
 * writes twice, is overwritten (slots.h).
 */
#include "mesh/app/shelter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/err.h"

#define FOLDER "applier"

static int say(const struct um_log *log, const char *path, const char *why,
               int rv)
{
    um_log_line(log, UM_LOG_ERROR, "the applier's folder %s: %s", path, why);
    return rv;
}

/* It is ours alone. */
static int check(struct um_shelter *s, const char *path,
                 const struct um_log *log)
{
    struct stat st;

    if (fstat(s->dir, &st) != 0) {
        return say(log, path, strerror(errno), P2P_EIO);
    }
    if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        return say(log, path,
                   "it belongs to somebody else, or others may go in",
                   P2P_EACCES);
    }
    return 0;
}

static bool take_lock(const struct um_shelter *s, const char *path,
                      const struct um_log *log)
{
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0) {
        return true;
    }
    if (errno != EWOULDBLOCK) {
        return false;
    }
    um_log_line(log, UM_LOG_INFO,
                "the applier's folder %s: waiting until another applier has "
                "ended",
                path);
    return flock(s->lock, LOCK_EX) == 0;
}

int um_shelter_open(struct um_shelter *s, const char *state,
                    const struct um_log *log)
{
    char path[600];
    int rv;

    *s = (struct um_shelter)UM_SHELTER_NONE;
    if (snprintf(path, sizeof path, "%s/" FOLDER, state) >= (int)sizeof path) {
        return say(log, state, "the path is too long", P2P_EIO);
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return say(log, path, strerror(errno), P2P_EIO);
    }
    s->dir = open(path, O_DIRECTORY | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (s->dir < 0) {
        return say(log, path, strerror(errno), P2P_EIO);
    }
    rv = check(s, path, log);
    if (rv != 0) {
        return rv;
    }
    s->lock =
        openat(s->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return s->lock >= 0 && take_lock(s, path, log)
               ? 0
               : say(log, path, strerror(errno), P2P_EIO);
}

void um_shelter_close(struct um_shelter *s)
{
    um_slots_close(&s->record);
    if (s->lock >= 0) {
        (void)close(s->lock);
    }
    if (s->dir >= 0) {
        (void)close(s->dir);
    }
}

static int load_whole(const struct um_shelter *s, const char *name,
                      struct um_buf *out)
{
    int fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char bytes[16384];
    size_t sum = 0;
    ssize_t n = 1;

    if (fd < 0) {
        return errno == ENOENT ? P2P_ENOTFOUND : P2P_EIO;
    }
    while (n > 0 && sum <= UM__CAP_SHELTER_BYTES) {
        n = read(fd, bytes, sizeof bytes);
        if (n > 0) {
            um_buf_add(out, bytes, (size_t)n);
            sum += (size_t)n;
        }
    }
    (void)close(fd);
    if (sum > UM__CAP_SHELTER_BYTES) {
        return P2P_EFORMAT;
    }
    return n < 0 ? P2P_EIO : um_buf_failed(out) ? P2P_ENOMEM : 0;
}

static bool write_all(int fd, struct um_str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes = um_str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
    return fdatasync(fd) == 0;
}

static int save_whole(const struct um_shelter *s, const char *name,
                      struct um_str bytes)
{
    char fresh[64];
    int fd;
    bool ok;

    (void)snprintf(fresh, sizeof fresh, "%s.new", name);
    fd = openat(s->dir, fresh,
                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return P2P_EIO;
    }
    ok = write_all(fd, bytes);
    ok = close(fd) == 0 && ok;
    ok = ok && renameat(s->dir, fresh, s->dir, name) == 0;
    if (!ok) {
        (void)unlinkat(s->dir, fresh, 0); /* on a full disk it takes room */
    }
    return ok && fsync(s->dir) == 0 ? 0 : P2P_EIO;
}

static bool is_record(const char *name)
{
    return strcmp(name, UM_AGENT_RECORD) == 0;
}

/* A record that is none of two places: one of before there were any, whole and
 * with a sum of its own; or one of a later form. */
static int load_other(const struct um_shelter *s, const char *name,
                      struct um_buf *out)
{
    static const struct um_str whole = UM_STR_INIT("\010\1");
    static const struct um_str mark = UM_STR_INIT("unitmsh");
    struct um_buf all = UM_BUF_INIT;
    struct um_str text;
    int rv = load_whole(s, name, &all);

    text = um_buf_view(&all);
    if (rv == 0 && um_str_starts(text, whole)) {
        um_buf_add(out, text.p, text.len);
        rv = um_buf_failed(out) ? P2P_ENOMEM : 0;
    } else if (rv == 0) {
        rv = um_str_starts(text, mark) && text.len > mark.len &&
                     text.p[mark.len] > '1'
                 ? P2P_ENOTSUP
                 : P2P_EFORMAT;
    }
    um_buf_fini(&all);
    return rv;
}

static int load_record(struct um_shelter *s, const char *name,
                       struct um_buf *out)
{
    int rv = um_slots_load(&s->record, s->dir, name, out);

    return rv == P2P_EFORMAT ? load_other(s, name, out) : rv;
}

static int load(void *user, const char *name, struct um_buf *out)
{
    struct um_shelter *s = user;

    return is_record(name) ? load_record(s, name, out)
                           : load_whole(s, name, out);
}

static int save(void *user, const char *name, struct um_str bytes)
{
    struct um_shelter *s = user;

    return is_record(name) ? um_slots_save(&s->record, s->dir, name, bytes)
                           : save_whole(s, name, bytes);
}

static int drop(void *user, const char *name)
{
    struct um_shelter *s = user;

    if (is_record(name)) {
        um_slots_close(&s->record);
    }
    if (unlinkat(s->dir, name, 0) != 0 && errno != ENOENT) {
        return P2P_EIO;
    }
    return fsync(s->dir) == 0 ? 0 : P2P_EIO;
}

struct um_agent_files um_shelter_files(struct um_shelter *s)
{
    return (struct um_agent_files){s, load, save, drop};
}
