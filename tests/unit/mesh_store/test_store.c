/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The store as a file: opening, refusing, batches. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

/* Opens g->path, which must fail like this, with these words and the path. */
static void refused(struct rig *g, enum um_store_mode mode,
                    enum um_trouble trouble, const char *words)
{
    int err = um_store_open(&g->s, g->path, mode);

    if (g->s.trouble != trouble || strstr(g->s.text, words) == NULL)
        fail_msg("%d: %s", g->s.trouble, g->s.text);
    assert_true(err < 0);
    assert_non_null(strstr(g->s.text, g->path));
    um_store_close(&g->s);
}

/* The same, and no byte of the file is another then. */
static void refused_untouched(struct rig *g, enum um_trouble trouble,
                              const char *words)
{
    struct um_buf before = UM_BUF_INIT;
    struct um_buf after = UM_BUF_INIT;

    rig_read(g->path, &before);
    refused(g, UM_STORE_EXISTING, trouble, words);
    refused(g, UM_STORE_CREATE, trouble, words);
    refused(g, UM_STORE_READ, trouble, words);
    rig_read(g->path, &after);
    assert_true(um_str_eq(um_buf_view(&before), um_buf_view(&after)));
    um_buf_fini(&before);
    um_buf_fini(&after);
}

/* Runs SQL in the closed store, as somebody else would. */
static void meddle(struct rig *g, const char *sql)
{
    sqlite3 *db;

    um_store_close(&g->s);
    assert_int_equal(sqlite3_open(g->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_a_new_one(void **state)
{
    mode_t mask = umask(0);
    struct rig g;
    struct stat st;

    (void)state;
    rig_folder(&g);
    refused(&g, UM_STORE_EXISTING, UM_STORE_ABSENT, "no such file");
    assert_int_equal(access(g.path, F_OK), -1);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
    assert_int_equal(g.s.trouble, UM_STORE_FINE);
    rig_add(&g.s, 1, 3);
    assert_int_equal(stat(g.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(rig_file(&g, "-wal"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(rig_file(&g, "-shm"), F_OK), -1);
    assert_int_equal(access(rig_file(&g, ".new"), F_OK), -1);
    rig_again(&g);
    rig_has(&g.s, 3);
    assert_int_equal(access(rig_file(&g, "-shm"), F_OK), -1);
    um_store_close(&g.s);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
    rig_has(&g.s, 3);
    rig_fini(&g);
    (void)umask(mask);
}

/* A path is a path, whatever SQLite could take it for. */
static void test_odd_paths(void **state)
{
    static const char *const names[] = {
        "file:x?mode=memory", ":memory:", "a%20b?c#d", "\xc3\xa4 'b\""};
    char here[512];
    struct rig g;

    (void)state;
    rig_folder(&g);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(g.folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(um_store_open(&g.s, names[i], UM_STORE_CREATE), 0);
        rig_add(&g.s, 1, 2);
        um_store_close(&g.s);
        assert_int_equal(access(names[i], F_OK), 0);
        assert_int_equal(um_store_open(&g.s, names[i], UM_STORE_READ), 0);
        rig_has(&g.s, 2);
        um_store_close(&g.s);
    }
    assert_int_equal(chdir(here), 0);
    rig_fini(&g);
}

static void test_what_is_no_store(void **state)
{
    static const char text[] =
        "{\"listeners\": {}, \"this is\": \"somebody's file, and longer than "
        "the header of a database, so that all of it has to be looked at\"}";
    struct rig g;

    (void)state;
    rig_folder(&g);
    rig_write(g.path, text, sizeof text);
    refused_untouched(&g, UM_STORE_FOREIGN, "no database");
    rig_write(g.path, text, 20);
    refused_untouched(&g, UM_STORE_FOREIGN, "no database");
    /* One of ours is never empty. */
    rig_write(g.path, text, 0);
    refused_untouched(&g, UM_STORE_DAMAGED, "empty");
    assert_int_equal(unlink(g.path), 0);
    meddle(&g, "CREATE TABLE t (a)");
    assert_int_equal(chmod(g.path, 0600), 0);
    refused_untouched(&g, UM_STORE_FOREIGN, "another program");
    meddle(&g, "PRAGMA application_id = 1970107240");
    refused_untouched(&g, UM_STORE_FOREIGN, "without a version");
    assert_int_equal(unlink(g.path), 0);
    assert_int_equal(mkdir(g.path, 0700), 0);
    refused(&g, UM_STORE_CREATE, UM_STORE_FOREIGN, "not a file");
    assert_int_equal(rmdir(g.path), 0);
    rig_fini(&g);
}

static void test_links_and_readers(void **state)
{
    struct rig g;
    char other[128];

    (void)state;
    rig_init(&g);
    um_store_close(&g.s);
    assert_int_equal(chmod(g.path, 0640), 0);
    refused_untouched(&g, UM_STORE_FOREIGN, "chmod 600");
    assert_int_equal(chmod(g.path, 0600), 0);
    (void)snprintf(other, sizeof other, "%s/other", g.folder);
    assert_int_equal(rename(g.path, other), 0);
    assert_int_equal(symlink(other, g.path), 0);
    refused_untouched(&g, UM_STORE_FOREIGN, "a link");
    rig_fini(&g);
}

static void test_newer_is_refused(void **state)
{
    struct rig g;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 3);
    meddle(&g, "PRAGMA user_version = 2");
    refused_untouched(&g, UM_STORE_NEWER, "newer");
    meddle(&g, "PRAGMA user_version = 1");
    rig_again(&g);
    rig_has(&g.s, 3);
    rig_fini(&g);
}

/* The version stands in the journal alone: a newer daemon was killed. */
static void test_newer_in_the_journal(void **state)
{
    struct um_buf db = UM_BUF_INIT;
    struct um_buf wal = UM_BUF_INIT;
    struct um_buf after = UM_BUF_INIT;
    struct rig g;
    sqlite3 *other;

    (void)state;
    rig_init(&g);
    um_store_close(&g.s);
    assert_int_equal(sqlite3_open(g.path, &other), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "PRAGMA user_version = 2", NULL, NULL, NULL),
        SQLITE_OK);
    rig_read(g.path, &db);
    rig_read(rig_file(&g, "-wal"), &wal);
    assert_true(wal.len > 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    rig_write(g.path, db.p, db.len);
    rig_write(rig_file(&g, "-wal"), wal.p, wal.len);
    refused(&g, UM_STORE_EXISTING, UM_STORE_NEWER, "newer");
    refused(&g, UM_STORE_CREATE, UM_STORE_NEWER, "newer");
    rig_read(g.path, &after);
    assert_true(um_str_eq(um_buf_view(&db), um_buf_view(&after)));
    rig_read(rig_file(&g, "-wal"), &after);
    assert_true(um_str_eq(um_buf_view(&wal), um_buf_view(&after)));
    um_buf_fini(&db);
    um_buf_fini(&wal);
    um_buf_fini(&after);
    rig_fini(&g);
}

static void test_other_tables(void **state)
{
    static const char *const sql[] = {
        "CREATE TABLE more (a)", "DROP TABLE more; DROP TABLE pending",
        "CREATE TRIGGER t AFTER INSERT ON items BEGIN DELETE FROM items; END"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig g;

        rig_init(&g);
        if (i == 1)
            meddle(&g, sql[0]);
        meddle(&g, sql[i]);
        refused_untouched(&g, UM_STORE_DAMAGED, "tables");
        rig_fini(&g);
    }
}

/* The store is gone, its journal is there: nothing new is made on top. */
static void test_a_journal_alone(void **state)
{
    struct um_buf before = UM_BUF_INIT;
    struct um_buf after = UM_BUF_INIT;
    struct rig g;

    (void)state;
    rig_folder(&g);
    rig_write(rig_file(&g, "-wal"), "what was", 8);
    refused(&g, UM_STORE_CREATE, UM_STORE_DAMAGED, "missing");
    assert_int_equal(access(g.path, F_OK), -1);
    rig_read(rig_file(&g, "-wal"), &after);
    um_buf_text(&before, "what was");
    assert_true(um_str_eq(um_buf_view(&before), um_buf_view(&after)));
    um_buf_fini(&before);
    um_buf_fini(&after);
    rig_fini(&g);
}

/* What was left of a making that was cut off does not matter. */
static void test_left_over_of_making(void **state)
{
    struct rig g;

    (void)state;
    rig_folder(&g);
    rig_write(rig_file(&g, ".new"), "half", 4);
    rig_write(rig_file(&g, ".new-journal"), "half", 4);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
    rig_has(&g.s, 0);
    assert_int_equal(access(rig_file(&g, ".new-journal"), F_OK), -1);
    rig_fini(&g);
}

/* Writes in a child, which is killed: all in the journal. */
static void killed_writer(struct rig *g, uint64_t n)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        if (um_store_open(&g->s, g->path, UM_STORE_EXISTING) == 0)
            rig_add(&g->s, 1, n);
        (void)raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void test_reading_alone(void **state)
{
    struct um_buf before = UM_BUF_INIT;
    struct um_buf after = UM_BUF_INIT;
    struct um_name hash;
    struct rig g;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 3);
    um_store_close(&g.s);
    rig_read(g.path, &before);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_READ), 0);
    rig_has(&g.s, 3);
    hash = rig_doc(1, 9, &after);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&after)),
                     P2P_EACCES);
    assert_int_equal(g.s.trouble, UM_STORE_READONLY);
    assert_int_equal(um_store_begin(&g.s), P2P_EACCES);
    rig_has(&g.s, 3);
    um_store_close(&g.s);
    rig_read(g.path, &after);
    assert_true(um_str_eq(um_buf_view(&before), um_buf_view(&after)));
    um_buf_fini(&before);
    um_buf_fini(&after);
    rig_fini(&g);
}

