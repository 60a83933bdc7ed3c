/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The bounded memory of ids, against a plain list as its model. */
#include "proto/gossip/idset.h"

#include "base/rng.h"
#include "proto/gossip/caps.h"
#include "unit.h"

#define MAX 64U

static struct p2p__gossip_fp fp_of(uint64_t n)
{
    /* Few chains: the low bits are often the same. */
    return (struct p2p__gossip_fp){{n * 0x100U + n % 3, n}};
}

static void test_an_id_is_in_until_it_expires(void **state)
{
    struct p2p__gossip_fp a = fp_of(1), b = fp_of(2);
    struct p2p__gossip_idset s;
    struct p2p__quota q;

    (void)state;
    p2p__quota_init(&q, NULL, "q");
    p2p__gossip_idset_init(&s, &q, MAX);
    assert_null(p2p__gossip_idset_get(&s, &a));
    assert_int_equal(p2p__gossip_idset_add(&s, &a, 10), 0);
    assert_int_equal(p2p__gossip_idset_add(&s, &b, 20), 0);
    p2p__gossip_idset_expire(&s, 10);
    assert_non_null(p2p__gossip_idset_get(&s, &a));
    p2p__gossip_idset_expire(&s, 11);
    assert_null(p2p__gossip_idset_get(&s, &a));
    assert_int_equal(p2p__gossip_idset_get(&s, &b)->stamp, 20);
    /* Empty again, it holds nothing. */
    p2p__gossip_idset_expire(&s, 21);
    assert_int_equal(q.used[P2P__Q_MEMORY], 0);
    p2p__gossip_idset_fini(&s);
    p2p__quota_fini(&q);
}

static void test_a_full_set_forgets_the_oldest(void **state)
{
    struct p2p__gossip_idset s;

    (void)state;
    p2p__gossip_idset_init(&s, NULL, MAX);
    for (uint64_t i = 0; i < 1000; i++) {
        struct p2p__gossip_fp fp = fp_of(i);

        assert_int_equal(p2p__gossip_idset_add(&s, &fp, i), 0);
        assert_true(s.count <= MAX);
    }
    for (uint64_t i = 0; i < 1000; i++) {
        struct p2p__gossip_fp fp = fp_of(i);

        assert_int_equal(p2p__gossip_idset_get(&s, &fp) != NULL,
                         i >= 1000 - MAX);
    }
    p2p__gossip_idset_fini(&s);
}

static void test_any_order_of_calls_agrees_with_a_list(void **state)
{
    struct p2p__gossip_idset s;
    struct p2p__quota q;
    struct p2p__rng rng;
    uint64_t oldest = 0, next = 0;

    (void)state;
    p2p__quota_init(&q, NULL, "q");
    p2p__rng_seed(&rng, 1);
    p2p__gossip_idset_init(&s, &q, MAX);
    for (int i = 0; i < 20000; i++) {
        struct p2p__gossip_fp fp = fp_of(next);

        if (p2p__rng_below(&rng, 3) > 0) {
            assert_int_equal(p2p__gossip_idset_add(&s, &fp, next), 0);
            next++;
            oldest = next - oldest > MAX ? next - MAX : oldest;
        } else {
            uint64_t to = oldest + p2p__rng_below(&rng, 5);

            p2p__gossip_idset_expire(&s, to);
            oldest = to < next ? to : next;
        }
        assert_int_equal(s.count, next - oldest);
        fp = fp_of(p2p__rng_below(&rng, next + 1));
        assert_int_equal(p2p__gossip_idset_get(&s, &fp) != NULL,
                         fp.w[1] >= oldest && fp.w[1] < next);
    }
    p2p__gossip_idset_fini(&s);
    p2p__quota_fini(&q);
}

static void test_without_quota_it_remembers_less(void **state)
{
    struct p2p__gossip_idset s;
    struct p2p__quota q;

    (void)state;
    p2p__quota_init(&q, NULL, "q");
    q.limit[P2P__Q_MEMORY] = 2000;
    p2p__gossip_idset_init(&s, &q, 1024);
    for (uint64_t i = 0; i < 1000; i++) {
        struct p2p__gossip_fp fp = fp_of(i);

        assert_int_equal(p2p__gossip_idset_add(&s, &fp, i), 0);
        assert_non_null(p2p__gossip_idset_get(&s, &fp));
    }
    assert_in_range(s.count, 16, 32);
    p2p__gossip_idset_fini(&s);
    p2p__quota_fini(&q);
}

static void test_T31_a_million_ids_stay_within_the_bound(void **state)
{
    struct p2p__gossip_idset s;
    struct p2p__quota q;

    (void)state;
    p2p__quota_init(&q, NULL, "q");
    p2p__gossip_idset_init(&s, &q, P2P__CAP_GOSSIP_SEEN);
    for (uint64_t i = 0; i < 1000000; i++) {
        struct p2p__gossip_fp fp = {{i * 0x9e3779b97f4a7c15ULL, i}};

        assert_int_equal(p2p__gossip_idset_add(&s, &fp, i), 0);
    }
    assert_int_equal(s.count, P2P__CAP_GOSSIP_SEEN);
    assert_in_range(q.used[P2P__Q_MEMORY], 1, P2P__CAP_GOSSIP_SEEN * 48U);
    p2p__gossip_idset_fini(&s);
    p2p__quota_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_in_until_it_expires),
        cmocka_unit_test(test_a_full_set_forgets_the_oldest),
        cmocka_unit_test(test_any_order_of_calls_agrees_with_a_list),
        cmocka_unit_test(test_without_quota_it_remembers_less),
        cmocka_unit_test(test_T31_a_million_ids_stay_within_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
