/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The way to the store, with a worker that the test plays: what is in one
 * batch, who is told what and when, and what becomes of jobs that fail and
 * disks that do.
 */
#include "mesh/node/disk.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "faulty_vfs.h"
#include "mesh/store/query.h"
#include "p2p/err.h"
#include "played.h"
#include "rig.h"
#include "unit.h"

#define JOBS 16

struct bench;

/* A job; what it does beside keeping its item. */
struct task {
    struct bench *b;
    uint64_t item;
    int says;          /* after it wrote its item */
    bool spoils;       /* a write fails, and it does not care */
    bool large;        /* a document that is written before the commit */
    struct task *then; /* put into the row when this is told */
    bool looks;        /* reads under the lock when it is told */
    bool lazy;
    unsigned writes;
    unsigned told;
    int err;
};

struct bench {
    struct rig g;
    struct played p;
    struct um_disk *d;
    struct task t[JOBS];
    uint64_t order[JOBS]; /* items as they were told */
    size_t told;
    unsigned commits;
    unsigned broken;
    unsigned more; /* how often more is about to come */
    char broken_text[UM_STORE_TEXT_MAX];
};

static int on_commit(void *user)
{
    struct bench *b = user;

    b->commits++;
    return 0;
}

static void on_broken(void *user, const char *text)
{
    struct bench *b = user;

    b->broken++;
    (void)snprintf(b->broken_text, sizeof b->broken_text, "%s", text);
}

static bool expects(void *user)
{
    struct bench *b = user;

    return b->more > 0 && b->more-- > 0;
}

static void bench_init(struct bench *b)
{
    struct um_disk_cfg cfg = {.store = &b->g.s,
                              .worker = &b->p.worker,
                              .alarms = &b->p.alarms,
                              .log = &b->p.log,
                              .broken = on_broken,
                              .expects = expects,
                              .user = b};

    memset(b, 0, sizeof *b);
    rig_init(&b->g);
    (void)sqlite3_commit_hook(b->g.s.db, on_commit, b);
    played_init(&b->p);
    b->d = um_disk_new(&cfg);
    assert_non_null(b->d);
    for (size_t i = 0; i < JOBS; i++)
        b->t[i] = (struct task){.b = b, .item = i + 1};
}

static void bench_fini(struct bench *b)
{
    um_disk_free(b->d);
    if (b->p.busy)
        played_done(&b->p);
    assert_int_equal(played_alarms(&b->p), 0);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    rig_fini(&b->g);
}

static int task_write(void *arg, struct um_store *s)
{
    struct task *t = arg;
    struct um_buf bytes = UM_BUF_INIT;
    struct um_stored item = rig_item(t->item, &bytes);
    int err = um_items_add(s, &item);

    t->writes++;
    assert_int_equal(t->told, 0);
    if (err == 0 && t->large) {
        struct um_name hash = rig_doc(t->item, 8000000, &bytes);

        err = um_documents_add(s, &hash, um_buf_view(&bytes));
    }
    um_buf_fini(&bytes);
    if (t->spoils) {
        (void)um_write_begin(s);
        (void)um_write_end(s, P2P_EINVAL);
    }
    return err != 0 ? err : t->says;
}

static void put(struct task *t);

static void task_done(void *arg, int err)
{
    struct task *t = arg;
    struct bench *b = t->b;

    t->told++;
    t->err = err;
    b->order[b->told++] = t->item;
    if (err == 0)
        assert_int_equal(faulty_vfs_unsynced(), 0);
    if (t->then != NULL)
        put(t->then);
    if (t->looks) {
        struct um_name id = rig_name(7);

        assert_int_equal(um_items_has(um_disk_lock(b->d), &id), 0);
        um_disk_unlock(b->d);
    }
}

static int try_put(struct task *t)
{
    struct um_disk_job job = {
        .write = task_write, .done = task_done, .arg = t, .lazy = t->lazy};

    return um_disk_write(t->b->d, &job);
}

static void put(struct task *t)
{
    assert_int_equal(try_put(t), 0);
}

/* Jobs from and to, counted from 0. */
static void put_all(struct bench *b, size_t from, size_t to)
{
    for (size_t i = from; i <= to; i++)
        put(&b->t[i]);
}

static void go(struct bench *b)
{
    played_work(&b->p);
    played_done(&b->p);
}

