/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The model when memory runs out: nothing leaks, and what could not be added
 * can be added later. */
#include "failing_mem.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

/* Enough for everything to grow. */
#define MANY 40

static int fill(struct rig *g)
{
    uint32_t base;
    int err = rig_init(g, 2);

    for (unsigned i = 1; i < MANY && err == 0; i++)
        err = i % 3 == 0 ? rig_staged(g, i, 1 + i % 2, i / 2)
                         : rig_edit(g, i, 1 + i % 2, i / 2);
    for (unsigned i = 3; i < MANY && err == 0; i += 3)
        err = rig_fact(g, i % 2 == 0 ? UM_OPEN : UM_CONFIRM, i, 1, T0 + i);
    if (err == 0)
        err = rig_look(g, T0 + MANY);
    if (err == 0)
        err = rig_revoke(g, 1, 5);
    if (err == 0)
        err = rig_look(g, T0 + N_MS);
    if (err == 0)
        err = um_marks_base(&g->history, MANY - 1, MANY - 2, &base);
    return err;
}

static int body(void *arg)
{
    struct rig g;
    int err = fill(&g);

    (void)arg;
    rig_fini(&g);
    return err;
}

static void test_nothing_leaks(void **state)
{
    (void)state;
    assert_true(failing_mem_each(body, NULL) > MANY);
}

static void test_a_view_after_one_that_failed_is_right(void **state)
{
    struct rig g;
    size_t nth = 1;
    int err;

    (void)state;
    assert_int_equal(rig_init(&g, 2), 0);
    rig_edit(&g, 1, 1, 0);
    rig_edit(&g, 2, 2, 0);
    rig_revoke(&g, 1, 0);
    do {
        failing_mem_set(nth++, 0);
        err = rig_look(&g, T0);
        failing_mem_set(0, 0);
        assert_true(err == 0 || (err == P2P_ENOMEM && rig_head(&g, 0) == -1));
    } while (err != 0);
    assert_true(nth > 3);
    assert_int_equal(rig_head(&g, 0), 2);
    assert_int_equal(rig_state(&g, 1), UM_DEAD);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_leaks),
        cmocka_unit_test(test_a_view_after_one_that_failed_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
