/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Effects that wait for the disk. */
#include "mesh/model/outbox.h"

#include "unit.h"

static void add(struct um_outbox *o, enum um_effect_what what, uint64_t after,
                struct um_str bytes)
{
    struct um_effect e = {.what = what, .after = after};

    if (what == UM_FX_ROW)
        e.u.row.envelope = bytes;
    if (what == UM_FX_PUBLISH)
        e.u.publish.envelope = bytes;
    assert_int_equal(um_outbox_add(o, &e), 0);
}

static void test_nothing_goes_out_before_it_may(void **state)
{
    struct um_outbox o = {0};
    const struct um_effect *e;
    char bytes[] = "a row";

    (void)state;
    assert_null(um_outbox_next(&o, 100));
    add(&o, UM_FX_APPLY, 3, um_str(""));
    add(&o, UM_FX_ROW, 3, um_str(bytes));
    add(&o, UM_FX_REPLY, 5, um_str(""));
    memset(bytes, 'x', 5); /* the bytes are its own */
    assert_null(um_outbox_next(&o, 2));
    assert_int_equal(um_outbox_next(&o, 3)->what, UM_FX_APPLY);
    e = um_outbox_next(&o, 4);
    assert_int_equal(e->what, UM_FX_ROW);
    assert_true(um_str_eq(e->u.row.envelope, UM_STR("a row")));
    assert_null(um_outbox_next(&o, 4));
    assert_int_equal(o.n, 1);
    add(&o, UM_FX_PUBLISH, 6, UM_STR("an item"));
    assert_int_equal(um_outbox_next(&o, 6)->what, UM_FX_REPLY);
    e = um_outbox_next(&o, 6);
    assert_int_equal(e->what, UM_FX_PUBLISH);
    assert_true(um_str_eq(e->u.publish.envelope, UM_STR("an item")));
    assert_null(um_outbox_next(&o, 6));
    um_outbox_fini(&o);
}

static void test_what_waits_at_the_end_is_freed(void **state)
{
    struct um_outbox o = {0};

    (void)state;
    add(&o, UM_FX_APPLY, 3, um_str(""));
    add(&o, UM_FX_APPLY, 4, um_str(""));
    assert_non_null(um_outbox_next(&o, 3));
    um_outbox_fini(&o);
    assert_int_equal(o.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_goes_out_before_it_may),
        cmocka_unit_test(test_what_waits_at_the_end_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
