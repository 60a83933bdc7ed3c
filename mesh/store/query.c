/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The texts of all statements, and how one is used. `place` is the order of
 * arrival in every table that has one. A number above 2^63 - 1 is none of ours
 * and is not bound.
 */
#include "mesh/store/file.h"

#include <assert.h>
#include <limits.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

#define ITEM_COLUMNS      \
    "SELECT " UM_SUM_ITEM \
    " = sum, place, kind, seen_ms, overdue_ms, id, envelope"
#define COPY_COLUMNS \
    "SELECT " UM_SUM_COPY " = sum, place, at_ms, why, size, revision, hash"
#define INVITE_COLUMNS \
    "SELECT " UM_SUM_INVITE " = sum, roles, expires_ms, uses, used, id, key"

/* Of each statement: what its rows are called in a text, and itself. */
static const struct {
    const char *what;
    const char *sql;
} texts[] = {
    [UM_SQL_BEGIN] = {NULL, "BEGIN IMMEDIATE"},
    [UM_SQL_COMMIT] = {NULL, "COMMIT"},
    [UM_SQL_ROLLBACK] = {NULL, "ROLLBACK"},

    [UM_SQL_ITEM_HAS] = {NULL, "SELECT 1 FROM items WHERE id = ?1"},
    [UM_SQL_ITEM_ADD] = {NULL,
                         "INSERT INTO items"
                         " (kind, seen_ms, overdue_ms, sum, id, envelope)"
                         " VALUES (?1, ?2, 0, um_sum(?1, ?2, 0, ?3, ?4),"
                         " ?3, ?4)"},
    [UM_SQL_ITEM_GET] = {"an item", ITEM_COLUMNS " FROM items WHERE id = ?1"},
    [UM_SQL_ITEM_NEXT] = {"an item", ITEM_COLUMNS
                          " FROM items WHERE place > ?1 ORDER BY place"
                          " LIMIT 1"},
    [UM_SQL_ITEM_LAST] = {NULL, "SELECT coalesce(max(place), 0) FROM items"},
    [UM_SQL_ITEM_OVERDUE] = {NULL,
                             "UPDATE items SET overdue_ms = ?2, sum ="
                             " um_sum(kind, seen_ms, ?2, id, envelope)"
                             " WHERE id = ?1"},

    [UM_SQL_ASIDE_HAS] = {NULL, "SELECT 1 FROM aside WHERE id = ?1"},
    [UM_SQL_ASIDE_ADD] = {NULL,
                          "INSERT INTO aside (kind, seen_ms, sum, id, envelope)"
                          " VALUES (?1, ?2, um_sum(?1, ?2, ?3, ?4), ?3, ?4)"},
    [UM_SQL_ASIDE_NEXT] = {"an item aside",
                           "SELECT " UM_SUM_ASIDE
                           " = sum, place, kind, seen_ms,"
                           " 0, id, envelope FROM aside WHERE place > ?1"
                           " ORDER BY place LIMIT 1"},
    [UM_SQL_ASIDE_COUNT] = {NULL, "SELECT count(*) FROM aside"},
    [UM_SQL_ASIDE_DROP] = {NULL, "DELETE FROM aside WHERE id = ?1"},

    [UM_SQL_DOC_FIND] = {NULL,
                         "SELECT place, size, length(bytes) FROM documents"
                         " WHERE hash = ?1"},
    [UM_SQL_DOC_ADD] = {NULL,
                        "INSERT INTO documents (hash, size, bytes)"
                        " VALUES (?1, ?2, ?3)"},
    [UM_SQL_DOC_NEXT] = {NULL,
                         "SELECT place, length(bytes), hash FROM documents"
                         " WHERE hash > ?1 ORDER BY hash LIMIT 1"},
    [UM_SQL_DOC_DROP] = {NULL, "DELETE FROM documents WHERE hash = ?1"},

    [UM_SQL_SELF_GET] = {"the node's mesh",
                         "SELECT " UM_SUM_SELF " = sum, mesh, salt FROM self"},
    [UM_SQL_SELF_PUT] = {NULL,
                         "INSERT INTO self (one, sum, mesh, salt)"
                         " VALUES (1, um_sum(?1, ?2), ?1, ?2)"},
    [UM_SQL_OWN_GET] = {"the node's own state",
                        "SELECT " UM_SUM_OWN " = sum, bytes FROM own"},
    [UM_SQL_OWN_PUT] = {NULL,
                        "REPLACE INTO own (one, sum, bytes)"
                        " VALUES (1, um_sum(?1), ?1)"},
    [UM_SQL_SHOWN_GET] = {"what Unit showed",
                          "SELECT " UM_SUM_SHOWN
                          " = sum, size, effective, hash FROM shown"},
    [UM_SQL_SHOWN_PUT] = {NULL,
                          "REPLACE INTO shown"
                          " (one, size, sum, effective, hash, bytes)"
                          " VALUES (1, ?1, um_sum(?1, ?2, ?3), ?2, ?3, ?4)"},

    [UM_SQL_COPY_ADD] = {NULL,
                         "INSERT INTO copies"
                         " (at_ms, why, size, sum, revision, hash, bytes)"
                         " VALUES (?1, ?2, ?3, um_sum(?1, ?2, ?3, ?4, ?5),"
                         " ?4, ?5, ?6)"},
    [UM_SQL_COPY_NEXT] = {"a copy of a configuration", COPY_COLUMNS
                          " FROM copies WHERE place > ?1 ORDER BY place"
                          " LIMIT 1"},
    [UM_SQL_COPY_GET] = {"a copy of a configuration",
                         COPY_COLUMNS " FROM copies WHERE place = ?1"},
    [UM_SQL_COPY_TRIM] = {NULL,
                          "DELETE FROM copies WHERE place <= (SELECT place"
                          " FROM copies ORDER BY place DESC"
                          " LIMIT 1 OFFSET ?1)"},

    [UM_SQL_ROW_SEQ] = {"a member's row",
                        "SELECT " UM_SUM_ROW " = sum, seq FROM rows"
                        " WHERE member = ?1"},
    [UM_SQL_ROW_PUT] = {NULL,
                        "REPLACE INTO rows (seq, seen_ms, sum, member,"
                        " envelope) VALUES (?1, ?2,"
                        " um_sum(?1, ?2, ?3, ?4), ?3, ?4)"},
    [UM_SQL_ROW_NEXT] = {"a member's row",
                         "SELECT " UM_SUM_ROW " = sum, seq, seen_ms, member,"
                         " envelope FROM rows WHERE member > ?1"
                         " ORDER BY member LIMIT 1"},
    [UM_SQL_ROW_COUNT] = {NULL, "SELECT count(*) FROM rows"},
    [UM_SQL_ROW_DROP] = {NULL, "DELETE FROM rows WHERE member = ?1"},

    [UM_SQL_INVITE_GET] = {"an invitation",
                           INVITE_COLUMNS " FROM invites WHERE id = ?1"},
    [UM_SQL_INVITE_PUT] = {NULL,
                           "REPLACE INTO invites"
                           " (roles, expires_ms, uses, used, sum, id, key)"
                           " VALUES (?1, ?2, ?3, ?4,"
                           " um_sum(?1, ?2, ?3, ?4, ?5, ?6), ?5, ?6)"},
    [UM_SQL_INVITE_NEXT] = {"an invitation", INVITE_COLUMNS
                            " FROM invites WHERE id > ?1 ORDER BY id LIMIT 1"},
    [UM_SQL_INVITE_COUNT] = {NULL, "SELECT count(*) FROM invites"},
    [UM_SQL_INVITE_DROP] = {NULL, "DELETE FROM invites WHERE id = ?1"},
    [UM_SQL_INVITE_TRIM] = {NULL,
                            "DELETE FROM invites WHERE used >= uses OR"
                            " (expires_ms > 0 AND expires_ms <= ?1)"},

    [UM_SQL_PENDING_HAS] = {NULL, "SELECT 1 FROM pending WHERE key = ?1"},
    [UM_SQL_PENDING_PUT] = {NULL,
                            "REPLACE INTO pending (at_ms, sum, key, name)"
                            " VALUES (?1, um_sum(?1, ?2, ?3), ?2, ?3)"},
    [UM_SQL_PENDING_NEXT] = {"a pending member",
                             "SELECT " UM_SUM_PENDING
                             " = sum, place, at_ms, key,"
                             " name FROM pending WHERE place > ?1"
                             " ORDER BY place LIMIT 1"},
    [UM_SQL_PENDING_COUNT] = {NULL, "SELECT count(*) FROM pending"},
    [UM_SQL_PENDING_DROP] = {NULL, "DELETE FROM pending WHERE key = ?1"},

    [UM_SQL_ANSWER_GET] = {"an answer",
                           "SELECT " UM_SUM_ANSWER " = sum, at_ms, status,"
                           " request, bytes FROM answers WHERE key = ?1"},
    [UM_SQL_ANSWER_PUT] = {NULL,
                           "REPLACE INTO answers"
                           " (at_ms, status, sum, key, request, bytes)"
                           " VALUES (?1, ?2, um_sum(?1, ?2, ?3, ?4, ?5),"
                           " ?3, ?4, ?5)"},
    [UM_SQL_ANSWER_OLD] = {NULL, "DELETE FROM answers WHERE at_ms < ?1"},
    [UM_SQL_ANSWER_TRIM] = {NULL,
                            "DELETE FROM answers WHERE place <= (SELECT place"
                            " FROM answers ORDER BY place DESC"
                            " LIMIT 1 OFFSET ?1)"},
};

