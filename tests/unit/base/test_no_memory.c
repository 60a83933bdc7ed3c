/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of the base fails once: nothing is lost, or half done. */
#include "base/map.h"
#include "base/sendq.h"
#include "failing_mem.h"
#include "unit.h"

static const uint64_t SEED[2] = {3, 4};

/* Adds all it can; whoever was refused is not in, all others are. */
static int fill_map(void *arg)
{
    struct p2p__map_node n[100] = {0};
    uint8_t keys[100];
    bool in[100];
    struct p2p__map m;
    int first = 0;

    (void)arg;
    p2p__map_init(&m, SEED);
    for (size_t i = 0; i < 100; i++) {
        int rv;

        keys[i] = (uint8_t)i;
        rv = p2p__map_put(&m, &n[i], &keys[i], 1);
        in[i] = rv == 0;
        first = first == 0 ? rv : first;
    }
    for (size_t i = 0; i < 100; i++) {
        assert_ptr_equal(p2p__map_get(&m, &keys[i], 1), in[i] ? &n[i] : NULL);
    }
    p2p__map_fini(&m);
    return first;
}

static void test_map_survives_every_failure(void **state)
{
    (void)state;
    /* 8, 16, … 128 buckets: five allocations. */
    assert_int_equal(failing_mem_each(fill_map, NULL), 5);
}

/* Pushes a small, a second small and a big slice; then takes all out. */
static int fill_sendq(void *arg)
{
    static uint8_t bytes[9000];
    static const size_t lens[] = {10, 20, 9000, 30};
    struct p2p__quota quota;
    struct p2p__sendq q;
    size_t expect = 0, got;
    int first = 0;

    (void)arg;
    p2p__quota_init(&quota, NULL, "stream");
    p2p__sendq_init(&q, &quota);
    for (size_t i = 0; i < P2P__COUNT(lens); i++) {
        struct p2p__slice s = p2p__slice_of(bytes, lens[i]);
        uint64_t before = quota.used[P2P__Q_MEMORY];
        int rv = p2p__sendq_push(&q, &s);

        if (rv != 0) {
            assert_int_equal(rv, P2P_ENOMEM);
            assert_int_equal(quota.used[P2P__Q_MEMORY], before);
            first = rv;
        } else {
            expect += lens[i];
        }
    }
    assert_int_equal(q.bytes, expect);
    got = p2p__sendq_pull(&q, bytes, sizeof bytes);
    got += p2p__sendq_pull(&q, bytes, sizeof bytes);
    assert_int_equal(got, expect);
    p2p__sendq_fini(&q);
    p2p__quota_fini(&quota);
    return first;
}

static void test_sendq_survives_every_failure(void **state)
{
    (void)state;
    /* Each of the four slices: a part and a slab. */
    assert_int_equal(failing_mem_each(fill_sendq, NULL), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_survives_every_failure),
        cmocka_unit_test(test_sendq_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