static void test_reading_past_a_journal(void **state)
{
    struct rig g;

    (void)state;
    rig_init(&g);
    um_store_close(&g.s);
    killed_writer(&g, 3);
    refused(&g, UM_STORE_READ, UM_STORE_READONLY, "-wal");
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_EXISTING), 0);
    rig_has(&g.s, 3);
    um_store_close(&g.s);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_READ), 0);
    rig_has(&g.s, 3);
    rig_fini(&g);
}

/* A file that may not be written, as who is not root. */
static void test_a_file_without_write(void **state)
{
    struct rig g;
    int status;
    pid_t pid;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 2);
    um_store_close(&g.s);
    assert_int_equal(chmod(g.path, 0400), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(g.path, 65534, 65534), 0);
        assert_int_equal(chmod(g.folder, 0755), 0);
    }
    pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(1);
        refused(&g, UM_STORE_EXISTING, UM_STORE_READONLY, "cannot be written");
        assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_READ), 0);
        rig_has(&g.s, 2);
        um_store_close(&g.s);
        _exit(7);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    rig_fini(&g);
}

/* Another process has it. */
static void test_one_at_a_time(void **state)
{
    struct rig g;
    int status;
    pid_t pid;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 2);
    pid = fork();
    if (pid == 0) {
        struct rig mine = g;

        refused(&mine, UM_STORE_EXISTING, UM_STORE_BUSY, "another program");
        _exit(7);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    rig_add(&g.s, 3, 4);
    rig_has(&g.s, 4);
    rig_fini(&g);
}

