/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is in a routing table, and who is not. */
#include "made_peer.h"
#include "proto/kad/table.h"
#include "unit.h"

#define SELF 1000000U

static void init(struct p2p__kad_table *t)
{
    const struct p2p_peer_id self = made_peer(SELF);

    p2p__kad_table_init(t, &self, &(struct p2p__kad_table_limits){0});
}

/* The peer of a number, at a private address; or at a public one: a.b.x.x. */
static struct p2p__kad_peer peer_at(uint32_t n, uint8_t a, uint8_t b)
{
    return (struct p2p__kad_peer){
        .id = made_peer(n),
        .at = {.family = 4, .ip = {a, b, (uint8_t)(n >> 8), (uint8_t)n}}};
}

static int meet(struct p2p__kad_table *t, uint32_t n, p2p_ns now)
{
    const struct p2p__kad_peer peer = peer_at(n, 10, 0);

    return p2p__kad_table_met(t, &peer, now);
}

static bool knows(const struct p2p__kad_table *t, uint32_t n)
{
    const struct p2p_peer_id id = made_peer(n);

    return p2p__kad_table_find(t, &id) != NULL;
}

/* The bucket that a number falls into. */
static unsigned bucket(uint32_t n)
{
    const struct p2p_peer_id self = made_peer(SELF), id = made_peer(n);
    struct p2p__kad_key a, b;

    p2p__kad_key_of(self.bytes, self.len, &a);
    p2p__kad_key_of(id.bytes, id.len, &b);
    return p2p__kad_common(&a, &b);
}

/* The i-th number whose peer falls into a bucket. */
static uint32_t in_bucket(unsigned which, uint32_t i)
{
    uint32_t n = 0;

    while (bucket(n) != which || i-- > 0) {
        n++;
    }
    return n;
}

static void test_who_was_met_is_nearest(void **state)
{
    const struct p2p__kad_entry *near[P2P__KAD_K];
    const struct p2p_peer_id target = made_peer(7);
    struct p2p__kad_table t;
    struct p2p__kad_key key;
    size_t n;

    (void)state;
    init(&t);
    p2p__kad_key_of(target.bytes, target.len, &key);
    assert_int_equal(p2p__kad_table_nearest(&t, &key, NULL, near), 0);
    for (uint32_t i = 0; i < 60; i++) {
        (void)meet(&t, i, 1);
    }
    assert_int_equal(meet(&t, SELF, 1), P2P_ESELF);
    n = p2p__kad_table_nearest(&t, &key, NULL, near);
    assert_int_equal(n, 20);
    assert_true(knows(&t, 7));
    assert_true(p2p_peer_id_equal(&near[0]->peer.id, &target));
    for (size_t i = 1; i < n; i++) {
        assert_true(p2p__kad_compare(&key, &near[i - 1]->key, &near[i]->key) <
                    0);
    }
    /* All that are farther are farther. */
    for (uint32_t i = 0; i < 60; i++) {
        const struct p2p_peer_id id = made_peer(i);
        const struct p2p__kad_entry *e = p2p__kad_table_find(&t, &id);
        bool told = false;

        for (size_t j = 0; j < n; j++) {
            told = told || near[j] == e;
        }
        assert_true(e == NULL || told ||
                    p2p__kad_compare(&key, &near[19]->key, &e->key) < 0);
    }
    (void)p2p__kad_table_nearest(&t, &key, &target, near);
    assert_false(p2p_peer_id_equal(&near[0]->peer.id, &target));
    p2p__kad_table_fini(&t);
}

static void test_T32_who_is_there_stays(void **state)
{
    struct p2p__kad_table t;
    const uint32_t newcomer = in_bucket(0, 20);
    const struct p2p_peer_id first = made_peer(in_bucket(0, 0));

    (void)state;
    init(&t);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(meet(&t, in_bucket(0, i), 1 + i), 0);
    }
    assert_int_equal(meet(&t, newcomer, 50), P2P_ELIMIT);
    assert_int_equal(t.count, 20);
    /* But who did not answer makes room, */
    p2p__kad_table_failed(&t, &first);
    assert_int_equal(meet(&t, newcomer, 60), 0);
    assert_null(p2p__kad_table_find(&t, &first));
    assert_int_equal(meet(&t, in_bucket(0, 21), 61), P2P_ELIMIT);
    /* and who was not heard of for an hour. */
    assert_int_equal(meet(&t, in_bucket(0, 21), 2 + P2P__KAD_STALE), 0);
    assert_false(knows(&t, in_bucket(0, 1)));
    assert_int_equal(t.count, 20);
    p2p__kad_table_fini(&t);
}

