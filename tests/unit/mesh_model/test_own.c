/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node knows of itself: as bytes and back, and how much of it. */
#include "mesh/model/own.h"

#include "p2p/err.h"
#include "unit.h"

static struct um_name name_of(unsigned n)
{
    struct um_name name = {{1, (uint8_t)n, (uint8_t)(n >> 8)}};

    return name;
}

static struct um_own full(void)
{
    struct um_own own = {.row_seq = 1234567};

    own.applied = name_of(1);
    own.effective = name_of(2);
    own.trying = name_of(3);
    own.trying_effective = name_of(4);
    own.offered = name_of(5);
    for (unsigned i = 0; i < 9; i++) {
        struct um_name good = name_of(10 + i);
        struct um_name drives = name_of(30 + i);

        um_own_note_good(&own, &good);
        um_own_drive(&own, &drives);
    }
    for (unsigned i = 0; i < 5; i++) {
        struct um_tried a = {name_of(20 + i), name_of(50 + i),
                             i % 2 ? UM_BAD_REFUSED : UM_BAD_UNHEALTHY};

        if (i == 3)
            a.effective = (struct um_name){{0}};
        um_own_note_bad(&own, &a);
    }
    return own;
}

static void test_it_is_read_as_it_was_written(void **state)
{
    struct um_own own = full(), back;
    struct um_buf one = UM_BUF_INIT, two = UM_BUF_INIT;

    (void)state;
    um_own_write(&own, &one);
    assert_int_equal(um_own_read(um_buf_view(&one), &back), 0);
    assert_int_equal(back.bad_n, 5);
    assert_int_equal(back.bad[0].why, UM_BAD_UNHEALTHY);
    assert_int_equal(back.bad[1].why, UM_BAD_REFUSED);
    assert_true(um_name_none(&back.bad[1].effective));
    um_own_write(&back, &two);
    assert_true(um_str_eq(um_buf_view(&one), um_buf_view(&two)));
    um_buf_fini(&one);
    um_buf_fini(&two);
}

static void test_what_was_cut_off_is_not_read(void **state)
{
    struct um_own own = full(), back;
    struct um_buf b = UM_BUF_INIT;
    unsigned read = 0;

    (void)state;
    um_own_write(&own, &b);
    for (size_t n = 0; n < b.len; n++)
        read += um_own_read(um_str_n(b.p, n), &back) == 0;
    /* Between two fields it is a record of another; no more than those. */
    assert_in_range(read, 0, 11);
    assert_int_equal(um_own_read(um_str_n(NULL, 0), &back), P2P_EFORMAT);
    um_buf_fini(&b);
}

static void test_the_newest_four_are_good(void **state)
{
    struct um_own own = full();
    struct um_name last = name_of(18);

    (void)state;
    assert_int_equal(own.good_n, UM_OWN_GOOD);
    assert_memory_equal(&own.good[3], &last, sizeof last);
    assert_false(um_own_note_good(&own, &last));
}

static void test_so_many_bad_attempts_are_remembered(void **state)
{
    struct um_own own = {0};
    struct um_name first = name_of(0), last = name_of(64);

    (void)state;
    for (unsigned i = 0; i <= 64; i++) {
        struct um_tried a = {name_of(i), name_of(i), UM_BAD_REFUSED};

        um_own_note_bad(&own, &a);
        um_own_note_bad(&own, &a); /* it counts once */
    }
    assert_int_equal(own.bad_n, 64);
    assert_int_equal(UM__CAP_OWN_BAD, 64);
    assert_false(um_own_refused(&own, &first, NULL));
    assert_true(um_own_refused(&own, &last, &last));
    assert_false(um_own_refused(&own, &last, &first));
    assert_true(um_own_forget_bad(&own, UM_BAD_REFUSED, NULL));
    assert_false(um_own_forget_bad(&own, UM_BAD_REFUSED, NULL));
}

static void test_so_many_rollouts_are_driven(void **state)
{
    struct um_own own = {0};
    struct um_name first = name_of(0), last = name_of(8);

    (void)state;
    for (unsigned i = 0; i <= 8; i++) {
        struct um_name n = name_of(i);

        um_own_drive(&own, &n);
        um_own_drive(&own, &n);
    }
    assert_int_equal(own.driving_n, 8);
    assert_int_equal(UM__CAP_OWN_DRIVING, 8);
    assert_false(um_own_drives(&own, &first));
    assert_true(um_own_drives(&own, &last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_read_as_it_was_written),
        cmocka_unit_test(test_what_was_cut_off_is_not_read),
        cmocka_unit_test(test_the_newest_four_are_good),
        cmocka_unit_test(test_so_many_bad_attempts_are_remembered),
        cmocka_unit_test(test_so_many_rollouts_are_driven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
