/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The look at everything: SQLite's own at the structure, then each table's
 * checksums, then what items and documents are named by. It goes on behind what
 * is damaged as far as SQLite can.
 */
#include <stdio.h>

#include "mesh/store/aside.h"
#include "mesh/store/copies.h"
#include "mesh/store/documents.h"
#include "mesh/store/query.h"
#include "mesh/store/self.h"
#include "p2p/err.h"

/* A check that is under way. */
struct check {
    struct um_store *s;
    const struct um_store_ear *ear;
    size_t lines;
};

static void say(struct check *c, const char *line)
{
    if (c->lines < UM_STORE_CHECK_LINES)
        c->ear->say(c->ear->user, line);
    c->lines++;
}

/* Says each row of a statement that is not "ok". Returns what kept it from its
 * end; damage does not. */
static int say_rows(struct check *c, const char *table, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->s->db, sql, -1, &stmt, NULL);
    char line[UM_STORE_TEXT_MAX];
    const char *text;
    int err = 0;

    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        text = (const char *)sqlite3_column_text(stmt, 0);
        rc = text == NULL ? SQLITE_NOMEM : SQLITE_OK;
        if (text == NULL || strcmp(text, "ok") == 0)
            continue;
        (void)snprintf(line, sizeof line, "%s%s", table, text);
        say(c, line);
    }
    (void)sqlite3_finalize(stmt);
    if (rc != SQLITE_DONE)
        err = um_trouble_sqlite(c->s, rc);
    if (err == P2P_EFORMAT) {
        say(c, c->s->text);
        err = 0;
    }
    return err;
}

#define SUMS(table, sum)                                             \
    {                                                                \
        table ": ", "SELECT 'row ' || " table                        \
                    ".rowid || ' differs from its "                  \
                    "checksum' FROM " table " WHERE sum IS NOT " sum \
    }

static int check_sums(struct check *c)
{
    static const struct {
        const char *table;
        const char *sql;
    } tables[] = {
        SUMS("items", UM_SUM_ITEM),      SUMS("aside", UM_SUM_ASIDE),
        SUMS("self", UM_SUM_SELF),       SUMS("own", UM_SUM_OWN),
        SUMS("shown", UM_SUM_SHOWN),     SUMS("copies", UM_SUM_COPY),
        SUMS("rows", UM_SUM_ROW),        SUMS("invites", UM_SUM_INVITE),
        SUMS("pending", UM_SUM_PENDING), SUMS("answers", UM_SUM_ANSWER),
    };
    int err = 0;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && err == 0; i++)
        err = say_rows(c, tables[i].table, tables[i].sql);
    return err;
}

/* Says the text of the store; 0 if it was damage. */
static int say_damage(struct check *c, int err)
{
    if (err == P2P_EFORMAT) {
        say(c, c->s->text);
        err = 0;
    }
    return err;
}

typedef int (*next_item)(struct um_store *s, uint64_t after,
                         struct um_stored *out);

/* Each item is named by its payload; a place after which nothing can be read is
 * the end. Differences of checksums were said before. */
static int check_items(struct check *c, next_item next)
{
    struct um_stored item = {0};
    int rv;

    do {
        uint64_t after = item.place;

        rv = next(c->s, after, &item);
        if (rv < 0 && say_damage(c, rv) != 0)
            return rv;
        if (rv < 0 && item.place == after)
            return 0;
    } while (rv != 0);
    return 0;
}

static int check_documents(struct check *c)
{
    struct um_name hash = {{0}};
    struct um_buf bytes = UM_BUF_INIT;
    int err = 0;
    int rv;

    while ((rv = um_documents_next(c->s, &hash, &hash, NULL)) == 1 &&
           err == 0) {
        um_buf_clear(&bytes);
        err = say_damage(c, um_documents_get(c->s, &hash, &bytes));
    }
    um_buf_fini(&bytes);
    return err != 0 ? err : rv < 0 ? say_damage(c, rv) : 0;
}

static int check_copies(struct check *c)
{
    struct um_copy copy = {0};
    struct um_buf bytes = UM_BUF_INIT;
    int err = 0;
    int rv;

    while ((rv = um_copies_next(c->s, copy.place, &copy)) == 1 && err == 0) {
        um_buf_clear(&bytes);
        err = say_damage(c, um_copies_get(c->s, copy.place, &bytes));
    }
    um_buf_fini(&bytes);
    return err != 0 ? err : rv < 0 ? say_damage(c, rv) : 0;
}

static int check_shown(struct check *c)
{
    struct um_name effective;
    struct um_buf bytes = UM_BUF_INIT;
    int err = say_damage(c, um_self_shown_get(c->s, &effective, &bytes));

    um_buf_fini(&bytes);
    return err;
}

int um_store_check(struct um_store *s, const struct um_store_ear *ear)
{
    struct check c = {.s = s, .ear = ear};
    int err = say_rows(&c, "", "PRAGMA integrity_check(100)");

    if (err == 0)
        err = check_sums(&c);
    if (err == 0)
        err = check_items(&c, um_items_next);
    if (err == 0)
        err = check_items(&c, um_aside_next);
    if (err == 0)
        err = check_documents(&c);
    if (err == 0)
        err = check_copies(&c);
    if (err == 0)
        err = check_shown(&c);
    if (err == 0 && c.lines > 0)
        err = um_trouble_set(s, UM_STORE_DAMAGED, "damaged: %zu findings",
                             c.lines);
    return err;
}
