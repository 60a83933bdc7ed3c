/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See disk.h. The way from a name to a disk is the number in it: FOLDER/nN.db,
 * with what SQLite adds to that. */
#include "disk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "member.h"

/* Disks write so many bytes, or none of them. */
#define SECTOR 512

/* A write (p is not NULL) or a truncation that was not synced yet. */
struct op {
    struct op *next;
    uint64_t at;
    size_t len;
    char *p;
};

struct disk_file {
    struct disk_file *next;
    char suffix[16];
    struct image now;  /* as programs see it */
    struct image safe; /* what is on the disk for sure */
    struct op *ops;    /* the rest, in order */
    struct op **last;
    bool apart; /* something of `now` is in neither */
    bool there;
};

struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct disk_file *file;
};

static struct world *the_world; /* of the VFS: SQLite has one */
static int the_errno;

static void apply(struct image *m, const struct op *op)
{
    if (op->p != NULL)
        image_write(m, op->at, op->p, op->len);
    else
        image_cut(m, op->at);
}

static void drop_ops(struct disk_file *f)
{
    while (f->ops != NULL) {
        struct op *op = f->ops;

        f->ops = op->next;
        free(op->p);
        free(op);
    }
    f->last = &f->ops;
}

static void note(struct disk_file *f, uint64_t at, const void *p, size_t len)
{
    struct op *op = must_alloc(sizeof *op);

    op->at = at;
    op->len = len;
    if (p != NULL) {
        op->p = must_alloc(len);
        memcpy(op->p, p, len);
    }
    *f->last = op;
    f->last = &op->next;
    apply(&f->now, op);
}

/* ---- the disk */

static struct disk_file *find(struct disk *d, const char *suffix)
{
    struct disk_file *f = d->files;

    while (f != NULL && strcmp(f->suffix, suffix) != 0)
        f = f->next;
    return f;
}

static struct disk_file *find_or_make(struct disk *d, const char *suffix)
{
    struct disk_file *f = find(d, suffix);

    if (f == NULL) {
        f = must_alloc(sizeof *f);
        (void)snprintf(f->suffix, sizeof f->suffix, "%s", suffix);
        f->last = &f->ops;
        f->next = d->files;
        d->files = f;
    }
    f->there = true;
    return f;
}

void disk_init(struct disk *d, struct member *of, const struct image *store)
{
    struct disk_file *f;

    *d = (struct disk){.w = of->w, .of = of};
    f = find_or_make(d, "");
    image_same(&f->now, store);
    image_same(&f->safe, store);
}

const struct image *disk_store(struct disk *d)
{
    return &find_or_make(d, "")->now;
}

void disk_fini(struct disk *d)
{
    while (d->files != NULL) {
        struct disk_file *f = d->files;

        d->files = f->next;
        drop_ops(f);
        image_fini(&f->now);
        image_fini(&f->safe);
        free(f);
    }
}

/* Some sectors of a write. */
static void tear(struct disk *d, struct disk_file *f, const struct op *op)
{
    for (size_t i = 0; i < op->len; i += SECTOR) {
        size_t len = op->len - i < SECTOR ? op->len - i : SECTOR;

        if (world_dice(d->w, 2) == 0)
            image_write(&f->safe, op->at + i, op->p + i, len);
    }
}

/* Of what was not synced: nothing, all, nearly all, or anything, torn too. */
static void decide(struct disk *d, struct disk_file *f)
{
    static const unsigned chances[] = {0, 1000, 900, 500};
    unsigned kept = chances[world_dice(d->w, 4)];

    for (struct op *op = f->ops; op != NULL; op = op->next) {
        if (world_chance(d->w, kept))
            apply(&f->safe, op);
        else if (kept > 0 && op->p != NULL && world_dice(d->w, 2) == 0)
            tear(d, f, op);
    }
    drop_ops(f);
    image_same(&f->now, &f->safe);
    f->apart = false;
}

void disk_cut(struct disk *d)
{
    for (struct disk_file *f = d->files; f != NULL; f = f->next)
        decide(d, f);
    d->dead = d->full = d->readonly = false;
    d->unsynced = 0;
}

/* ---- SQLite's calls */

static struct handle *handle(sqlite3_file *f)
{
    return (struct handle *)f;
}

static int xclose(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

static int xread(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    size_t want = (size_t)n;
    size_t there = image_read(&handle(f)->file->now, (uint64_t)at, p, want);

    if (there == want)
        return SQLITE_OK;
    memset((char *)p + there, 0, want - there);
    return SQLITE_IOERR_SHORT_READ;
}

static int fails(int rc, int err)
{
    the_errno = err;
    return rc;
}

static int xwrite(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct disk *d = handle(f)->disk;

    member_uses_port(d->of);
    if (d->dead)
        return fails(SQLITE_IOERR_WRITE, EIO);
    if (d->full)
        return fails(SQLITE_FULL, ENOSPC);
    if (d->readonly)
        return fails(SQLITE_IOERR_WRITE, EROFS);
    d->writes++;
    note(handle(f)->file, (uint64_t)at, p, (size_t)n);
    return SQLITE_OK;
}

static int xtruncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct disk *d = handle(f)->disk;

    if (d->dead)
        return fails(SQLITE_IOERR_TRUNCATE, EIO);
    note(handle(f)->file, (uint64_t)size, NULL, 0);
    return SQLITE_OK;
}

