/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Disks that are full, that may not be written any more, that fail: nothing of
 * a batch that failed is seen, reads go on, and the store goes on when the disk
 * does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "faulty_vfs.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

/* How a disk fails, and what the store makes of it. */
static const struct fault {
    enum faulty_call call;
    int rc;
    int err;
    enum um_trouble trouble;
    int code;
    const char *words;
} faults[] = {
    {FAULTY_WRITE, SQLITE_FULL, 0, UM_STORE_FULL, P2P_EIO, "no room"},
    {FAULTY_WRITE, SQLITE_IOERR_WRITE, ENOSPC, UM_STORE_FULL, P2P_EIO,
     "no room"},
    {FAULTY_WRITE, SQLITE_IOERR_WRITE, EDQUOT, UM_STORE_FULL, P2P_EIO,
     "no room"},
    {FAULTY_WRITE, SQLITE_IOERR_WRITE, EROFS, UM_STORE_READONLY, P2P_EACCES,
     "cannot be written"},
    {FAULTY_WRITE, SQLITE_READONLY, 0, UM_STORE_READONLY, P2P_EACCES,
     "cannot be written"},
    {FAULTY_WRITE, SQLITE_IOERR_WRITE, EIO, UM_STORE_DISK, P2P_EIO,
     "the disk failed"},
    {FAULTY_SYNC, SQLITE_IOERR_FSYNC, EIO, UM_STORE_UNSYNCED, P2P_EIO,
     "does not say"},
};

#define FAULTS_N (sizeof faults / sizeof faults[0])

/* One batch: items, a document, the node's row. */
static int batch(struct um_store *s, uint64_t first)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash;
    int err = um_store_begin(s);

    for (uint64_t n = first; n < first + 3; n++) {
        struct um_stored item = rig_item(n, &b);

        (void)um_items_add(s, &item); /* the batch remembers */
    }
    hash = rig_doc(first, 20000, &b);
    (void)um_documents_add(s, &hash, um_buf_view(&b));
    (void)rig_count_put(s, first);
    um_buf_fini(&b);
    return err != 0 ? err : um_store_commit(s);
}

/* Whether the batch is there: all of it, or nothing. */
static void batch_is(struct um_store *s, uint64_t first, bool there)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash = rig_doc(first, 20000, &b);
    uint64_t count;
    uint64_t size;

    rig_has(s, first - 1 + (there ? 3 : 0));
    assert_int_equal(um_documents_size(s, &hash, &size),
                     there ? 0 : P2P_ENOTFOUND);
    assert_int_equal(rig_count_get(s, &count), 0);
    assert_int_equal(count, there ? first : first - 3);
    um_buf_fini(&b);
}

/* The n-th call of the batch fails; returns whether there was one. */
static bool batch_fails(struct rig *g, const struct fault *f, unsigned n)
{
    int err;

    assert_int_equal(batch(&g->s, 1), 0);
    faulty_vfs_set(f->call, n, f->rc, f->err);
    err = batch(&g->s, 4);
    if (faulty_vfs_hits() == 0) {
        assert_int_equal(err, 0);
        return false;
    }
    if (g->s.trouble != f->trouble || strstr(g->s.text, f->words) == NULL)
        fail_msg("call %u: %d: %s", n, g->s.trouble, g->s.text);
    assert_int_equal(err, f->code);
    assert_non_null(strstr(g->s.text, g->path));
    batch_is(&g->s, 1, true);
    batch_is(&g->s, 4, false);
    err = batch(&g->s, 4); /* it is still so */
    assert_int_equal(err, f->code);
    batch_is(&g->s, 4, false);
    faulty_vfs_set(f->call, 0, 0, 0);
    assert_int_equal(batch(&g->s, 4), 0); /* and goes on when it is not */
    batch_is(&g->s, 4, true);
    rig_again(g);
    batch_is(&g->s, 4, true);
    return true;
}

static void test_each_write_and_sync_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAULTS_N; i++) {
        bool hit = true;
        unsigned n = 1;

        for (; hit; n++) {
            struct rig g;

            rig_init(&g);
            hit = batch_fails(&g, &faults[i], n);
            faulty_vfs_set(FAULTY_READ, 0, 0, 0);
            rig_fini(&g);
        }
        assert_in_range(n, 3, 60);
    }
}

/* A batch in which something failed is not committed, whatever is written
 * after it. */
