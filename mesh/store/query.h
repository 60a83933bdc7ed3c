/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * One statement at work; private to this folder. Each is prepared once a store,
 * at its first use. Values are bound, never pasted; the first error sticks and
 * is what comes back in the end.
 *
 *     um_query_init(&q, s, UM_SQL_ITEM_GET);
 *     um_query_name(&q, 1, id);
 *     if (um_query_row(&q))
 *         size = um_query_num_at(&q, 2);
 *     return um_query_fini(&q);
 *
 * Rows of most tables carry the checksum um_sum() of their values. A statement
 * that reads such rows gives `um_sum(…) = sum` as its first column, and
 * um_query_row() looks at it.
 */
#ifndef UM_STORE_QUERY_H
#define UM_STORE_QUERY_H

#include <sqlite3.h>

#include "mesh/store/store.h"

/* The checksums of the tables' rows, as SQL. */
#define UM_SUM_ITEM    "um_sum(kind, seen_ms, overdue_ms, id, envelope)"
#define UM_SUM_ASIDE   "um_sum(kind, seen_ms, id, envelope)"
#define UM_SUM_SELF    "um_sum(mesh, salt)"
#define UM_SUM_OWN     "um_sum(bytes)"
#define UM_SUM_SHOWN   "um_sum(size, effective, hash)"
#define UM_SUM_COPY    "um_sum(at_ms, why, size, revision, hash)"
#define UM_SUM_ROW     "um_sum(seq, seen_ms, member, envelope)"
#define UM_SUM_INVITE  "um_sum(roles, expires_ms, uses, used, id, key)"
#define UM_SUM_PENDING "um_sum(at_ms, key, name)"
#define UM_SUM_ANSWER  "um_sum(at_ms, status, key, request, bytes)"

/** The statements; their texts stand in query.c. */
enum um_sql {
    UM_SQL_BEGIN,
    UM_SQL_COMMIT,
    UM_SQL_ROLLBACK,
    UM_SQL_ITEM_HAS,
    UM_SQL_ITEM_ADD,
    UM_SQL_ITEM_GET,
    UM_SQL_ITEM_NEXT,
    UM_SQL_ITEM_LAST,
    UM_SQL_ITEM_OVERDUE,
    UM_SQL_ASIDE_HAS,
    UM_SQL_ASIDE_ADD,
    UM_SQL_ASIDE_NEXT,
    UM_SQL_ASIDE_COUNT,
    UM_SQL_ASIDE_DROP,
    UM_SQL_DOC_FIND,
    UM_SQL_DOC_ADD,
    UM_SQL_DOC_NEXT,
    UM_SQL_DOC_DROP,
    UM_SQL_SELF_GET,
    UM_SQL_SELF_PUT,
    UM_SQL_OWN_GET,
    UM_SQL_OWN_PUT,
    UM_SQL_SHOWN_GET,
    UM_SQL_SHOWN_PUT,
    UM_SQL_COPY_ADD,
    UM_SQL_COPY_NEXT,
    UM_SQL_COPY_GET,
    UM_SQL_COPY_TRIM,
    UM_SQL_ROW_SEQ,
    UM_SQL_ROW_PUT,
    UM_SQL_ROW_NEXT,
    UM_SQL_ROW_COUNT,
    UM_SQL_ROW_DROP,
    UM_SQL_INVITE_GET,
    UM_SQL_INVITE_PUT,
    UM_SQL_INVITE_NEXT,
    UM_SQL_INVITE_COUNT,
    UM_SQL_INVITE_DROP,
    UM_SQL_INVITE_TRIM,
    UM_SQL_PENDING_HAS,
    UM_SQL_PENDING_PUT,
    UM_SQL_PENDING_NEXT,
    UM_SQL_PENDING_COUNT,
    UM_SQL_PENDING_DROP,
    UM_SQL_ANSWER_GET,
    UM_SQL_ANSWER_PUT,
    UM_SQL_ANSWER_OLD,
    UM_SQL_ANSWER_TRIM,
    UM_SQL_N
};

/** A statement at work. */
struct um_query {
    struct um_store *s;
    sqlite3_stmt *stmt; /* NULL if it cannot be prepared */
    enum um_sql which;
    int err;
};

/** Takes a statement; um_query_fini() gives it back. */
void um_query_init(struct um_query *q, struct um_store *s, enum um_sql which);

/** Binds a number to the i-th parameter, counted from 1. */
void um_query_num(struct um_query *q, int i, uint64_t v);

/** Binds bytes, which stay where they are until fini. */
void um_query_bytes(struct um_query *q, int i, const void *p, size_t len);

/** Binds a name; as bytes. */
void um_query_name(struct um_query *q, int i, const struct um_name *name);

/** The bytes of a name, as a view. */
static inline struct um_str um_query_view(const struct um_name *name)
{
    return um_str_n((const char *)name->b, sizeof name->b);
}

/** Binds a view; as bytes. */
void um_query_str(struct um_query *q, int i, struct um_str s);

/**
 * Makes a step. True if there is a row and it is whole; columns can be read
 * then. q->err says more when false.
 */
bool um_query_row(struct um_query *q);

/** Column i of the row, counted from 0, as a number. */
uint64_t um_query_num_at(struct um_query *q, int i);

/** Column i as bytes, valid until the next call on q. */
struct um_str um_query_str_at(struct um_query *q, int i);

/** Column i as bytes, copied to where they are valid until the next call on the
 * store; empty when there is no memory. */
struct um_str um_query_lend_at(struct um_query *q, int i);

/** Copies column i, which must have len bytes, or the row is damaged. */
void um_query_copy_at(struct um_query *q, int i, void *out, size_t len);

/** Marks the row as damaged: `what` it is, for the text. */
void um_query_damaged(struct um_query *q, const char *what);

/** Gives the statement back; 0 or the first error. */
int um_query_fini(struct um_query *q);

/** Makes the steps of a statement without rows, and fini. */
int um_query_run(struct um_query *q);

/** Whether a statement that may have been given an id finds a row: 1, 0, or
 * the error. */
int um_query_found(struct um_store *s, enum um_sql which, struct um_str id);

/** The one number that a statement without parameters gives. */
int um_query_count(struct um_store *s, enum um_sql which, uint64_t *out);

/** Runs a statement whose only parameter is an id; P2P_ENOTFOUND if no row
 * was changed. */
int um_query_drop(struct um_store *s, enum um_sql which, struct um_str id);

/**
 * Before the first change of a function that writes: begins a batch, unless in
 * one. Errors: s->trouble, or what spoilt the batch. um_write_end() follows in
 * any case.
 */
int um_write_begin(struct um_store *s);

/**
 * After the last one, with how it went.
 * @param err 0: ends the batch that um_write_begin() began; else nothing of the
 *            batch, whoever began it, will be kept
 * @return err, or why it could not be committed
 */
int um_write_end(struct um_store *s, int err);

/** Sets trouble and text from what SQLite said; returns their code. */
int um_trouble_sqlite(struct um_store *s, int rc);

/** Sets them otherwise: text as printf does, behind the path. */
int um_trouble_set(struct um_store *s, enum um_trouble trouble,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Teaches a database um_sum(). Returns SQLite's code. */
int um_sum_register(sqlite3 *db);

#endif