static void test_removed(void **state)
{
    struct rig g;

    (void)state;
    rig_init(&g);
    um_store_close(&g.s);
    killed_writer(&g, 3);
    assert_int_equal(access(rig_file(&g, "-wal"), F_OK), 0);
    assert_int_equal(um_store_remove(g.path), 0);
    assert_int_equal(access(g.path, F_OK), -1);
    assert_int_equal(access(rig_file(&g, "-wal"), F_OK), -1);
    assert_int_equal(um_store_remove(g.path), P2P_ENOTFOUND);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
    rig_has(&g.s, 0);
    rig_fini(&g);
}

/* A store that is not open answers, and does nothing. */
/* What is written to a file without a name is gone with the program: it is not
 * taken, until the file is back. */
static void test_a_file_that_is_gone_takes_nothing(void **state)
{
    char aside[112];
    struct rig g;

    (void)state;
    rig_init(&g);
    (void)snprintf(aside, sizeof aside, "%s.aside", g.path);
    assert_int_equal(um_store_begin(&g.s), 0);
    assert_int_equal(um_store_commit(&g.s), 0);
    assert_int_equal(rename(g.path, aside), 0);
    assert_int_equal(um_store_begin(&g.s), P2P_EIO);
    assert_int_equal(g.s.trouble, UM_STORE_DISK);
    assert_non_null(strstr(g.s.text, "removed"));
    assert_int_equal(um_store_commit(&g.s), P2P_ESTATE);
    assert_int_equal(rename(aside, g.path), 0);
    assert_int_equal(um_store_begin(&g.s), 0);
    assert_int_equal(um_store_commit(&g.s), 0);
    rig_fini(&g);
}

