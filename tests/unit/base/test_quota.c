/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All scopes are charged, or none; and all is given back. */
#include "base/quota.h"
#include "base/rng.h"
#include "unit.h"

struct tree {
    struct p2p__quota host, peer, conn, stream;
};

static void tree_init(struct tree *t)
{
    p2p__quota_init(&t->host, NULL, "host");
    p2p__quota_init(&t->peer, &t->host, "peer");
    p2p__quota_init(&t->conn, &t->peer, "conn");
    p2p__quota_init(&t->stream, &t->conn, "stream");
}

static void tree_fini(struct tree *t)
{
    p2p__quota_fini(&t->stream);
    p2p__quota_fini(&t->conn);
    p2p__quota_fini(&t->peer);
    p2p__quota_fini(&t->host);
}

static void test_take_charges_up_to_the_root(void **state)
{
    struct tree t;

    (void)state;
    tree_init(&t);
    assert_int_equal(p2p__quota_take(&t.conn, P2P__Q_MEMORY, 100), 0);
    assert_int_equal(t.host.used[P2P__Q_MEMORY], 100);
    assert_int_equal(t.peer.used[P2P__Q_MEMORY], 100);
    assert_int_equal(t.conn.used[P2P__Q_MEMORY], 100);
    assert_int_equal(t.stream.used[P2P__Q_MEMORY], 0);
    assert_int_equal(t.host.used[P2P__Q_FDS], 0);
    p2p__quota_give(&t.conn, P2P__Q_MEMORY, 100);
    tree_fini(&t);
}

static void test_a_refusal_anywhere_charges_nothing(void **state)
{
    struct tree t;

    (void)state;
    tree_init(&t);
    t.host.limit[P2P__Q_STREAMS_IN] = 1;
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_STREAMS_IN, 2),
                     P2P_ELIMIT);
    assert_int_equal(t.host.refused, 1);
    assert_int_equal(t.stream.refused, 0);
    t.conn.limit[P2P__Q_STREAMS_IN] = 1;
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_STREAMS_IN, 2),
                     P2P_ELIMIT);
    assert_int_equal(t.conn.refused, 1);
    assert_int_equal(t.host.refused, 1);
    /* From above one sees those below. */
    assert_int_equal(t.host.refused_below, 1);
    assert_int_equal(t.conn.refused_below, 0);
    tree_fini(&t); /* asserts that nothing is charged */
}

static void test_the_limit_itself_is_allowed(void **state)
{
    struct tree t;

    (void)state;
    tree_init(&t);
    t.peer.limit[P2P__Q_FDS] = 10;
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_FDS, 10), 0);
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_FDS, 1), P2P_ELIMIT);
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_FDS, 0), 0);
    p2p__quota_give(&t.stream, P2P__Q_FDS, 1);
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_FDS, 1), 0);
    p2p__quota_give(&t.stream, P2P__Q_FDS, 10);
    tree_fini(&t);
}

static void test_sums_do_not_wrap_round(void **state)
{
    struct tree t;

    (void)state;
    tree_init(&t);
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_MEMORY, 5), 0);
    assert_int_equal(p2p__quota_take(&t.conn, P2P__Q_MEMORY, UINT64_MAX),
                     P2P_ELIMIT);
    assert_int_equal(p2p__quota_take(&t.conn, P2P__Q_MEMORY, UINT64_MAX - 5),
                     0);
    assert_int_equal(p2p__quota_take(&t.conn, P2P__Q_MEMORY, 1), P2P_ELIMIT);
    p2p__quota_give(&t.conn, P2P__Q_MEMORY, UINT64_MAX - 5);
    p2p__quota_give(&t.stream, P2P__Q_MEMORY, 5);
    tree_fini(&t);
}