/* Each was told once, in order, and all are on the disk and well. */
static void all_well(struct bench *b, size_t n)
{
    assert_int_equal(b->told, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(b->t[i].told, 1);
        assert_int_equal(b->t[i].err, 0);
        assert_int_equal(b->order[i], i + 1);
    }
    rig_has(&b->g.s, n);
    assert_int_equal(um_disk_waiting(b->d), 0);
}

static void test_one_batch(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    put_all(&b, 0, 2);
    assert_false(b.p.busy);
    put(&b.t[3]);
    played_ring(&b.p, 0);
    assert_true(b.p.busy);
    assert_int_equal(b.t[0].writes, 0);
    played_work(&b.p);
    assert_int_equal(b.commits, 1);
    assert_int_equal(b.told, 0); /* on the loop, and not before */
    assert_int_equal(um_disk_waiting(b.d), 4);
    played_done(&b.p);
    all_well(&b, 4);
    assert_int_equal(b.t[0].writes, 1);
    assert_false(b.p.busy);
    assert_int_equal(played_alarms(&b.p), 0);
    bench_fini(&b);
}

/* One is under way at a time; what comes meanwhile, and what those who are told
 * put there, is the next, at once. */
static void test_the_next_batch(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    put(&b.t[0]);
    b.t[0].then = &b.t[3];
    played_ring(&b.p, 0);
    put(&b.t[1]);
    played_work(&b.p);
    put(&b.t[2]);
    assert_int_equal(played_alarms(&b.p), 0);
    played_done(&b.p);
    assert_int_equal(b.told, 1);
    assert_true(b.p.busy);
    assert_int_equal(played_alarms(&b.p), 0);
    go(&b);
    assert_int_equal(b.commits, 2);
    all_well(&b, 4);
    bench_fini(&b);
}

/* What is about to come is in the batch, too; but nobody is waited for long. */
static void test_a_batch_waits_for_what_comes(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.more = 1;
    put(&b.t[0]);
    played_ring(&b.p, 0);
    assert_false(b.p.busy);
    put(&b.t[1]);
    played_ring(&b.p, 0);
    go(&b);
    assert_int_equal(b.commits, 1);
    all_well(&b, 2);
    b.more = UINT_MAX;
    put(&b.t[2]);
    for (unsigned i = 0; i < UM_DISK_TURNS; i++) {
        played_ring(&b.p, 0);
        assert_false(b.p.busy);
    }
    played_ring(&b.p, 0);
    go(&b);
    all_well(&b, 3);
    bench_fini(&b);
}

/* What is lazy goes with what is not, or when its time is over, or when
 * somebody waits for it after all. */
static void test_what_is_lazy(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < JOBS; i++)
        b.t[i].lazy = i != 1 && i != 4;
    put(&b.t[0]);
    put(&b.t[1]);
    played_ring(&b.p, 0);
    go(&b);
    all_well(&b, 2);
    assert_int_equal(b.commits, 1);
    put_all(&b, 2, 3);
    played_ring(&b.p, UM_DISK_LAZY_MS);
    put(&b.t[4]); /* while a batch is under way */
    put(&b.t[5]);
    go(&b);
    assert_true(b.p.busy);
    put(&b.t[6]);
    go(&b);
    assert_int_equal(b.told, 6);
    assert_false(b.p.busy);
    um_disk_hurry(b.d);
    played_ring(&b.p, 0);
    go(&b);
    all_well(&b, 7);
    um_disk_hurry(b.d);
    assert_int_equal(played_alarms(&b.p), 0);
    bench_fini(&b);
}

/* A full disk is not asked more often because of somebody who waits. */
static void test_nobody_hurries_a_full_disk(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.t[0].lazy = true;
    put(&b.t[0]);
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, 0);
    played_ring(&b.p, UM_DISK_LAZY_MS);
    go(&b);
    assert_int_equal(b.told, 0);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    put(&b.t[1]);
    um_disk_hurry(b.d);
    played_ring(&b.p, UM_DISK_RETRY_MS);
    go(&b);
    all_well(&b, 2);
    bench_fini(&b);
}

/* A job that fails spoils itself: nothing of it stays, all of the others does.
 */