static void test_no_half_batch(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_stored item;
    struct um_name hash;
    struct rig g;

    (void)state;
    rig_init(&g);
    assert_int_equal(um_store_begin(&g.s), 0);
    item = rig_item(1, &b);
    assert_int_equal(um_items_add(&g.s, &item), 0);
    /* a large one is written before the end */
    faulty_vfs_set(FAULTY_WRITE, 1, SQLITE_FULL, 0);
    hash = rig_doc(1, 8000000, &b);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), P2P_EIO);
    faulty_vfs_set(FAULTY_WRITE, 0, 0, 0);
    item = rig_item(2, &b);
    assert_int_equal(um_items_add(&g.s, &item), P2P_EIO);
    assert_int_equal(um_store_commit(&g.s), P2P_EIO);
    rig_has(&g.s, 0);
    rig_add(&g.s, 1, 2);
    rig_again(&g);
    rig_has(&g.s, 2);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* When a commit returns, whatever was written is synced: tests/power says what
 * it costs if not. */
static void test_acknowledged_is_synced(void **state)
{
    struct rig g;

    (void)state;
    rig_init(&g);
    for (uint64_t first = 1; first < 150; first += 3) {
        assert_int_equal(batch(&g.s, first), 0);
        assert_int_equal(faulty_vfs_unsynced(), 0);
    }
    um_store_close(&g.s);
    assert_int_equal(faulty_vfs_unsynced(), 0);
    rig_fini(&g);
}

static void test_a_page_that_cannot_be_read(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash;
    struct rig g;

    (void)state;
    rig_init(&g);
    hash = rig_doc(1, 500000, &b);
    assert_int_equal(um_documents_add(&g.s, &hash, um_buf_view(&b)), 0);
    rig_again(&g);
    um_buf_clear(&b);
    faulty_vfs_set(FAULTY_READ, 3, SQLITE_IOERR_READ, EIO);
    assert_int_equal(um_documents_get(&g.s, &hash, &b), P2P_EIO);
    assert_int_equal(b.len, 0);
    assert_int_equal(g.s.trouble, UM_STORE_DISK);
    faulty_vfs_set(FAULTY_READ, 0, 0, 0);
    assert_int_equal(um_documents_get(&g.s, &hash, &b), 0);
    assert_int_equal(b.len, 500000);
    um_buf_fini(&b);
    rig_fini(&g);
}

/* A store is made whole, or not at all. */
static void test_making_fails(void **state)
{
    static const enum faulty_call calls[] = {FAULTY_WRITE, FAULTY_SYNC,
                                             FAULTY_TRUNCATE};
    struct rig g;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        bool hit = true;
        unsigned n;

        for (n = 1; hit; n++) {
            int err;

            rig_folder(&g);
            faulty_vfs_set(calls[i], n, SQLITE_IOERR, EIO);
            err = um_store_open(&g.s, g.path, UM_STORE_CREATE);
            hit = faulty_vfs_hits() > 0;
            faulty_vfs_set(calls[i], 0, 0, 0);
            if (err != 0) {
                assert_true(hit);
                assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE),
                                 0);
            }
            rig_add(&g.s, 1, 2);
            rig_again(&g);
            rig_has(&g.s, 2);
            rig_fini(&g);
        }
        assert_in_range(n, 2, 100);
    }
}

/* Fills up, shrinks to nothing again; in a process of its own. */
static void fill_and_go_on(struct rig *g, void (*make_room)(struct rig *g))
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    struct um_name hash;
    uint64_t n = 0;
    int err;

    rig_add(&g->s, 1, 5);
    do {
        hash = rig_doc(++n, 50000, &b);
        err = um_documents_add(&g->s, &hash, um_buf_view(&b));
    } while (err == 0 && n < 1000);
    assert_in_range(n, 3, 999);
    assert_int_equal(err, P2P_EIO);
    if (g->s.trouble != UM_STORE_FULL)
        fail_msg("%s", g->s.text);
    rig_has(&g->s, 5);
    for (uint64_t i = 1; i < n; i++) {
        hash = rig_doc(i, 50000, &b);
        um_buf_clear(&out);
        assert_int_equal(um_documents_get(&g->s, &hash, &out), 0);
        assert_true(um_str_eq(um_buf_view(&out), um_buf_view(&b)));
    }
    make_room(g);
    hash = rig_doc(n, 50000, &b);
    assert_int_equal(um_documents_add(&g->s, &hash, um_buf_view(&b)), 0);
    rig_add(&g->s, 6, 7);
    rig_again(g);
    rig_has(&g->s, 7);
    um_buf_clear(&out);
    assert_int_equal(um_documents_get(&g->s, &hash, &out), 0);
    um_buf_fini(&b);
    um_buf_fini(&out);
}

