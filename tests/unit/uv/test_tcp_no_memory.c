/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A listener that has no memory for a connection turns it away, and goes on. */
#include "failing_mem.h"
#include "uv_rig.h"

#define TURNED_AWAY 5
/* Of the loop, without waiting; a few are enough. */
#define ROUNDS 100000

static void until_closed(struct uv_rig *r, int fd)
{
    int rounds = 0;

    while (!rig_closed(fd)) {
        assert_true(rounds++ < ROUNDS);
        (void)uv_run(r->loop->uv, UV_RUN_NOWAIT);
    }
    (void)close(fd);
}

static void test_who_finds_no_memory_is_turned_away(void **state)
{
    struct uv_rig r;
    int fds[TURNED_AWAY], fd;

    (void)state;
    rig_start(&r);
    for (size_t i = 0; i < TURNED_AWAY; i++) {
        fds[i] = rig_connect(&r);
    }
    failing_mem_set(1, 1);
    for (size_t i = 0; i < TURNED_AWAY; i++) {
        until_closed(&r, fds[i]);
    }
    assert_true(failing_mem_hit());
    failing_mem_set(0, 0);
    assert_int_equal(r.n_pipes, 0);
    fd = rig_connect(&r);
    rig_until_pipes(&r, 1);
    (void)close(fd);
    rig_stop(&r);
    assert_int_equal(failing_mem_live(), 0);
}

/* The listener ends while one is being turned away. */
static void test_the_listener_ends_meanwhile(void **state)
{
    struct uv_rig r;
    int fds[2];

    (void)state;
    rig_start(&r);
    fds[0] = rig_connect(&r);
    fds[1] = rig_connect(&r);
    failing_mem_set(1, 1);
    while (!failing_mem_hit()) {
        (void)uv_run(r.loop->uv, UV_RUN_NOWAIT);
    }
    failing_mem_set(0, 0);
    rig_stop(&r);
    (void)close(fds[0]);
    (void)close(fds[1]);
    assert_int_equal(failing_mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_finds_no_memory_is_turned_away),
        cmocka_unit_test(test_the_listener_ends_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
