/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opening: the file is looked at before SQLite may touch it; then locked for
 * good, set up, and its tables are looked through. What is set up is asked
 * back: all promises of this folder hang on WAL and synchronous = FULL. The
 * last thing is to let closing take the journal in; before that a store that is
 * refused stays as it is, to the byte.
 */
#include "mesh/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "mesh/base/mem.h"
#include "mesh/store/file.h"
#include "p2p/err.h"

/* 2 MiB of pages; a journal that has grown beyond 16 MiB is cut again. */
#define SETTINGS                                              \
    "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON;" \
    "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"   \
    "PRAGMA mmap_size = 0; PRAGMA cache_size = -2048;"        \
    "PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 16777216;"

/* Keeps a copy of the path which is nothing but a path to SQLite. */
static int keep_path(struct um_store *s, const char *path)
{
    const char *prefix = path[0] == '/' ? "" : "./";
    size_t len = strlen(prefix) + strlen(path) + 1;

    s->path = um_mem_alloc(len);
    if (s->path != NULL)
        (void)snprintf(s->path, len, "%s%s", prefix, path);
    s->stmts = um_mem_zalloc(UM_SQL_N * sizeof(struct sqlite3_stmt *));
    if (s->path == NULL || s->stmts == NULL)
        return um_trouble_sqlite(s, SQLITE_NOMEM);
    return 0;
}

/* The answer of a pragma in a row and column; owned by the statement. */
static int ask(struct um_store *s, const char *sql, char *out, size_t cap)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    const unsigned char *text;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        text = sqlite3_column_text(stmt, 0);
        if (text == NULL)
            rc = SQLITE_NOMEM;
        else
            (void)snprintf(out, cap, "%s", (const char *)text);
    }
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? 0 : um_trouble_sqlite(s, rc);
}

/* Sets up, or asks back; wrong if the answer is another. */
static int settle(struct um_store *s, const char *sql, const char *want)
{
    char answer[256];
    int err = ask(s, sql, answer, sizeof answer);

    if (err == 0 && strcmp(answer, want) != 0)
        err = um_trouble_set(s, UM_STORE_ODD, "%s says %s, not %s", sql, answer,
                             want);
    return err;
}

/* The journal may know of a later version than the file's first page. */
static int look_at_version(struct um_store *s)
{
    char answer[32];
    char ours[16];
    int err;

    (void)snprintf(ours, sizeof ours, "%d", UM_STORE_APPLICATION);
    err = settle(s, "PRAGMA application_id", ours);
    if (err == 0)
        err = ask(s, "PRAGMA user_version", answer, sizeof answer);
    (void)snprintf(ours, sizeof ours, "%d", UM_STORE_SCHEMA);
    if (err == 0 && strcmp(answer, ours) != 0)
        err = um_trouble_set(s, UM_STORE_NEWER,
                             "written by a newer unitmesh: its version is %s, "
                             "this one knows %d",
                             answer, UM_STORE_SCHEMA);
    return err;
}

/* The structure of all tables but the one of documents, which may be large:
 * each is found by its hash and hashed when it is read. In another table a
 * damaged page could hide rows that nobody asks for by name. Of items, which
 * may be many, the index is only counted: looking each up takes ten times as
 * long, and is for um_store_check(). */
static int look_through(struct um_store *s)
{
    static const char *const checks[] = {
        "PRAGMA quick_check(items)",
        "SELECT CASE (SELECT count(*) FROM items NOT INDEXED) WHEN"
        " (SELECT count(*) FROM items INDEXED BY sqlite_autoindex_items_1)"
        " THEN 'ok' ELSE 'items and their index differ' END",
        "PRAGMA integrity_check(aside)",
        "PRAGMA integrity_check(self)",
        "PRAGMA integrity_check(own)",
        "PRAGMA integrity_check(shown)",
        "PRAGMA integrity_check(rows)",
        "PRAGMA integrity_check(invites)",
        "PRAGMA integrity_check(pending)",
        "PRAGMA integrity_check(answers)",
        "PRAGMA integrity_check(copies)"};
    char answer[512];
    int err = 0;

    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && err == 0; i++) {
        err = ask(s, checks[i], answer, sizeof answer);
        if (err == 0 && strcmp(answer, "ok") != 0)
            err = um_trouble_set(s, UM_STORE_DAMAGED, "damaged: %s", answer);
    }
    return err;
}