static void test_jobs_that_fail(void **state)
{
    struct um_buf bytes = UM_BUF_INIT;
    struct bench b;

    (void)state;
    bench_init(&b);
    b.t[1].says = P2P_EDUP;
    b.t[2].spoils = true;
    b.t[4].item = 1; /* it is there already */
    put_all(&b, 0, 5);
    played_ring(&b.p, 0);
    go(&b);
    assert_int_equal(b.told, 6);
    assert_int_equal(b.commits, 1);
    assert_false(b.p.busy);
    for (size_t i = 0; i < 6; i++) {
        static const int want[] = {0, P2P_EDUP, P2P_EINVAL, 0, P2P_EDUP, 0};
        struct um_stored item = rig_item(i + 1, &bytes);
        bool there = i == 0 || i == 3 || i == 5;

        assert_int_equal(b.t[i].told, 1);
        assert_int_equal(b.t[i].err, want[i]);
        assert_int_equal(b.order[i], b.t[i].item);
        assert_int_equal(um_items_has(&b.g.s, &item.id), there);
    }
    assert_null(um_disk_trouble(b.d));
    assert_int_equal(b.p.lines[UM_LOG_ERROR], 0);
    put(&b.t[6]);
    played_ring(&b.p, 0);
    go(&b);
    assert_int_equal(b.t[6].err, 0);
    um_buf_fini(&bytes);
    bench_fini(&b);
}

/* All of them fail: there is no batch, and that is no trouble. */
static void test_all_fail(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.t[0].says = b.t[1].says = P2P_ELIMIT;
    put_all(&b, 0, 1);
    played_ring(&b.p, 0);
    go(&b);
    assert_int_equal(b.told, 2);
    assert_int_equal(b.t[1].err, P2P_ELIMIT);
    assert_null(um_disk_trouble(b.d));
    rig_has(&b.g.s, 0);
    bench_fini(&b);
}

static int write_row(void *arg, struct um_store *s)
{
    struct task *t = arg;
    struct um_kept_row row = {
        .seq = 9, .member = rig_name(1), .envelope = UM_STR("a row")};

    t->writes++;
    return um_rows_put(s, &row);
}

/* A row on the disk is damaged: that is the affair of who writes to it. */
static void test_a_damaged_row(void **state)
{
    struct um_kept_row row = {
        .seq = 5, .member = rig_name(1), .envelope = UM_STR("a row")};
    struct bench b;
    struct um_disk_job job = {
        .write = write_row, .done = task_done, .arg = &b.t[2]};

    (void)state;
    bench_init(&b);
    assert_int_equal(um_rows_put(&b.g.s, &row), 0);
    assert_int_equal(
        sqlite3_exec(b.g.s.db, "UPDATE rows SET sum = 1", NULL, NULL, NULL),
        SQLITE_OK);
    put_all(&b, 0, 1);
    assert_int_equal(um_disk_write(b.d, &job), 0);
    put(&b.t[3]);
    b.t[3].item = 3;
    played_ring(&b.p, 0);
    go(&b);
    assert_int_equal(b.told, 4);
    assert_int_equal(b.t[2].err, P2P_EFORMAT);
    assert_null(um_disk_trouble(b.d));
    rig_has(&b.g.s, 3);
    bench_fini(&b);
}

/* A disk that is full, or read-only, or fails: nobody is told, it is said once,
 * and tried again until it can be done. */
static void disk_fails(int rc, int err, const char *words)
{
    struct bench b;

    bench_init(&b);
    b.t[1].says = 0;
    put_all(&b, 0, 1);
    faulty_vfs_set(FAULTY_WRITE, 1, rc, err);
    played_ring(&b.p, 0);
    for (unsigned i = 0; i < 3; i++) {
        put(&b.t[2 * i + 2]);
        go(&b);
        assert_int_equal(b.told, 0);
        assert_false(b.p.busy);
        assert_non_null(strstr(um_disk_trouble(b.d), words));
        assert_int_equal(b.p.lines[UM_LOG_ERROR], 1);
        put(&b.t[2 * i + 3]); /* does not hurry it */
        played_ring(&b.p, UM_DISK_RETRY_MS);
        assert_true(b.p.busy);
    }
    assert_non_null(strstr(b.p.line, b.g.path));
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    go(&b);
    all_well(&b, 8);
    assert_null(um_disk_trouble(b.d));
    assert_int_equal(b.p.lines[UM_LOG_INFO], 1);
    assert_int_equal(b.broken, 0);
    put(&b.t[8]);
    played_ring(&b.p, 0); /* and at once again */
    go(&b);
    all_well(&b, 9);
    assert_int_equal(b.p.lines[UM_LOG_ERROR], 1);
    bench_fini(&b);
}

