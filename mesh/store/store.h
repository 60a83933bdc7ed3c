/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node keeps on disk: one SQLite database, opened, closed, and written
 * to in batches. docs/internals/store.md has its tables, and what is synced
 * when. A store is used by one thread at a time; it has none of its own.
 *
 *     err = um_store_open(&s, "/var/lib/unitmesh/mesh.db", UM_STORE_EXISTING);
 *     err = um_store_begin(&s);
 *     err = um_items_add(&s, &item);          and whatever else waits
 *     err = um_store_commit(&s);              0: all of it is on the disk
 *     um_store_close(&s);
 *
 * A write outside of a batch is a batch of its own. A batch in which a write
 * failed cannot be committed: nothing of it stays. When a call fails because of
 * the disk, `trouble` and `text` say how; the store goes on, and the same call
 * may succeed later.
 */
#ifndef UM_STORE_STORE_H
#define UM_STORE_STORE_H

#include "mesh/base/buf.h"
#include "mesh/trust/name.h"

struct sqlite3;
struct sqlite3_stmt;

/** The longest text about what went wrong. */
#define UM_STORE_TEXT_MAX 1024

/** How a store may fail, and the code that comes with it. */
enum um_trouble {
    UM_STORE_FINE,
    UM_STORE_FULL,     /**< no room on the disk: P2P_EIO; goes by itself */
    UM_STORE_READONLY, /**< must not be written: P2P_EACCES */
    UM_STORE_DAMAGED,  /**< not what was written: P2P_EFORMAT */
    UM_STORE_BUSY,     /**< another program has it: P2P_EAGAIN */
    UM_STORE_UNSYNCED, /**< fsync failed: P2P_EIO; nobody knows what is on the
                            disk: say so and exit */
    UM_STORE_DISK,     /**< another error of the disk: P2P_EIO */
    UM_STORE_MEMORY,   /**< P2P_ENOMEM */
    UM_STORE_NEWER,    /**< of a later version: P2P_ENOTSUP */
    UM_STORE_FOREIGN,  /**< no store of ours: P2P_EINVAL */
    UM_STORE_ABSENT,   /**< there is no file: P2P_ENOTFOUND */
    UM_STORE_ODD       /**< SQLite says what should not be: P2P_ESTATE */
};

/** What is opened. */
enum um_store_mode {
    UM_STORE_EXISTING, /**< it must be there */
    UM_STORE_CREATE,   /**< it is made if it is not there */
    UM_STORE_READ      /**< nothing is written, not even locks, and the tables
                            are not looked through: to see what is left of one
                            that is damaged. Nobody may write meanwhile. */
};

/** An open store; all but `trouble` and `text` is private. */
struct um_store {
    enum um_trouble trouble;      /**< of the last call that failed so */
    char text[UM_STORE_TEXT_MAX]; /**< the same for people, with the path */
    struct sqlite3 *db;
    struct sqlite3_stmt **stmts;
    char *path;
    struct um_buf bytes; /* what the last reading call lends */
    bool read;
    bool firm;  /* nothing in the journal is of before it was opened */
    bool batch; /* between begin and commit */
    bool alone; /* a write that is a batch of its own */
    int failed; /* the error that spoilt the batch, or 0 */
};

/**
 * Opens the store of a node, and looks whether it is whole, but for documents.
 * A store is never made anew where there was one: a damaged file stays as it
 * is. One that others can read is refused.
 * @param path borrows; its folder is the node's alone, and locked
 * @return 0, or the code of s->trouble; closed then, the text can be read
 */
int um_store_open(struct um_store *s, const char *path,
                  enum um_store_mode mode);

/** Closes it; an open batch is given up. Fine after a failed open. */
void um_store_close(struct um_store *s);

/**
 * Removes a store that nobody has open, with its journal.
 * @param path borrows
 * @return 0, P2P_ENOTFOUND (there was none), P2P_EACCES, P2P_EIO, P2P_ENOMEM
 */
int um_store_remove(const char *path);

/** Begins a batch. Errors: P2P_ESTATE (in one), s->trouble. */
int um_store_begin(struct um_store *s);

/**
 * Ends the batch and waits until it is on the disk.
 * @return 0: all of it is; else nothing of it is there: the error of the write
 *         that failed, or s->trouble; P2P_ESTATE (no batch)
 */
int um_store_commit(struct um_store *s);

/** The error that spoilt the batch: what a commit would return; 0: nothing did.
 */
static inline int um_store_spoilt(const struct um_store *s)
{
    return s->batch ? s->failed : 0;
}

/** Gives up the batch; nothing happens if there is none. */
void um_store_rollback(struct um_store *s);

/** Who listens to um_store_check(). */
struct um_store_ear {
    void *user;
    /** Takes a line about something that is wrong; valid until it returns. */
    void (*say)(void *user, const char *line);
};

/** The most lines that um_store_check() says. */
#define UM_STORE_CHECK_LINES 100

/**
 * Looks at everything: the file's structure, each row against its checksum,
 * each item against its id, each document against its hash. Takes as long as
 * it takes to read the file. What items mean is for who can judge it.
 * @param ear borrows
 * @return 0, P2P_EFORMAT (something was said), or s->trouble
 */
int um_store_check(struct um_store *s, const struct um_store_ear *ear);

#endif