void um_query_init(struct um_query *q, struct um_store *s, enum um_sql which)
{
    int rc;

    *q = (struct um_query){.s = s, .which = which};
    if (s->db == NULL) {
        q->err = um_trouble_set(s, UM_STORE_ODD, "not open");
        return;
    }
    if (s->stmts[which] == NULL) {
        rc = sqlite3_prepare_v3(s->db, texts[which].sql, -1,
                                SQLITE_PREPARE_PERSISTENT, &s->stmts[which],
                                NULL);
        if (rc != SQLITE_OK) {
            q->err = um_trouble_sqlite(s, rc);
            return;
        }
    }
    q->stmt = s->stmts[which];
}

static void bound(struct um_query *q, int rc)
{
    if (rc != SQLITE_OK && q->err == 0)
        q->err = um_trouble_sqlite(q->s, rc);
}

void um_query_num(struct um_query *q, int i, uint64_t v)
{
    if (q->err == 0 && v > INT64_MAX)
        q->err = P2P_EINVAL;
    if (q->err == 0)
        bound(q, sqlite3_bind_int64(q->stmt, i, (sqlite3_int64)v));
}

void um_query_bytes(struct um_query *q, int i, const void *p, size_t len)
{
    if (q->err == 0 && len > INT_MAX)
        q->err = P2P_ETOOBIG;
    if (q->err == 0)
        bound(q, sqlite3_bind_blob(q->stmt, i, len > 0 ? p : "", (int)len,
                                   SQLITE_STATIC));
}

