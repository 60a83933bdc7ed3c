/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What went wrong, in one of a dozen words and in a sentence. SQLite's codes
 * say which call of the system failed; its errno says why: a full disk is many
 * codes, and so is one that turned read-only.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mesh/store/query.h"
#include "p2p/err.h"

static int code_of(enum um_trouble trouble)
{
    static const int codes[] = {
        [UM_STORE_FINE] = 0,
        [UM_STORE_FULL] = P2P_EIO,
        [UM_STORE_READONLY] = P2P_EACCES,
        [UM_STORE_DAMAGED] = P2P_EFORMAT,
        [UM_STORE_BUSY] = P2P_EAGAIN,
        [UM_STORE_UNSYNCED] = P2P_EIO,
        [UM_STORE_DISK] = P2P_EIO,
        [UM_STORE_MEMORY] = P2P_ENOMEM,
        [UM_STORE_NEWER] = P2P_ENOTSUP,
        [UM_STORE_FOREIGN] = P2P_EINVAL,
        [UM_STORE_ABSENT] = P2P_ENOTFOUND,
        [UM_STORE_ODD] = P2P_ESTATE,
    };

    return codes[trouble];
}

int um_trouble_set(struct um_store *s, enum um_trouble trouble,
                   const char *format, ...)
{
    va_list ap;
    int n = snprintf(s->text, sizeof s->text,
                     "%.500s: ", s->path != NULL ? s->path : "store");

    s->trouble = trouble;
    va_start(ap, format);
    (void)vsnprintf(s->text + n, sizeof s->text - (size_t)n, format, ap);
    va_end(ap);
    return code_of(trouble);
}

/* What an error of the system means, for the codes that do not say it. */
static enum um_trouble of_errno(int err)
{
    switch (err) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return UM_STORE_FULL;
        case EROFS:
        case EACCES:
        case EPERM:
            return UM_STORE_READONLY;
        default:
            return UM_STORE_DISK;
    }
}

static enum um_trouble of_io(int rc, int err)
{
    switch (rc) {
        case SQLITE_IOERR_FSYNC:
        case SQLITE_IOERR_DIR_FSYNC:
            return UM_STORE_UNSYNCED;
        case SQLITE_IOERR_NOMEM:
            return UM_STORE_MEMORY;
        case SQLITE_IOERR_SHORT_READ:
        case SQLITE_IOERR_CORRUPTFS:
        case SQLITE_IOERR_DATA:
            return UM_STORE_DAMAGED;
        default:
            return of_errno(err);
    }
}

static enum um_trouble of_sqlite(int rc, int err)
{
    switch (rc & 0xff) {
        case SQLITE_IOERR:
            return of_io(rc, err);
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return of_errno(err);
        case SQLITE_FULL:
            return UM_STORE_FULL;
        case SQLITE_READONLY:
            return UM_STORE_READONLY;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return UM_STORE_DAMAGED;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return UM_STORE_BUSY;
        case SQLITE_NOMEM:
            return UM_STORE_MEMORY;
        default:
            return UM_STORE_ODD;
    }
}

static const char *words(enum um_trouble trouble)
{
    switch (trouble) {
        case UM_STORE_FULL:
            return "no room on the disk";
        case UM_STORE_READONLY:
            return "cannot be written";
        case UM_STORE_DAMAGED:
            return "damaged";
        case UM_STORE_BUSY:
            return "in use by another program";
        case UM_STORE_UNSYNCED:
            return "the disk does not say that it kept what was written";
        case UM_STORE_DISK:
            return "the disk failed";
        case UM_STORE_MEMORY:
            return "no memory";
        default:
            return "SQLite failed";
    }
}

/* The system's error of a call that failed: SQLite keeps it with the file, and
 * those that matter are of the journal. */
static int last_errno(struct um_store *s)
{
    sqlite3_file *journal = NULL;
    int err = 0;

    if (s->db == NULL)
        return errno;
    (void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                               &journal);
    if (journal != NULL && journal->pMethods != NULL)
        (void)journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO,
                                              &err);
    if (err == 0)
        (void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_LAST_ERRNO,
                                   &err);
    return err != 0 ? err : sqlite3_system_errno(s->db);
}

int um_trouble_sqlite(struct um_store *s, int rc)
{
    int err = last_errno(s);
    enum um_trouble trouble = of_sqlite(rc, err);
    const char *message = sqlite3_errstr(rc);

    if (s->db != NULL && sqlite3_extended_errcode(s->db) == rc)
        message = sqlite3_errmsg(s->db);
    if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
        return um_trouble_set(s, trouble, "%s (%s, %d: %s)", words(trouble),
                              message, rc, strerror(err));
    return um_trouble_set(s, trouble, "%s (%s, %d)", words(trouble), message,
                          rc);
}
