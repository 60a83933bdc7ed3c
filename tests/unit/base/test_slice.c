/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/slice.h"
#include "unit.h"

static struct p2p__slice slice_in(struct p2p__slab *slab, size_t at, size_t len)
{
    return (struct p2p__slice){.p = slab->data + at, .len = len, .slab = slab};
}

static void test_keeping_most_of_a_slab_is_a_reference(void **state)
{
    struct p2p__slab *slab = p2p__slab_new(1000);
    struct p2p__slice s = slice_in(slab, 100, 250), kept;

    (void)state;
    assert_int_equal(p2p__slice_cost(&s), 1000);
    assert_int_equal(p2p__slice_keep(&s, &kept), 0);
    assert_ptr_equal(kept.p, s.p);
    assert_int_equal(slab->refs, 2);
    p2p__slab_unref(slab);
    memset(kept.p, 1, kept.len); /* still there */
    p2p__slice_drop(&kept);
    assert_null(kept.slab);
    assert_int_equal(kept.len, 0);
}

static void test_a_small_piece_does_not_pin_its_slab(void **state)
{
    struct p2p__slab *slab = p2p__slab_new(1000);
    struct p2p__slice s = slice_in(slab, 100, 249), kept;

    (void)state;
    memset(slab->data, 7, 1000);
    assert_int_equal(p2p__slice_cost(&s), 249);
    assert_int_equal(p2p__slice_keep(&s, &kept), 0);
    assert_int_equal(slab->refs, 1);
    memset(slab->data, 8, 1000);
    p2p__slab_unref(slab);
    assert_int_equal(kept.len, 249);
    assert_int_equal(kept.p[0], 7);
    assert_int_equal(kept.p[248], 7);
    p2p__slice_drop(&kept);
}

static void test_borrowed_memory_is_copied(void **state)
{
    char text[] = "borrowed";
    struct p2p__slice s = p2p__slice_of(text, sizeof text), kept;

    (void)state;
    assert_int_equal(p2p__slice_cost(&s), sizeof text);
    assert_int_equal(p2p__slice_keep(&s, &kept), 0);
    memset(text, 'x', sizeof text);
    assert_string_equal((char *)kept.p, "borrowed");
    p2p__slice_drop(&kept);
}

static void test_keeping_nothing_holds_nothing(void **state)
{
    struct p2p__slab *slab = p2p__slab_new(16);
    struct p2p__slice s = slice_in(slab, 4, 0), kept;

    (void)state;
    assert_int_equal(p2p__slice_keep(&s, &kept), 0);
    assert_null(kept.slab);
    assert_int_equal(slab->refs, 1);
    p2p__slice_drop(&kept);
    p2p__slab_unref(slab);
    p2p__slab_unref(NULL);
}

static void test_a_slab_beyond_32_bits_is_refused(void **state)
{
    (void)state;
    assert_null(p2p__slab_new(UINT32_MAX));
    assert_null(p2p__slab_new(SIZE_MAX));
}

static void test_skip_and_outbuf(void **state)
{
    uint8_t room[8];
    struct p2p__outbuf out = {.p = room, .cap = sizeof room};
    struct p2p__slice s = p2p__slice_of("abcdef", 6);

    (void)state;
    p2p__slice_skip(&s, 2);
    p2p__outbuf_put(&out, s.p, s.len);
    p2p__outbuf_put(&out, NULL, 0);
    assert_int_equal(p2p__outbuf_room(&out), 4);
    p2p__slice_skip(&s, 4);
    assert_int_equal(s.len, 0);
    assert_memory_equal(room, "cdef", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeping_most_of_a_slab_is_a_reference),
        cmocka_unit_test(test_a_small_piece_does_not_pin_its_slab),
        cmocka_unit_test(test_borrowed_memory_is_copied),
        cmocka_unit_test(test_keeping_nothing_holds_nothing),
        cmocka_unit_test(test_a_slab_beyond_32_bits_is_refused),
        cmocka_unit_test(test_skip_and_outbuf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