static void test_who_does_not_answer_is_dropped(void **state)
{
    const struct p2p__kad_entry *near[P2P__KAD_K];
    const struct p2p_peer_id id = made_peer(1);
    struct p2p__kad_key key = {{0}};
    struct p2p__kad_table t;

    (void)state;
    init(&t);
    (void)meet(&t, 1, 1);
    p2p__kad_table_failed(&t, &id);
    assert_true(knows(&t, 1));
    assert_int_equal(p2p__kad_table_nearest(&t, &key, NULL, near), 0);
    (void)meet(&t, 1, 2); /* heard of again */
    assert_int_equal(p2p__kad_table_nearest(&t, &key, NULL, near), 1);
    p2p__kad_table_failed(&t, &id);
    p2p__kad_table_failed(&t, &id);
    assert_false(knows(&t, 1));
    p2p__kad_table_failed(&t, &id);
    (void)meet(&t, 1, 3);
    p2p__kad_table_drop(&t, &id);
    assert_int_equal(t.count, 0);
    p2p__kad_table_fini(&t);
}

static void test_T32_one_network_has_few_places(void **state)
{
    struct p2p__kad_table t;
    struct p2p__kad_peer peer;
    uint32_t in = 0;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_TABLE_GROUP, 3);
    assert_int_equal(P2P__CAP_KAD_BUCKET_GROUP, 2);
    init(&t);
    for (uint32_t i = 0; i < 500; i++) {
        peer = peer_at(i, 8, 8);
        in += p2p__kad_table_met(&t, &peer, 1) == 0;
    }
    assert_int_equal(in, 3);
    /* Another network has its own places; in one bucket there are two. */
    in = 0;
    for (uint32_t i = 0; i < 5; i++) {
        peer = peer_at(in_bucket(0, 100 + i), 9, 9);
        in += p2p__kad_table_met(&t, &peer, 1) == 0;
    }
    assert_int_equal(in, 2);
    /* Who is in moves where there are enough: it is out. */
    peer = peer_at(in_bucket(2, 0), 9, 1);
    assert_int_equal(p2p__kad_table_met(&t, &peer, 1), 0);
    peer = peer_at(in_bucket(2, 0), 8, 8);
    assert_int_equal(p2p__kad_table_met(&t, &peer, 1), P2P_ELIMIT);
    assert_false(knows(&t, in_bucket(2, 0)));
    p2p__kad_table_fini(&t);
}

static void test_private_networks_have_all_places(void **state)
{
    struct p2p__kad_table t;

    (void)state;
    init(&t);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(meet(&t, in_bucket(0, i), 1), 0);
    }
    p2p__kad_table_fini(&t);
}

static void test_dull_buckets_are_refreshed(void **state)
{
    struct p2p__kad_table t;
    const struct p2p_peer_id far = made_peer(in_bucket(0, 0));
    struct p2p__kad_key key;
    unsigned which = 99;

    (void)state;
    init(&t);
    assert_false(
        p2p__kad_table_dull(&t, 100, 32, &which)); /* nobody is there */
    (void)meet(&t, in_bucket(0, 0), 1);
    (void)meet(&t, in_bucket(2, 0), 5);
    p2p__kad_key_of(far.bytes, far.len, &key);
    assert_true(p2p__kad_table_dull(&t, 100, 32, &which));
    assert_int_equal(which, 0);
    p2p__kad_table_looked(&t, &key, 100);
    assert_true(p2p__kad_table_dull(&t, 100, 32, &which));
    assert_int_equal(which, 1);
    assert_true(p2p__kad_table_dull(&t, 101, 32, &which));
    assert_int_equal(which, 0);
    assert_false(p2p__kad_table_dull(&t, 101, 0, &which)); /* all is known */
    assert_int_equal(p2p__kad_table_depth(&t), 3);
    assert_null(p2p__kad_table_unheard(&t, 1));
    assert_true(
        p2p_peer_id_equal(&p2p__kad_table_unheard(&t, 2)->peer.id, &far));
    p2p__kad_table_fini(&t);
}

static void test_a_full_bucket_wants_nobody(void **state)
{
    struct p2p__kad_table t;
    struct p2p__kad_key key;
    struct p2p_peer_id id = made_peer(in_bucket(0, 0));

    (void)state;
    init(&t);
    p2p__kad_key_of(id.bytes, id.len, &key);
    assert_true(p2p__kad_table_wants(&t, &key, 1));
    for (uint32_t i = 0; i < P2P__KAD_K; i++) {
        (void)meet(&t, in_bucket(0, i), 1);
    }
    assert_false(p2p__kad_table_wants(&t, &key, 1)); /* it has it */
    id = made_peer(in_bucket(0, P2P__KAD_K));
    p2p__kad_key_of(id.bytes, id.len, &key);
    assert_false(p2p__kad_table_wants(&t, &key, 1)); /* it is full */
    assert_true(p2p__kad_table_wants(&t, &key, 1 + P2P__KAD_STALE));
    p2p__kad_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_was_met_is_nearest),
        cmocka_unit_test(test_T32_who_is_there_stays),
        cmocka_unit_test(test_who_does_not_answer_is_dropped),
        cmocka_unit_test(test_T32_one_network_has_few_places),
        cmocka_unit_test(test_private_networks_have_all_places),
        cmocka_unit_test(test_dull_buckets_are_refreshed),
        cmocka_unit_test(test_a_full_bucket_wants_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