static void test_closed(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item = rig_item(1, &b);
    struct rig g;

    (void)state;
    rig_init(&g);
    um_store_close(&g.s);
    um_store_close(&g.s);
    assert_int_equal(um_items_add(&g.s, &item), P2P_ESTATE);
    assert_int_equal(um_items_next(&g.s, 0, &item), P2P_ESTATE);
    assert_int_equal(um_documents_get(&g.s, &item.id, &b), P2P_ESTATE);
    assert_int_equal(um_store_begin(&g.s), P2P_ESTATE);
    assert_int_equal(um_store_commit(&g.s), P2P_ESTATE);
    um_store_rollback(&g.s);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void test_a_batch_is_all_or_nothing(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    uint64_t count;
    struct um_stored item;
    struct um_name hash;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_store_commit(&g.s), P2P_ESTATE);
    assert_int_equal(um_store_begin(&g.s), 0);
    assert_int_equal(um_store_begin(&g.s), P2P_ESTATE);
    item = rig_item(1, &b);
    assert_int_equal(um_items_add(&g.s, &item), 0);
    assert_int_equal(um_items_has(&g.s, &item.id), 1);
    assert_int_equal(rig_count_put(&g.s, 5), 0);
    um_store_rollback(&g.s);
    um_store_rollback(&g.s);
    rig_has(&g.s, 0);
    assert_int_equal(rig_count_get(&g.s, &count), 0);
    assert_int_equal(count, 0);
    /* What is refused for a reason spoils nothing. */
    assert_int_equal(um_store_begin(&g.s), 0);
    assert_int_equal(um_items_add(&g.s, &item), 0);
    assert_int_equal(um_items_add(&g.s, &item), P2P_EDUP);
    hash = rig_name(9);
    assert_int_equal(um_documents_drop(&g.s, &hash), P2P_ENOTFOUND);
    assert_int_equal(um_store_commit(&g.s), 0);
    rig_has(&g.s, 1);
    /* Closing gives an open batch up. */
    assert_int_equal(um_store_begin(&g.s), 0);
    item = rig_item(2, &b);
    assert_int_equal(um_items_add(&g.s, &item), 0);
    rig_again(&g);
    rig_has(&g.s, 1);
    um_buf_fini(&b);
    rig_fini(&g);
}

static void count_line(void *user, const char *line)
{
    (void)line;
    ++*(int *)user;
}

static void test_check_of_a_good_one(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    int lines = 0;
    struct um_store_ear ear = {&lines, count_line};
    struct um_copy copy = {.why = UM_COPY_DRIFT, .at_ms = T0};
    struct um_name hash;
    struct rig g;

    (void)state;
    rig_init(&g);
    rig_add(&g.s, 1, 50);
    hash = rig_doc(1, 100000, &b);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
    assert_int_equal(um_copies_add(&g.s, &copy, um_buf_view(&b)), 0);
    assert_int_equal(um_store_check(&g.s, &ear), 0);
    assert_int_equal(lines, 0);
    rig_again(&g);
    um_store_close(&g.s);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_READ), 0);
    assert_int_equal(um_store_check(&g.s, &ear), 0);
    assert_int_equal(lines, 0);
    um_buf_fini(&b);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_one),
        cmocka_unit_test(test_odd_paths),
        cmocka_unit_test(test_what_is_no_store),
        cmocka_unit_test(test_links_and_readers),
        cmocka_unit_test(test_newer_is_refused),
        cmocka_unit_test(test_newer_in_the_journal),
        cmocka_unit_test(test_other_tables),
        cmocka_unit_test(test_a_journal_alone),
        cmocka_unit_test(test_left_over_of_making),
        cmocka_unit_test(test_reading_alone),
        cmocka_unit_test(test_reading_past_a_journal),
        cmocka_unit_test(test_a_file_without_write),
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_a_file_that_is_gone_takes_nothing),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_a_batch_is_all_or_nothing),
        cmocka_unit_test(test_check_of_a_good_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