static int xsync(sqlite3_file *f, int flags)
{
    struct disk *d = handle(f)->disk;
    struct disk_file *file = handle(f)->file;

    (void)flags;
    member_uses_port(d->of);
    if (d->dead)
        return fails(SQLITE_IOERR_FSYNC, EIO);
    if (d->unsynced > 0) {
        d->unsynced--;
        d->failed = true;
        if (world_chance(d->w, 500)) { /* the system forgets that it has to */
            file->apart = file->apart || file->ops != NULL;
            drop_ops(file);
        }
        return fails(SQLITE_IOERR_FSYNC, EIO);
    }
    d->syncs++;
    for (struct op *op = file->ops; op != NULL; op = op->next) {
        if (file->apart || op->p == NULL)
            apply(&file->safe, op);
        else
            image_same_there(&file->safe, &file->now, op->at, op->len);
    }
    drop_ops(file);
    return SQLITE_OK;
}

static int xsize(sqlite3_file *f, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)handle(f)->file->now.len;
    return SQLITE_OK;
}

static int xlock(sqlite3_file *f, int lock)
{
    (void)f;
    (void)lock;
    return SQLITE_OK;
}

static int xcheck(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int xcontrol(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    if (op != SQLITE_FCNTL_LAST_ERRNO)
        return SQLITE_NOTFOUND;
    *(int *)arg = the_errno;
    return SQLITE_OK;
}

static int xzero(sqlite3_file *f)
{
    (void)f;
    return 0;
}

/* Without shared memory: the store locks its file for good and needs none. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = xclose,
    .xRead = xread,
    .xWrite = xwrite,
    .xTruncate = xtruncate,
    .xSync = xsync,
    .xFileSize = xsize,
    .xLock = xlock,
    .xUnlock = xlock,
    .xCheckReservedLock = xcheck,
    .xFileControl = xcontrol,
    .xSectorSize = xzero,
    .xDeviceCharacteristics = xzero,
};

/* The disk of a name, and what SQLite added to it. */
static struct disk *disk_of(const char *name, const char **suffix)
{
    const char *at = strrchr(name, '/');
    char *end;
    unsigned long i;

    must(at != NULL && at[1] == 'n', "a file of nobody");
    i = strtoul(at + 2, &end, 10);
    must(i < the_world->n && strncmp(end, ".db", 3) == 0, "a file of nobody");
    *suffix = end + 3;
    return &the_world->members[i]->disk;
}

static int xopen(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
                 int *out)
{
    struct handle *h = handle(f);
    const char *suffix;

    (void)vfs;
    must(name != NULL, "a file without a name");
    h->disk = disk_of(name, &suffix);
    h->file = find_or_make(h->disk, suffix);
    f->pMethods = &methods;
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

static int xdelete(sqlite3_vfs *vfs, const char *name, int sync)
{
    const char *suffix;
    struct disk *d = disk_of(name, &suffix);
    struct disk_file *f = find(d, suffix);

    (void)vfs;
    (void)sync;
    if (d->dead || f == NULL || !f->there)
        return d->dead ? fails(SQLITE_IOERR_DELETE, EIO)
                       : SQLITE_IOERR_DELETE_NOENT;
    note(f, 0, NULL, 0);
    f->there = false;
    return SQLITE_OK;
}

static int xaccess(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const char *suffix;
    struct disk *d = disk_of(name, &suffix);
    const struct disk_file *f = find(d, suffix);

    (void)vfs;
    (void)flags;
    *out = f != NULL && f->there && f->now.len > 0;
    return SQLITE_OK;
}

static int xfull(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    (void)snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int xrandom(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)world_dice(the_world, 256);
    return n;
}

static int xsleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int xtime(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2461000.5;
    return SQLITE_OK;
}

static int xlast(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    (void)n;
    (void)out;
    return the_errno;
}

void disks_install(struct world *w)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct handle),
        .mxPathname = 512,
        .zName = "meshsim",
        .xOpen = xopen,
        .xDelete = xdelete,
        .xAccess = xaccess,
        .xFullPathname = xfull,
        .xRandomness = xrandom,
        .xSleep = xsleep,
        .xCurrentTime = xtime,
        .xGetLastError = xlast,
    };

    the_world = w;
    must(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "a way to the disk");
    sqlite3_randomness(0, NULL); /* it begins anew */
}