/* Whether it has a journal from before: one that was never opened has none. */
static int look_at_journal(struct um_store *s)
{
    char answer[32];
    int err = ask(s, "PRAGMA journal_mode", answer, sizeof answer);

    s->firm = err == 0 && strcmp(answer, "wal") != 0;
    return err;
}

static int set_up(struct um_store *s)
{
    int err = 0;

    if (!s->read) /* first: what reads would share its journal else */
        err = settle(s, "PRAGMA locking_mode = EXCLUSIVE", "exclusive");
    if (err == 0)
        err = um_file_run(s, SETTINGS);
    if (err == 0)
        err = look_at_version(s);
    if (err == 0)
        err = look_at_journal(s);
    if (err == 0 && !s->read)
        err = settle(s, "PRAGMA journal_mode = WAL", "wal");
    if (err == 0)
        err = settle(s, "PRAGMA synchronous", "2");
    if (err == 0)
        err = um_schema_look(s);
    return err == 0 && !s->read ? look_through(s) : err;
}

static int find_or_make(struct um_store *s, enum um_store_mode mode)
{
    int err = um_file_look(s);

    if (err != 0 && s->trouble == UM_STORE_ABSENT && mode == UM_STORE_CREATE) {
        err = um_file_make(s);
        if (err == 0)
            err = um_file_look(s);
    }
    return err;
}

int um_store_open(struct um_store *s, const char *path, enum um_store_mode mode)
{
    int err;

    *s = (struct um_store){.read = mode == UM_STORE_READ};
    err = keep_path(s, path);
    if (err == 0)
        err = find_or_make(s, mode);
    if (err == 0)
        err = um_file_connect(s);
    if (err == 0)
        err = set_up(s);
    if (err != 0) {
        um_store_close(s);
        return err;
    }
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    s->trouble = UM_STORE_FINE;
    s->text[0] = '\0';
    return 0;
}

int um_store_remove(const char *path)
{
    struct um_store s = {.read = true};
    int err = keep_path(&s, path);

    if (err == 0 && access(s.path, F_OK) != 0 && errno == ENOENT)
        err = P2P_ENOTFOUND;
    if (err == 0)
        err = um_file_remove(&s);
    um_store_close(&s);
    return err;
}

void um_store_close(struct um_store *s)
{
    for (size_t i = 0; s->stmts != NULL && i < UM_SQL_N; i++)
        (void)sqlite3_finalize(s->stmts[i]);
    um_file_disconnect(s);
    um_mem_free(s->stmts);
    um_mem_free(s->path);
    um_buf_fini(&s->bytes);
    s->stmts = NULL;
    s->path = NULL;
    s->batch = false;
}

/* Whether the file is still where it was opened. What is written to one that
 * has no name any more would be gone with the program. */
static int look_for_it(struct um_store *s)
{
    int moved = 0;

    if (s->db != NULL &&
        sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
            SQLITE_OK &&
        moved != 0)
        return um_trouble_set(s, UM_STORE_DISK,
                              "removed, or another file is in its place");
    return 0;
}

int um_store_begin(struct um_store *s)
{
    int err = P2P_ESTATE;

    if (!s->batch) {
        err = look_for_it(s);
        if (err == 0)
            err = um_write_begin(s);
        s->batch = err == 0;
        s->alone = false;
        s->failed = 0;
    }
    return err;
}

int um_store_commit(struct um_store *s)
{
    int err = s->batch ? s->failed : P2P_ESTATE;

    if (s->batch) {
        s->batch = false;
        s->alone = true;
        err = um_write_end(s, err);
    }
    return err;
}

void um_store_rollback(struct um_store *s)
{
    if (s->batch && s->failed == 0)
        s->failed = P2P_ECANCELED;
    (void)um_store_commit(s);
}