static void raise_limit(struct rig *g)
{
    struct rlimit limit;

    (void)g;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Runs this program again for a part that needs a process of its own: 7 is its
 * good end, 77: it could not be done. */
static const char *self; /* argv[0]: a chroot may have no /proc */

static int in_a_child(const char *part)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        (void)execl(self, self, part, (char *)NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void with_a_limit(void)
{
    struct rlimit limit;
    struct rig g;

    (void)signal(SIGXFSZ, SIG_IGN);
    rig_init(&g);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 400000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fill_and_go_on(&g, raise_limit);
    rig_fini(&g);
}

static void test_a_limit_of_file_sizes(void **state)
{
    (void)state;
    assert_int_equal(in_a_child("limit"), 7);
}

static void remove_filler(struct rig *g)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/filler", g->folder);
    assert_int_equal(unlink(path), 0);
}

/* A file system of 2 MiB, half of it taken. */
static void with_a_small_disk(void)
{
    char filler[524288];
    struct rig g;
    char path[128];
    int fd;

    rig_folder(&g);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", g.folder, "tmpfs", 0, "size=1m") != 0) {
        (void)rmdir(g.folder);
        _exit(77);
    }
    memset(filler, 'x', sizeof filler);
    (void)snprintf(path, sizeof path, "%s/filler", g.folder);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, filler, sizeof filler), sizeof filler);
    assert_int_equal(close(fd), 0);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
    fill_and_go_on(&g, remove_filler);
    um_store_close(&g.s);
    assert_int_equal(umount(g.folder), 0);
    assert_int_equal(rmdir(g.folder), 0);
}

static void test_a_full_disk(void **state)
{
    int rv = in_a_child("small");

    (void)state;
    if (rv == 77) {
        print_message("skipped: a small file system cannot be mounted here\n");
        skip();
    }
    assert_int_equal(rv, 7);
}

/* No room for a new store: none is left half-made, and none is there. */
static void on_a_tiny_disk(void)
{
    struct rig g;

    rig_folder(&g);
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", g.folder, "tmpfs", 0, "size=32k") != 0) {
        (void)rmdir(g.folder);
        _exit(77);
    }
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), P2P_EIO);
    if (g.s.trouble != UM_STORE_FULL)
        fail_msg("%s", g.s.text);
    assert_int_equal(access(g.path, F_OK), -1);
    assert_int_equal(access(rig_file(&g, ".new"), F_OK), -1);
    assert_int_equal(mount("none", g.folder, "tmpfs", MS_REMOUNT, "size=1m"),
                     0);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_CREATE), 0);
    um_store_close(&g.s);
    assert_int_equal(
        mount("none", g.folder, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
    assert_true(um_store_open(&g.s, g.path, UM_STORE_EXISTING) < 0);
    if (g.s.trouble != UM_STORE_READONLY)
        fail_msg("%s", g.s.text);
    assert_int_equal(um_store_open(&g.s, g.path, UM_STORE_READ), 0);
    rig_has(&g.s, 0);
    um_store_close(&g.s);
    assert_int_equal(umount(g.folder), 0);
    assert_int_equal(rmdir(g.folder), 0);
}

static void test_no_room_for_a_new_one(void **state)
{
    int rv = in_a_child("tiny");

    (void)state;
    if (rv == 77) {
        print_message("skipped: a small file system cannot be mounted here\n");
        skip();
    }
    assert_int_equal(rv, 7);
}

/* The parts of in_a_child(). */
static int part(const char *name)
{
    if (strcmp(name, "limit") == 0)
        with_a_limit();
    else if (strcmp(name, "small") == 0)
        with_a_small_disk();
    else
        on_a_tiny_disk();
    return 7;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_write_and_sync_fails),
        cmocka_unit_test(test_no_half_batch),
        cmocka_unit_test(test_acknowledged_is_synced),
        cmocka_unit_test(test_a_page_that_cannot_be_read),
        cmocka_unit_test(test_making_fails),
        cmocka_unit_test(test_a_limit_of_file_sizes),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_no_room_for_a_new_one),
    };

    self = argv[0];
    if (argc > 1)
        return part(argv[1]);
    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
