/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "faulty_vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "unit.h"

static struct {
    enum faulty_call call;
    unsigned n; /* calls until the first that fails; 0: none does */
    unsigned hits;
    int rc;
    int err;
    unsigned unsynced; /* files with writes that were not synced */
    sqlite3_vfs *below;
    struct torn_disk *disk; /* told of everything; NULL: nobody is */
    unsigned cut;           /* calls until its power is cut; 0: it is not */
    bool dead;              /* it was */
} faulty;

/* A file, with that of the VFS below behind it. */
struct file {
    sqlite3_file base;
    sqlite3_file *below;
    struct torn_file *torn;
    bool unsynced;
};

/* SQLITE_OK, or what this call shall answer. */
static int failing(enum faulty_call call)
{
    if (faulty.n == 0 || faulty.call != call)
        return SQLITE_OK;
    if (faulty.n > 1) {
        faulty.n--;
        return SQLITE_OK;
    }
    faulty.hits++;
    errno = faulty.err;
    return faulty.rc;
}

/* One call more or less until the power is cut. SQLITE_OK, if it is not. */
static int powered(void)
{
    if (faulty.disk == NULL)
        return SQLITE_OK;
    if (faulty.cut > 0 && --faulty.cut == 0) {
        torn_disk_cut(faulty.disk);
        faulty.dead = true;
    }
    return faulty.dead ? SQLITE_IOERR : SQLITE_OK;
}

static struct torn_file *torn(sqlite3_file *f)
{
    return faulty.disk != NULL ? ((struct file *)f)->torn : NULL;
}

static sqlite3_file *below(sqlite3_file *f)
{
    return ((struct file *)f)->below;
}

static void set_unsynced(sqlite3_file *f, bool unsynced)
{
    struct file *file = (struct file *)f;

    if (unsynced && !file->unsynced)
        faulty.unsynced++;
    if (!unsynced && file->unsynced)
        faulty.unsynced--;
    file->unsynced = unsynced;
}

static int xclose(sqlite3_file *f)
{
    set_unsynced(f, false);
    return below(f)->pMethods->xClose(below(f));
}

static int xread(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    int rc = failing(FAULTY_READ);

    return rc != SQLITE_OK ? rc : below(f)->pMethods->xRead(below(f), p, n, at);
}

static int xwrite(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    int rc = failing(FAULTY_WRITE);

    set_unsynced(f, true);
    if (rc == SQLITE_OK && torn(f) != NULL && !faulty.dead)
        torn_disk_write(torn(f), (uint64_t)at, p, (size_t)n);
    if (rc == SQLITE_OK)
        rc = powered();
    /* Half of it may be on the disk. */
    if (rc != SQLITE_OK)
        (void)below(f)->pMethods->xWrite(below(f), p, n / 2, at);
    return rc != SQLITE_OK ? rc
                           : below(f)->pMethods->xWrite(below(f), p, n, at);
}

static int xtruncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = failing(FAULTY_TRUNCATE);

    if (rc == SQLITE_OK && torn(f) != NULL && !faulty.dead)
        torn_disk_truncate(torn(f), (uint64_t)size);
    if (rc == SQLITE_OK)
        rc = powered();
    return rc != SQLITE_OK ? rc : below(f)->pMethods->xTruncate(below(f), size);
}

/* Nobody cuts the power here, and it takes long. */
static int xsync(sqlite3_file *f, int flags)
{
    int rc = failing(FAULTY_SYNC);

    (void)flags;
    if (rc == SQLITE_OK)
        rc = powered();
    if (rc == SQLITE_OK)
        set_unsynced(f, false);
    if (rc == SQLITE_OK && torn(f) != NULL)
        torn_disk_sync(torn(f));
    else if (torn(f) != NULL && !faulty.dead)
        torn_disk_forget(torn(f));
    return rc;
}

static int xsize(sqlite3_file *f, sqlite3_int64 *size)
{
    return below(f)->pMethods->xFileSize(below(f), size);
}

static int xlock(sqlite3_file *f, int lock)
{
    return below(f)->pMethods->xLock(below(f), lock);
}

static int xunlock(sqlite3_file *f, int lock)
{
    return below(f)->pMethods->xUnlock(below(f), lock);
}

static int xcheck(sqlite3_file *f, int *out)
{
    return below(f)->pMethods->xCheckReservedLock(below(f), out);
}

static int xcontrol(sqlite3_file *f, int op, void *arg)
{
    if (op == SQLITE_FCNTL_LAST_ERRNO && faulty.hits > 0) {
        *(int *)arg = faulty.err;
        return SQLITE_OK;
    }
    return below(f)->pMethods->xFileControl(below(f), op, arg);
}

static int xsector(sqlite3_file *f)
{
    return below(f)->pMethods->xSectorSize(below(f));
}

static int xdevice(sqlite3_file *f)
{
    return below(f)->pMethods->xDeviceCharacteristics(below(f));
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
    .xUnlock = xunlock,
    .xCheckReservedLock = xcheck,
    .xFileControl = xcontrol,
    .xSectorSize = xsector,
    .xDeviceCharacteristics = xdevice,
};

static int xopen(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
                 int *out)
{
    struct file *file = (struct file *)f;
    int rc;

    (void)vfs;
    file->below = (sqlite3_file *)(file + 1);
    file->unsynced = false;
    file->torn = NULL;
    if (faulty.disk != NULL && name != NULL)
        file->torn = torn_disk_open(faulty.disk, name);
    rc = faulty.below->xOpen(faulty.below, name, file->below, flags, out);
    f->pMethods = rc == SQLITE_OK ? &methods : NULL;
    return rc;
}

static int xdelete(sqlite3_vfs *vfs, const char *name, int sync)
{
    int rc = powered();

    (void)vfs;
    if (rc == SQLITE_OK && faulty.disk != NULL)
        torn_disk_delete(faulty.disk, name);
    return rc != SQLITE_OK ? rc
                           : faulty.below->xDelete(faulty.below, name, sync);
}

static int xlast(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    (void)n;
    (void)out;
    return errno;
}

void faulty_vfs_install(void)
{
    static sqlite3_vfs vfs;

    faulty.below = sqlite3_vfs_find(NULL);
    assert_non_null(faulty.below);
    vfs = *faulty.below;
    vfs.zName = "faulty";
    vfs.szOsFile += (int)sizeof(struct file);
    vfs.xOpen = xopen;
    vfs.xDelete = xdelete;
    vfs.xGetLastError = xlast;
    vfs.pNext = NULL;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

void faulty_vfs_set(enum faulty_call call, unsigned n, int rc, int err)
{
    faulty.call = call;
    faulty.n = n;
    faulty.hits = 0;
    faulty.rc = rc;
    faulty.err = err;
}

unsigned faulty_vfs_hits(void)
{
    return faulty.hits;
}

unsigned faulty_vfs_unsynced(void)
{
    return faulty.unsynced;
}

void faulty_vfs_cut(struct torn_disk *disk, unsigned calls)
{
    faulty.disk = disk;
    faulty.cut = calls;
    faulty.dead = false;
}

bool faulty_vfs_dead(void)
{
    return faulty.dead;
}
