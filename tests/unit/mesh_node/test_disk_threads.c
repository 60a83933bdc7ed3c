/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The way to the store on the daemon's own loop, with its worker's thread: jobs
 * come in bursts, the loop reads meanwhile, a small disk fills up and gets room
 * again.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mesh/app/loop.h"
#include "mesh/node/disk.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

#define JOBS 2000

/* Each of them fails by itself. */
#define FAILS 7

struct crowd {
    struct rig g;
    struct um_loop loop;
    struct um_log log;
    struct um_disk *d;
    uint64_t put;
    uint64_t told;
    uint64_t stored; /* of those that were told */
    uint64_t seen;   /* items, when they were counted last */
    unsigned turns;
    unsigned lines;
};

struct task {
    struct crowd *c;
    uint64_t n;
};

static void on_broken(void *user, const char *text)
{
    (void)user;
    fail_msg("%s", text);
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct crowd *c = user;

    (void)level;
    assert_non_null(strstr(
        line, c->lines % 2 == 0 ? "no room" : "the disk can be written again"));
    c->lines++;
}

/* A loop and a disk on a store that is open. */
static void crowd_begin(struct crowd *c)
{
    struct um_disk_cfg cfg = {.store = &c->g.s,
                              .worker = &c->loop.worker,
                              .alarms = &c->loop.alarms,
                              .log = &c->log,
                              .broken = on_broken};

    assert_int_equal(um_loop_init(&c->loop), 0);
    c->log = (struct um_log){.level = UM_LOG_INFO, .user = c, .sink = sink};
    c->d = um_disk_new(&cfg);
    assert_non_null(c->d);
}

static int task_write(void *arg, struct um_store *s)
{
    struct task *t = arg;
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item = rig_item(t->n, &b);
    int err = um_items_add(s, &item);

    um_buf_fini(&b);
    if (err == 0 && t->n % FAILS == 0)
        err = P2P_ELIMIT;
    return err;
}

/* In order; and what is said to be there can be read. */
static void task_done(void *arg, int err)
{
    struct task *t = arg;
    struct crowd *c = t->c;
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item = rig_item(t->n, &b);
    bool fails = t->n % FAILS == 0;

    assert_int_equal(t->n, ++c->told);
    assert_int_equal(err, fails ? P2P_ELIMIT : 0);
    c->stored += !fails;
    assert_int_equal(um_items_has(um_disk_lock(c->d), &item.id), !fails);
    um_disk_unlock(c->d);
    um_buf_fini(&b);
    free(t);
}

static void put_one(struct crowd *c)
{
    struct task *t = malloc(sizeof *t);
    struct um_disk_job job = {.write = task_write, .done = task_done, .arg = t};

    assert_non_null(t);
    *t = (struct task){c, ++c->put};
    assert_int_equal(um_disk_write(c->d, &job), 0);
}

/* Some more, and a look: whole batches, and none is gone again. */
static void turn(void *arg)
{
    struct crowd *c = arg;
    uint64_t n;

    for (unsigned i = 0; i < 1 + c->turns % 20 && c->put < JOBS; i++)
        put_one(c);
    assert_int_equal(um_items_count(um_disk_lock(c->d), &n), 0);
    um_disk_unlock(c->d);
    assert_true(n >= c->seen && n >= c->stored && n <= c->put);
    c->seen = n;
    c->turns++;
    if (c->put < JOBS)
        assert_non_null(c->loop.alarms.set(c->loop.alarms.user, 1, turn, c));
}

static void test_a_crowd(void **state)
{
    struct crowd c = {.put = 0};

    (void)state;
    rig_init(&c.g);
    crowd_begin(&c);
    turn(&c);
    while (c.told < JOBS)
        (void)uv_run(&c.loop.uv, UV_RUN_ONCE);
    assert_int_equal(um_disk_waiting(c.d), 0);
    um_disk_free(c.d);
    um_loop_fini(&c.loop);
    assert_int_equal(c.stored, JOBS - JOBS / FAILS);
    rig_fini(&c.g);
}

