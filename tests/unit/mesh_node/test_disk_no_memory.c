/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The way to the store when memory runs out: a job that was taken is written
 * when there is some again, or its owner hears that it was not.
 */
#include <stdlib.h>
#include <unistd.h>

#include "failing_mem.h"
#include "mesh/node/disk.h"
#include "p2p/err.h"
#include "played.h"
#include "rig.h"
#include "unit.h"

struct case_ {
    struct rig g;
    struct played p;
    unsigned told;
    int err;
};

static int write_own(void *arg, struct um_store *s)
{
    (void)arg;
    return rig_count_put(s, 5);
}

static void on_done(void *arg, int err)
{
    struct case_ *c = arg;

    c->told++;
    c->err = err;
}

static void on_broken(void *user, const char *text)
{
    (void)user;
    fail_msg("%s", text);
}

/* A job, and a batch or two that try it. */
static int use(struct case_ *c, struct um_disk *d)
{
    struct um_disk_job job = {.write = write_own, .done = on_done, .arg = c};
    int err = um_disk_write(d, &job);

    if (err != 0)
        return err;
    played_ring(&c->p, 0);
    played_work(&c->p);
    played_done(&c->p);
    if (c->told == 0) {
        assert_non_null(um_disk_trouble(d));
        played_ring(&c->p, UM_DISK_RETRY_MS);
        played_work(&c->p);
        played_done(&c->p);
    }
    return 0;
}

static int body(void *arg)
{
    struct case_ *c = arg;
    struct um_disk_cfg cfg = {.store = &c->g.s,
                              .worker = &c->p.worker,
                              .alarms = &c->p.alarms,
                              .log = &c->p.log,
                              .broken = on_broken};
    struct um_disk *d;
    int err = um_store_open(&c->g.s, c->g.path, UM_STORE_EXISTING);

    if (err != 0)
        return err;
    played_init(&c->p);
    c->told = 0;
    d = um_disk_new(&cfg);
    err = d == NULL ? P2P_ENOMEM : use(c, d);
    um_disk_free(d);
    um_store_close(&c->g.s);
    assert_int_equal(c->told, err == 0);
    if (err == 0 && c->err == P2P_ECLOSED)
        err = P2P_ENOMEM;
    else if (err == 0)
        err = c->err;
    return err;
}

static void test_without_memory(void **state)
{
    struct case_ c;
    uint64_t n;

    (void)state;
    failing_mem_set(0, 0);
    rig_init(&c.g);
    um_store_close(&c.g.s);
    print_message("%zu allocations\n", failing_mem_each(body, &c));
    rig_again(&c.g);
    assert_int_equal(rig_count_get(&c.g.s, &n), 0);
    assert_int_equal(n, 5);
    rig_fini(&c.g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
    };

    if (access("/dev/shm", W_OK) == 0)
        (void)setenv("TMPDIR", "/dev/shm", 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