static void test_the_disk_fails(void **state)
{
    (void)state;
    disk_fails(SQLITE_FULL, 0, "no room");
    disk_fails(SQLITE_IOERR_WRITE, ENOSPC, "no room");
    disk_fails(SQLITE_IOERR_WRITE, EROFS, "cannot be written");
    disk_fails(SQLITE_IOERR_WRITE, EIO, "the disk failed");
    disk_fails(SQLITE_IOERR_NOMEM, 0, "no memory");
}

/* It fails in the middle of a job: that is not the job's fault, and one that
 * fails by itself hears so when the rest can be written. */
static void test_the_disk_fails_in_a_job(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.t[1].says = P2P_EDUP;
    b.t[2].large = true;
    put_all(&b, 0, 2);
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, 0);
    played_ring(&b.p, 0);
    go(&b);
    assert_int_equal(b.told, 0);
    assert_non_null(strstr(um_disk_trouble(b.d), "no room"));
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    played_ring(&b.p, UM_DISK_RETRY_MS);
    go(&b);
    assert_int_equal(b.told, 3);
    assert_int_equal(b.t[0].err, 0);
    assert_int_equal(b.t[1].err, P2P_EDUP);
    assert_int_equal(b.t[2].err, 0);
    assert_int_equal(b.order[1], 2);
    bench_fini(&b);
}

/* After a failed sync nothing is written or told any more. */
static void test_a_failed_sync(void **state)
{
    unsigned writes;
    struct bench b;

    (void)state;
    bench_init(&b);
    put_all(&b, 0, 1);
    faulty_vfs_set(FAULTY_SYNC, 1, SQLITE_IOERR_FSYNC, EIO);
    played_ring(&b.p, 0);
    put(&b.t[2]);
    played_work(&b.p);
    assert_int_equal(b.broken, 0);
    played_done(&b.p);
    assert_int_equal(b.broken, 1);
    assert_non_null(strstr(b.broken_text, b.g.path));
    assert_non_null(um_disk_trouble(b.d));
    faulty_vfs_set(FAULTY_SYNC, 0, 0, 0);
    writes = b.t[0].writes;
    put(&b.t[3]);
    assert_false(b.p.busy);
    assert_int_equal(played_alarms(&b.p), 0);
    assert_int_equal(b.told, 0);
    bench_fini(&b);
    assert_int_equal(b.told, 4);
    assert_int_equal(b.broken, 1);
    assert_int_equal(b.t[0].writes, writes);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(b.t[i].err, P2P_ECLOSED);
}

/* Where a batch can be when the disk is freed. */
enum where { WAITS, GIVEN, WORKED };

/* Whatever waits is written by um_disk_free(), once, and told. */
static void freed(enum where where)
{
    struct bench b;

    bench_init(&b);
    put_all(&b, 0, 1);
    if (where >= GIVEN)
        played_ring(&b.p, 0);
    if (where >= WORKED)
        played_work(&b.p);
    put_all(&b, 2, 3);
    b.t[0].looks = true;
    um_disk_free(b.d);
    assert_int_equal(b.commits, where == WORKED ? 2 : 1);
    assert_int_equal(b.told, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(b.t[i].told, 1);
        assert_int_equal(b.t[i].err, 0);
        assert_int_equal(b.order[i], i + 1);
        assert_int_equal(b.t[i].writes, 1);
    }
    um_store_close(&b.g.s);
    if (where == GIVEN)
        played_work(&b.p); /* comes late, and finds nothing to do */
    assert_int_equal(b.g.s.trouble, UM_STORE_FINE);
    if (where != WAITS)
        played_done(&b.p);
    assert_int_equal(b.told, 4);
    assert_int_equal(played_alarms(&b.p), 0);
    rig_again(&b.g);
    rig_has(&b.g.s, 4);
    rig_fini(&b.g);
}

static void test_the_end(void **state)
{
    (void)state;
    freed(WAITS);
    freed(GIVEN);
    freed(WORKED);
}

