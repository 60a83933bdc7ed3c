/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "mesh/base/arena.h"
#include "unit.h"

static void test_blocks_do_not_overlap_and_are_aligned(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    char *p[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        p[i] = um_arena_alloc(&a, i * 7);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i * 7; k++)
            assert_int_equal((uint8_t)p[i][k], i);
    }
    um_arena_fini(&a);
    assert_int_equal(a.held_bytes, 0);
}

static void test_big_requests_leave_the_open_block_open(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    const char *first = um_arena_alloc(&a, 16);
    const char *next;

    (void)state;
    assert_non_null(um_arena_alloc(&a, 100000));
    next = um_arena_alloc(&a, 16);
    assert_ptr_equal(next, first + 16);
    um_arena_fini(&a);
}

static void test_zalloc_clears_and_refuses_overflow(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    const char *p = um_arena_zalloc(&a, 100, 3);

    (void)state;
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(p[i], 0);
    assert_null(um_arena_zalloc(&a, SIZE_MAX / 4, 8));
    assert_null(um_arena_alloc(&a, SIZE_MAX - 3));
    um_arena_fini(&a);
}

static void test_adopt_moves_everything(void **state)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_arena b = UM_ARENA_INIT;
    struct um_str one, two;

    (void)state;
    assert_true(um_arena_dup(&a, UM_STR("one"), &one));
    assert_true(um_arena_dup(&b, UM_STR("two"), &two));
    um_arena_adopt(&a, &b);
    um_arena_fini(&b);
    assert_true(um_str_eq(one, UM_STR("one")));
    assert_true(um_str_eq(two, UM_STR("two")));
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_do_not_overlap_and_are_aligned),
        cmocka_unit_test(test_big_requests_leave_the_open_block_open),
        cmocka_unit_test(test_zalloc_clears_and_refuses_overflow),
        cmocka_unit_test(test_adopt_moves_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
