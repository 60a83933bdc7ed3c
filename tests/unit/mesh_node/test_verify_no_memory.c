/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The look at a store when memory runs out: it says so, and nothing leaks. */
#include "failing_mem.h"
#include "mesh/node/verify.h"
#include "p2p/err.h"
#include "rig.h"
#include "small_mesh.h"
#include "unit.h"

static void hear(void *user, const char *line)
{
    (void)user;
    fail_msg("%s", line);
}

static int body(void *arg)
{
    static const struct um_store_ear ear = {NULL, hear};
    struct rig *g = arg;
    struct um_verified v;
    int err = um_store_open(&g->s, g->path, UM_STORE_READ);

    if (err == 0)
        err = um_verify_store(&g->s, &ear, &v);
    if (err == 0)
        assert_int_equal(v.rows, 2);
    um_store_close(&g->s);
    return err;
}

static void test_without_memory(void **state)
{
    struct rig g;

    (void)state;
    failing_mem_set(0, 0);
    rig_init(&g);
    small_mesh_write(&g.s, SMALL_WELL);
    um_store_close(&g.s);
    print_message("%zu allocations\n", failing_mem_each(body, &g));
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