static void late_done(void *arg, int err)
{
    struct task *t = arg;

    t->told++;
    t->err = err;
    assert_int_equal(try_put(t->then), P2P_ECLOSED);
}

/* A disk that is still full at the end: all hear that it was closed. */
static void test_the_end_of_a_full_disk(void **state)
{
    struct bench b;
    struct um_disk_job job = {
        .write = task_write, .done = late_done, .arg = &b.t[0]};

    (void)state;
    bench_init(&b);
    b.t[0].then = &b.t[3];
    assert_int_equal(um_disk_write(b.d, &job), 0);
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, 0);
    played_ring(&b.p, 0);
    go(&b);
    put(&b.t[1]);
    um_disk_free(b.d);
    assert_int_equal(b.t[0].told, 1);
    assert_int_equal(b.t[0].err, P2P_ECLOSED);
    assert_int_equal(b.t[1].err, P2P_ECLOSED);
    assert_int_equal(b.t[1].told, 1);
    assert_int_equal(played_alarms(&b.p), 0);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    rig_has(&b.g.s, 0);
    rig_fini(&b.g);
}

/* A sync that fails at the very end is said, too. */
static void test_a_failed_sync_at_the_end(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    put(&b.t[0]);
    faulty_vfs_set(FAULTY_SYNC, 1, SQLITE_IOERR_FSYNC, EIO);
    um_disk_free(b.d);
    faulty_vfs_set(FAULTY_SYNC, 0, 0, 0);
    assert_int_equal(b.broken, 1);
    assert_int_equal(b.t[0].err, P2P_ECLOSED);
    rig_fini(&b.g);
    um_disk_free(NULL);
}

/* Without memory for an alarm a batch begins at once, without a worker later.
 */
static void test_no_alarms_and_no_worker(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.p.no_alarms = true;
    put(&b.t[0]);
    assert_true(b.p.busy);
    go(&b);
    assert_int_equal(b.told, 1);
    b.p.no_worker = true;
    put(&b.t[1]); /* nothing can be done for it now */
    b.p.no_alarms = false;
    put(&b.t[2]);
    played_ring(&b.p, 0);
    assert_false(b.p.busy);
    b.p.no_worker = false;
    played_ring(&b.p, UM_DISK_RETRY_MS);
    go(&b);
    all_well(&b, 3);
    bench_fini(&b);
}

static int no_write(void *arg, struct um_store *s)
{
    (void)arg;
    (void)s;
    return 0;
}

static void no_done(void *arg, int err)
{
    unsigned *told = arg;

    assert_int_equal(err, 0);
    ++*told;
}

/* UM__CAP_DISK_WAITING: 65536. */
static void test_so_many_wait(void **state)
{
    unsigned told = 0;
    struct um_disk_job job = {.write = no_write, .done = no_done, .arg = &told};
    struct bench b;

    (void)state;
    bench_init(&b);
    for (unsigned i = 0; i < 65536; i++) {
        assert_int_equal(um_disk_write(b.d, &job), 0);
        if (i == 1000)
            played_ring(&b.p, 0); /* those under way count, too */
    }
    assert_int_equal(um_disk_write(b.d, &job), P2P_ELIMIT);
    go(&b);
    assert_int_equal(told, 1001);
    assert_int_equal(um_disk_write(b.d, &job), 0);
    go(&b);
    go(&b);
    assert_int_equal(told, 65537);
    bench_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_batch),
        cmocka_unit_test(test_the_next_batch),
        cmocka_unit_test(test_a_batch_waits_for_what_comes),
        cmocka_unit_test(test_what_is_lazy),
        cmocka_unit_test(test_nobody_hurries_a_full_disk),
        cmocka_unit_test(test_jobs_that_fail),
        cmocka_unit_test(test_all_fail),
        cmocka_unit_test(test_a_damaged_row),
        cmocka_unit_test(test_the_disk_fails),
        cmocka_unit_test(test_the_disk_fails_in_a_job),
        cmocka_unit_test(test_a_failed_sync),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_the_end_of_a_full_disk),
        cmocka_unit_test(test_a_failed_sync_at_the_end),
        cmocka_unit_test(test_no_alarms_and_no_worker),
        cmocka_unit_test(test_so_many_wait),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