void um_query_name(struct um_query *q, int i, const struct um_name *name)
{
    um_query_bytes(q, i, name->b, sizeof name->b);
}

void um_query_str(struct um_query *q, int i, struct um_str s)
{
    um_query_bytes(q, i, s.p, s.len);
}

void um_query_damaged(struct um_query *q, const char *what)
{
    if (q->err == 0)
        q->err = um_trouble_set(q->s, UM_STORE_DAMAGED, "damaged: %s", what);
}

bool um_query_row(struct um_query *q)
{
    const char *what = texts[q->which].what;
    int rc;

    if (q->err != 0)
        return false;
    rc = sqlite3_step(q->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        q->err = um_trouble_sqlite(q->s, rc);
    if (rc != SQLITE_ROW)
        return false;
    if (what != NULL && sqlite3_column_int(q->stmt, 0) != 1)
        q->err = um_trouble_set(q->s, UM_STORE_DAMAGED,
                                "damaged: %s differs from its checksum", what);
    return q->err == 0;
}

uint64_t um_query_num_at(struct um_query *q, int i)
{
    return (uint64_t)sqlite3_column_int64(q->stmt, i);
}

struct um_str um_query_str_at(struct um_query *q, int i)
{
    const char *p = sqlite3_column_blob(q->stmt, i);
    int len = sqlite3_column_bytes(q->stmt, i);

    if (p == NULL && len > 0 && q->err == 0)
        q->err = um_trouble_sqlite(q->s, SQLITE_NOMEM);
    return um_str_n(p, p != NULL ? (size_t)len : 0);
}

struct um_str um_query_lend_at(struct um_query *q, int i)
{
    struct um_buf *b = &q->s->bytes;

    um_buf_clear(b);
    um_buf_str(b, um_query_str_at(q, i));
    if (um_buf_failed(b) && q->err == 0)
        q->err = um_trouble_sqlite(q->s, SQLITE_NOMEM);
    return um_buf_view(b);
}

void um_query_copy_at(struct um_query *q, int i, void *out, size_t len)
{
    struct um_str s = um_query_str_at(q, i);

    if (s.len != len)
        um_query_damaged(q, "a value has another length than it should");
    else
        memcpy(out, s.p, len);
}

int um_query_fini(struct um_query *q)
{
    if (q->stmt != NULL) {
        (void)sqlite3_reset(q->stmt);
        (void)sqlite3_clear_bindings(q->stmt);
    }
    return q->err;
}

int um_query_run(struct um_query *q)
{
    while (um_query_row(q))
        ;
    return um_query_fini(q);
}

int um_query_found(struct um_store *s, enum um_sql which, struct um_str id)
{
    struct um_query q;
    int found;
    int err;

    um_query_init(&q, s, which);
    um_query_str(&q, 1, id);
    found = um_query_row(&q);
    err = um_query_fini(&q);
    return err != 0 ? err : found;
}

int um_query_count(struct um_store *s, enum um_sql which, uint64_t *out)
{
    struct um_query q;

    *out = 0;
    um_query_init(&q, s, which);
    if (um_query_row(&q))
        *out = um_query_num_at(&q, 0);
    return um_query_fini(&q);
}

int um_query_drop(struct um_store *s, enum um_sql which, struct um_str id)
{
    struct um_query q;
    int err = um_write_begin(s);
    int changed = 0;

    if (err == 0) {
        um_query_init(&q, s, which);
        um_query_str(&q, 1, id);
        err = um_query_run(&q);
        changed = sqlite3_changes(s->db);
    }
    err = um_write_end(s, err);
    return err == 0 && changed == 0 ? P2P_ENOTFOUND : err;
}

/* Before the first write: who had the store before may have ended because a
 * sync failed. The system then takes for written what is not on the disk, and
 * shows it all the same; a journal that goes on behind such a hole ends at it
 * when the power goes. So all that the journal holds is written once more, and
 * synced, and the journal begins anew. */
static int make_firm(struct um_store *s)
{
    int err = s->firm ? 0 : um_file_run(s, "PRAGMA wal_checkpoint(TRUNCATE)");

    s->firm = err == 0;
    return err;
}

int um_write_begin(struct um_store *s)
{
    struct um_query q;
    int err;

    if (s->batch)
        return s->failed;
    assert(!s->alone);
    if (s->read)
        return um_trouble_set(s, UM_STORE_READONLY, "opened to be read only");
    err = make_firm(s);
    if (err != 0)
        return err;
    um_query_init(&q, s, UM_SQL_BEGIN);
    s->alone = um_query_run(&q) == 0;
    return q.err;
}

/* Gives up what was written since BEGIN. SQLite may have done so itself. */
static void give_up(struct um_store *s)
{
    struct um_query q;

    if (sqlite3_get_autocommit(s->db) != 0)
        return;
    um_query_init(&q, s, UM_SQL_ROLLBACK);
    (void)um_query_run(&q);
}

int um_write_end(struct um_store *s, int err)
{
    struct um_query q;

    if (s->batch) {
        if (s->failed == 0)
            s->failed = err;
        return err;
    }
    if (!s->alone)
        return err;
    s->alone = false;
    if (err == 0) {
        um_query_init(&q, s, UM_SQL_COMMIT);
        err = um_query_run(&q);
    }
    if (err != 0) {
        char text[UM_STORE_TEXT_MAX];
        enum um_trouble trouble = s->trouble;

        memcpy(text, s->text, sizeof text);
        give_up(s);
        s->trouble = trouble;
        memcpy(s->text, text, sizeof text);
    }
    return err;
}