static void test_a_limit_lowered_below_use_refuses_until_given_back(void **s)
{
    struct tree t;

    (void)s;
    tree_init(&t);
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_MEMORY, 100), 0);
    t.conn.limit[P2P__Q_MEMORY] = 50;
    assert_int_equal(p2p__quota_most(&t.stream, P2P__Q_MEMORY), 50);
    assert_int_equal(p2p__quota_room(&t.stream, P2P__Q_MEMORY), 0);
    assert_int_equal(p2p__quota_take(&t.stream, P2P__Q_MEMORY, 0), P2P_ELIMIT);
    p2p__quota_give(&t.stream, P2P__Q_MEMORY, 60);
    assert_int_equal(p2p__quota_room(&t.stream, P2P__Q_MEMORY), 10);
    p2p__quota_give(&t.stream, P2P__Q_MEMORY, 40);
    tree_fini(&t);
}

static void test_no_quota_takes_and_gives_nothing(void **state)
{
    (void)state;
    assert_int_equal(p2p__quota_take(NULL, P2P__Q_MEMORY, UINT64_MAX), 0);
    p2p__quota_give(NULL, P2P__Q_MEMORY, UINT64_MAX);
    assert_true(p2p__quota_room(NULL, P2P__Q_MEMORY) == P2P__Q_UNLIMITED);
    assert_true(p2p__quota_most(NULL, P2P__Q_MEMORY) == P2P__Q_UNLIMITED);
}

static void test_every_kind_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(p2p__quota_kind_text(P2P__Q_MEMORY), "memory bytes");
    for (int k = 0; k < P2P__Q_COUNT; k++) {
        assert_true(strlen(p2p__quota_kind_text((enum p2p__quota_kind)k)) > 3);
    }
}

/* room() is exactly what take() grants, and the root is the sum of leaves. */
static void test_room_and_take_agree_on_random_trees(void **state)
{
    struct p2p__quota host, leaf[5];
    uint64_t held[5] = {0};
    struct p2p__rng rng;

    (void)state;
    p2p__rng_seed(&rng, 4);
    p2p__quota_init(&host, NULL, "host");
    host.limit[P2P__Q_MEMORY] = 1000;
    for (size_t i = 0; i < 5; i++) {
        p2p__quota_init(&leaf[i], &host, "leaf");
        leaf[i].limit[P2P__Q_MEMORY] = 100 + 100 * i;
    }
    for (int step = 0; step < 20000; step++) {
        size_t i = (size_t)p2p__rng_below(&rng, 5);
        uint64_t n = p2p__rng_below(&rng, 300);
        uint64_t sum = 0;

        if (p2p__rng_below(&rng, 2) == 0) {
            bool fits = n <= p2p__quota_room(&leaf[i], P2P__Q_MEMORY);
            int rv = p2p__quota_take(&leaf[i], P2P__Q_MEMORY, n);

            assert_int_equal(rv, fits ? 0 : P2P_ELIMIT);
            held[i] += fits ? n : 0;
        } else {
            n = p2p__rng_below(&rng, held[i] + 1);
            p2p__quota_give(&leaf[i], P2P__Q_MEMORY, n);
            held[i] -= n;
        }
        for (size_t j = 0; j < 5; j++) {
            assert_true(held[j] <= leaf[j].limit[P2P__Q_MEMORY]);
            sum += held[j];
        }
        assert_int_equal(host.used[P2P__Q_MEMORY], sum);
    }
    for (size_t i = 0; i < 5; i++) {
        p2p__quota_give(&leaf[i], P2P__Q_MEMORY, held[i]);
        p2p__quota_fini(&leaf[i]);
    }
    p2p__quota_fini(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_charges_up_to_the_root),
        cmocka_unit_test(test_a_refusal_anywhere_charges_nothing),
        cmocka_unit_test(test_the_limit_itself_is_allowed),
        cmocka_unit_test(test_sums_do_not_wrap_round),
        cmocka_unit_test(
            test_a_limit_lowered_below_use_refuses_until_given_back),
        cmocka_unit_test(test_no_quota_takes_and_gives_nothing),
        cmocka_unit_test(test_every_kind_has_a_text),
        cmocka_unit_test(test_room_and_take_agree_on_random_trees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
