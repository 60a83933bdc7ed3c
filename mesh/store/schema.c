/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The tables, and whether a file has just these. docs/internals/store.md says
 * what each is for. What is asked for by id has an index, which a UNIQUE makes.
 */
#include <string.h>

#include "mesh/store/file.h"

/* One string a table, as SQLite keeps it. */
static const struct {
    const char *name;
    const char *sql;
} tables[] = {
    {"items",
     "CREATE TABLE items (place INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
     " seen_ms INTEGER NOT NULL, overdue_ms INTEGER NOT NULL,"
     " sum INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, envelope BLOB NOT NULL)"
     " STRICT"},
    {"aside",
     "CREATE TABLE aside (place INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
     " seen_ms INTEGER NOT NULL, sum INTEGER NOT NULL,"
     " id BLOB NOT NULL UNIQUE, envelope BLOB NOT NULL) STRICT"},
    {"documents",
     "CREATE TABLE documents (place INTEGER PRIMARY KEY,"
     " hash BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, bytes BLOB NOT NULL)"
     " STRICT"},
    {"self",
     "CREATE TABLE self (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " sum INTEGER NOT NULL, mesh BLOB NOT NULL, salt BLOB NOT NULL) STRICT"},
    {"own",
     "CREATE TABLE own (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " sum INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT"},
    {"shown",
     "CREATE TABLE shown (one INTEGER PRIMARY KEY CHECK (one = 1),"
     " size INTEGER NOT NULL, sum INTEGER NOT NULL, effective BLOB NOT NULL,"
     " hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT"},
    {"copies",
     "CREATE TABLE copies (place INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
     " why INTEGER NOT NULL, size INTEGER NOT NULL, sum INTEGER NOT NULL,"
     " revision BLOB NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL)"
     " STRICT"},
    {"rows",
     "CREATE TABLE rows (place INTEGER PRIMARY KEY, seq INTEGER NOT NULL,"
     " seen_ms INTEGER NOT NULL, sum INTEGER NOT NULL,"
     " member BLOB NOT NULL UNIQUE, envelope BLOB NOT NULL) STRICT"},
    {"invites",
     "CREATE TABLE invites (place INTEGER PRIMARY KEY, roles INTEGER NOT NULL,"
     " expires_ms INTEGER NOT NULL, uses INTEGER NOT NULL,"
     " used INTEGER NOT NULL, sum INTEGER NOT NULL, id BLOB NOT NULL UNIQUE,"
     " key BLOB NOT NULL) STRICT"},
    {"pending",
     "CREATE TABLE pending (place INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
     " sum INTEGER NOT NULL, key BLOB NOT NULL UNIQUE, name BLOB NOT NULL)"
     " STRICT"},
    {"answers",
     "CREATE TABLE answers (place INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
     " status INTEGER NOT NULL, sum INTEGER NOT NULL,"
     " key BLOB NOT NULL UNIQUE, request BLOB NOT NULL, bytes BLOB NOT NULL)"
     " STRICT"},
};

#define TABLES_N (sizeof tables / sizeof tables[0])

int um_schema_make(struct um_store *s)
{
    int err = 0;

    for (size_t i = 0; i < TABLES_N && err == 0; i++)
        err = um_file_run(s, tables[i].sql);
    return err;
}

static bool is_table(const char *name, const char *sql)
{
    for (size_t i = 0; i < TABLES_N; i++) {
        if (strcmp(name, tables[i].name) == 0)
            return strcmp(sql, tables[i].sql) == 0;
    }
    return false;
}

int um_schema_look(struct um_store *s)
{
    sqlite3_stmt *stmt = NULL;
    size_t n = 0;
    int rc = sqlite3_prepare_v2(s->db,
                                "SELECT name, sql FROM sqlite_schema"
                                " WHERE sql IS NOT NULL",
                                -1, &stmt, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        const char *sql = (const char *)sqlite3_column_text(stmt, 1);

        rc = SQLITE_OK;
        if (name == NULL || sql == NULL)
            rc = SQLITE_NOMEM;
        else if (is_table(name, sql))
            n++;
        else
            n = TABLES_N + 1;
    }
    (void)sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE)
        return um_trouble_sqlite(s, rc);
    if (n != TABLES_N)
        return um_trouble_set(s, UM_STORE_DAMAGED,
                              "damaged: its tables are not those of version %d",
                              UM_STORE_SCHEMA);
    return 0;
}
