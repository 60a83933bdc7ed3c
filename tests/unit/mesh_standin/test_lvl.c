/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/lvl.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "mesh/base/buf.h"
#include "p2p/err.h"
#include "unit.h"

enum { MANY = 3000 };

static void add(struct um_slvl *t, const char *key)
{
    /* the key is its own item */
    assert_int_equal(um_slvl_add(t, um_str(key), (void *)(uintptr_t)key), 0);
}

/* The items in order, blanks between. */
static void order_is(const struct um_slvl *t, const char *want)
{
    const void *items[64];
    struct um_buf b = UM_BUF_INIT;

    assert_true(t->count <= 64);
    um_slvl_items(t, (void **)(uintptr_t)items);
    for (size_t i = 0; i < t->count; i++)
        um_buf_fmt(&b, "%s%s", i > 0 ? " " : "", (const char *)items[i]);
    um_buf_byte(&b, '\0');
    assert_string_equal(b.p, want);
    um_buf_fini(&b);
}

static void test_up_to_ten_as_inserted(void **state)
{
    struct um_slvl t;

    (void)state;
    um_slvl_init(&t);
    order_is(&t, "");
    add(&t, "z");
    add(&t, "a");
    add(&t, "m");
    order_is(&t, "z a m");
    assert_int_equal(um_slvl_add(&t, UM_STR("a"), &t), P2P_EEXIST);
    assert_int_equal(t.count, 3);
    um_slvl_fini(&t);
    assert_int_equal(t.count, 0);
}

static void test_a_hole_is_filled_first(void **state)
{
    struct um_slvl t;

    (void)state;
    um_slvl_init(&t);
    add(&t, "a");
    add(&t, "b");
    add(&t, "c");
    assert_non_null(um_slvl_remove(&t, UM_STR("b")));
    assert_null(um_slvl_remove(&t, UM_STR("b")));
    order_is(&t, "a c");
    add(&t, "d");
    order_is(&t, "a d c");
    um_slvl_fini(&t);
}

/* Hash bits of one-letter keys: 5381 * 33 ^ letter, the low four first. */
static void test_the_eleventh_spreads_the_bucket(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f",
                                       "g", "h", "i", "j", "k"};
    struct um_slvl t;

    (void)state;
    um_slvl_init(&t);
    for (size_t i = 0; i < 10; i++)
        add(&t, keys[i]);
    order_is(&t, "a b c d e f g h i j");
    add(&t, keys[10]);
    order_is(&t, "e d g f a c b i h k j");
    /* what was spread stays so */
    assert_non_null(um_slvl_remove(&t, UM_STR("g")));
    assert_non_null(um_slvl_remove(&t, UM_STR("k")));
    order_is(&t, "e d f a c b i h j");
    /* keys of one way keep their order: q differs from a in bit four */
    add(&t, "q");
    order_is(&t, "e d f a q c b i h j");
    um_slvl_fini(&t);
}

static void test_an_empty_table_begins_anew(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f",
                                       "g", "h", "i", "j", "k"};
    struct um_slvl t;

    (void)state;
    um_slvl_init(&t);
    for (size_t i = 0; i < 11; i++)
        add(&t, keys[i]);
    for (size_t i = 0; i < 11; i++)
        assert_ptr_equal(um_slvl_remove(&t, um_str(keys[i])), keys[i]);
    assert_null(t.root);
    add(&t, "b");
    add(&t, "a");
    order_is(&t, "b a");
    um_slvl_fini(&t);
}

/* Keys whose hashes are equal to the last bit go down to chained buckets. */
static void test_colliding_keys_are_chained(void **state)
{
    /* either spelling leaves the same hash behind it */
    static const char *const block[] = {"bC", "cb"};
    enum { KEYS = 64 };
    static char keys[KEYS][16];
    struct um_slvl t;
    const size_t n = KEYS;

    (void)state;
    um_slvl_init(&t);
    for (unsigned k = 0; k < KEYS; k++) {
        for (unsigned i = 0; i < 6; i++)
            memcpy(keys[k] + (size_t)2 * i, block[k >> i & 1], 2);
    }
    for (size_t i = 0; i < n; i++)
        add(&t, keys[i]);
    assert_int_equal(t.count, n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(um_slvl_get(&t, um_str(keys[i])), keys[i]);
        assert_int_equal(um_slvl_add(&t, um_str(keys[i]), &t), P2P_EEXIST);
    }
    for (size_t i = 0; i < n; i += 2)
        assert_ptr_equal(um_slvl_remove(&t, um_str(keys[i])), keys[i]);
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(um_slvl_get(&t, um_str(keys[i])),
                         i % 2 ? keys[i] : NULL);
    um_slvl_fini(&t);
}

/* Held against a plain list under random additions and removals. */
static void test_it_is_a_set(void **state)
{
    static char keys[MANY][16];
    bool there[MANY] = {false};
    struct p2p__rng rng;
    struct um_slvl t;
    size_t count = 0;

    (void)state;
    p2p__rng_seed(&rng, 7);
    um_slvl_init(&t);
    for (size_t i = 0; i < MANY; i++)
        snprintf(keys[i], sizeof(keys[i]), "member-%zu", i);
    for (size_t i = 0; i < 10 * MANY; i++) {
        size_t k = p2p__rng_below(&rng, MANY);

        if (p2p__rng_below(&rng, 3) > 0) {
            assert_int_equal(um_slvl_add(&t, um_str(keys[k]), keys[k]),
                             there[k] ? P2P_EEXIST : 0);
            count += !there[k];
            there[k] = true;
        } else {
            assert_ptr_equal(um_slvl_remove(&t, um_str(keys[k])),
                             there[k] ? keys[k] : NULL);
            count -= there[k];
            there[k] = false;
        }
        assert_int_equal(t.count, count);
    }
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(um_slvl_get(&t, um_str(keys[i])),
                         there[i] ? keys[i] : NULL);
    um_slvl_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_to_ten_as_inserted),
        cmocka_unit_test(test_a_hole_is_filled_first),
        cmocka_unit_test(test_the_eleventh_spreads_the_bucket),
        cmocka_unit_test(test_an_empty_table_begins_anew),
        cmocka_unit_test(test_colliding_keys_are_chained),
        cmocka_unit_test(test_it_is_a_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