/* The disk is freed while the worker has it, wherever it is. */
static void test_the_end_in_between(void **state)
{
    (void)state;
    for (unsigned yields = 0; yields < 40; yields++) {
        struct crowd c = {.put = 0};
        uint64_t n;

        rig_init(&c.g);
        crowd_begin(&c);
        for (unsigned i = 0; i < 20; i++)
            put_one(&c);
        (void)uv_run(&c.loop.uv, UV_RUN_NOWAIT);
        put_one(&c);
        for (unsigned i = 0; i < yields * yields; i++)
            (void)sched_yield();
        um_disk_free(c.d);
        assert_int_equal(c.told, 21);
        assert_int_equal(um_items_count(&c.g.s, &n), 0);
        assert_int_equal(n, 18);
        um_store_close(&c.g.s); /* nobody uses it any more */
        um_loop_fini(&c.loop);
        assert_int_equal(c.told, 21);
        rig_fini(&c.g);
    }
}

static int write_doc(void *arg, struct um_store *s)
{
    struct task *t = arg;
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash = rig_doc(t->n, 50000, &b);
    int err = um_documents_add(s, &hash, um_buf_view(&b));

    um_buf_fini(&b);
    return err;
}

static void doc_done(void *arg, int err)
{
    struct task *t = arg;

    assert_int_equal(err, 0);
    assert_int_equal(t->n, ++t->c->told);
    free(t);
}

/* Documents, until the disk is full; then there is room, and all get there. */
static void fill(struct crowd *c, const char *filler)
{
    while (um_disk_trouble(c->d) == NULL) {
        struct task *t = malloc(sizeof *t);
        struct um_disk_job job = {
            .write = write_doc, .done = doc_done, .arg = t};

        assert_non_null(t);
        *t = (struct task){c, ++c->put};
        assert_in_range(c->put, 1, 100);
        assert_int_equal(um_disk_write(c->d, &job), 0);
        do
            (void)uv_run(&c->loop.uv, UV_RUN_ONCE);
        while (c->told < c->put && um_disk_trouble(c->d) == NULL);
    }
    assert_in_range(c->told, 1, c->put - 1);
    assert_int_equal(c->lines, 1);
    assert_int_equal(unlink(filler), 0);
    while (c->told < c->put)
        (void)uv_run(&c->loop.uv, UV_RUN_ONCE);
    assert_null(um_disk_trouble(c->d));
    assert_int_equal(c->lines, 2);
}

/* A file system of 1 MiB, half of it taken; in a process of its own. 7: well,
 * 77: it cannot be mounted. */
static int with_a_small_disk(void)
{
    static char half[524288];
    struct crowd c = {.put = 0};
    char filler[128];
    int fd;

    rig_folder(&c.g);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", c.g.folder, "tmpfs", 0, "size=1m") != 0) {
        (void)rmdir(c.g.folder);
        return 77;
    }
    (void)snprintf(filler, sizeof filler, "%s/filler", c.g.folder);
    fd = open(filler, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, half, sizeof half), sizeof half);
    assert_int_equal(close(fd), 0);
    assert_int_equal(um_store_open(&c.g.s, c.g.path, UM_STORE_CREATE), 0);
    crowd_begin(&c);
    fill(&c, filler);
    um_disk_free(c.d);
    um_loop_fini(&c.loop);
    um_store_close(&c.g.s);
    assert_int_equal(umount(c.g.folder), 0);
    assert_int_equal(rmdir(c.g.folder), 0);
    return 7;
}

static const char *self; /* argv[0] */

static void test_a_full_disk(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0) {
        (void)execl(self, self, "small", (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("skipped: a small file system cannot be mounted here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 7);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_crowd),
        cmocka_unit_test(test_the_end_in_between),
        cmocka_unit_test(test_a_full_disk),
    };

    self = argv[0];
    if (argc > 1)
        return with_a_small_disk();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
