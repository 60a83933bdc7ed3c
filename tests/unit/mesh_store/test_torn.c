/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The power is cut at some write or sync of a store, on a disk that then has of
 * the unsynced any part: what was acknowledged is there, whole, and nothing
 * half. tests/power asks a real file system.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "batches.h"
#include "faulty_vfs.h"
#include "p2p/err.h"
#include "unit.h"

#define CUTS 150

/* A new store after so many. */
#define CUTS_A_STORE 20

struct course {
    struct torn_disk disk;
    struct rig g;
    uint64_t kept;         /* whole batches after the last cut */
    uint64_t acknowledged; /* before the one that is to come */
    size_t lost;           /* cuts that took what was acknowledged */
    size_t damaged;        /* … or the whole store */
    size_t more;           /* cuts that left one that was not acknowledged */
};

static uint64_t dice(struct course *c, uint64_t sides)
{
    c->disk.random =
        c->disk.random * UINT64_C(2862933555777941757) + 3037000493U;
    return (c->disk.random >> 33) % sides;
}

/* Opens it and writes until the power is cut. */
static void write_until_cut(struct course *c, const char *pragma)
{
    struct um_store *s = &c->g.s;
    unsigned calls = (unsigned)(1 + dice(c, dice(c, 4) == 0 ? 800 : 80));

    faulty_vfs_cut(&c->disk, calls);
    c->acknowledged = c->kept;
    if (um_store_open(s, c->g.path, UM_STORE_EXISTING) == 0) {
        if (pragma != NULL)
            (void)sqlite3_exec(s->db, pragma, NULL, NULL, NULL);
        while (batches_write(s, c->acknowledged + 1) == 0)
            c->acknowledged++;
    }
    if (!faulty_vfs_dead())
        fail_msg("an error before the cut: %s", s->text);
    um_store_close(s); /* in vain */
    faulty_vfs_cut(NULL, 0);
    torn_disk_restore(&c->disk);
}

/* Looks at what the disk has left. */
static void look(struct course *c)
{
    const char *wrong = NULL;
    uint64_t n = 0;

    if (um_store_open(&c->g.s, c->g.path, UM_STORE_EXISTING) != 0)
        wrong = c->g.s.text;
    else
        wrong = batches_look(&c->g.s, &n);
    if (wrong != NULL && c->damaged + c->lost == 0)
        print_message("%s\n", wrong);
    c->damaged += wrong != NULL;
    c->lost += wrong == NULL && n < c->acknowledged;
    c->more += wrong == NULL && n > c->acknowledged;
    if (wrong == NULL && n > c->acknowledged + 1)
        fail_msg("more than was written");
    c->kept = n;
    um_store_close(&c->g.s);
}

static void cut(struct course *c, size_t cuts, const char *pragma)
{
    uint64_t batches = 0;

    for (size_t i = 0; i < cuts; i++) {
        if (i % CUTS_A_STORE == 0 || c->damaged > 0) {
            if (i > 0)
                rig_fini(&c->g);
            rig_init(&c->g);
            um_store_close(&c->g.s);
            c->kept = 0;
        }
        write_until_cut(c, pragma);
        batches += c->acknowledged - c->kept;
        look(c);
    }
    rig_fini(&c->g);
    print_message(
        "%zu cuts, %zu lost something, %zu damaged; %zu left a batch "
        "that was not acknowledged; %llu batches\n",
        cuts, c->lost, c->damaged, c->more, (unsigned long long)batches);
    assert_true(batches > cuts);
}

static void test_what_is_acknowledged_stays(void **state)
{
    struct course c = {.disk = {.random = 20}};

    (void)state;
    cut(&c, CUTS, NULL);
    /* The journal is taken in with every other batch. */
    cut(&c, CUTS, "PRAGMA wal_autocheckpoint = 16");
    assert_int_equal(c.lost, 0);
    assert_int_equal(c.damaged, 0);
    assert_true(c.more > 0);
}

/* A sync failed, the program ended and began anew: what the system shows and
 * never wrote takes nothing with it that is written behind it. */
static void test_what_a_failed_sync_left_takes_nothing_along(void **state)
{
    struct course c = {.disk = {.random = 23}};
    struct um_store *s = &c.g.s;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        rig_init(&c.g);
        um_store_close(s);
        faulty_vfs_cut(&c.disk, 0);
        assert_int_equal(um_store_open(s, c.g.path, UM_STORE_EXISTING), 0);
        assert_int_equal(batches_write(s, 1), 0);
        faulty_vfs_set(FAULTY_SYNC, 1, SQLITE_IOERR_FSYNC, EIO);
        assert_int_equal(batches_write(s, 2), P2P_EIO);
        assert_int_equal(s->trouble, UM_STORE_UNSYNCED);
        um_store_close(s);
        faulty_vfs_set(FAULTY_SYNC, 0, 0, 0);
        assert_int_equal(um_store_open(s, c.g.path, UM_STORE_EXISTING), 0);
        assert_null(batches_look(s, &c.kept));
        c.acknowledged = c.kept;
        while (c.acknowledged < 6 && batches_write(s, c.acknowledged + 1) == 0)
            c.acknowledged++;
        assert_int_equal(c.acknowledged, 6);
        torn_disk_cut(&c.disk);
        faulty_vfs_cut(NULL, 0);
        um_store_close(s);
        torn_disk_restore(&c.disk);
        look(&c);
        rig_fini(&c.g);
    }
    assert_int_equal(c.lost, 0);
    assert_int_equal(c.damaged, 0);
}

/* The judge is judged: a store that syncs less loses. */
static void test_less_is_not_enough(void **state)
{
    struct course normal = {.disk = {.random = 21}};
    struct course off = {.disk = {.random = 22}};

    (void)state;
    cut(&normal, 40, "PRAGMA synchronous = NORMAL");
    assert_true(normal.lost > 5);
    cut(&off, 40, "PRAGMA synchronous = OFF");
    assert_true(off.lost + off.damaged > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_acknowledged_stays),
        cmocka_unit_test(test_what_a_failed_sync_left_takes_nothing_along),
        cmocka_unit_test(test_less_is_not_enough),
    };

    /* The disk is ours: its files may be in memory. */
    if (access("/dev/shm", W_OK) == 0)
        (void)setenv("TMPDIR", "/dev/shm", 0);
    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
