/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whom several count as, and how often each may ask. */
#include "made_peer.h"
#include "proto/fair/rates.h"
#include "unit.h"

#define NOW P2P__SEC(1000)

static struct p2p__addr v4(uint32_t n)
{
    return (struct p2p__addr){
        .family = 4,
        .ip = {8, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
        .port = (uint16_t)n};
}

static struct p2p__addr v6(uint16_t n48, uint8_t n64, uint8_t last)
{
    struct p2p__addr a = {.family = 6, .ip = {0x26, 0}, .port = last};

    a.ip[4] = (uint8_t)(n48 >> 8);
    a.ip[5] = (uint8_t)n48;
    a.ip[7] = n64;
    a.ip[15] = last;
    return a;
}

static int take_at(struct p2p__rates *r, uint32_t peer, struct p2p__addr at,
                   p2p_ns now)
{
    const struct p2p_peer_id id = made_peer(peer);

    return p2p__rates_take(r, &(struct p2p__fair_who){&id, &at}, now);
}

/* Rates of a kind, of so many at once and one a second; of all many more. */
static void init(struct p2p__rates *r, enum p2p__fair_kind kind, uint32_t burst)
{
    struct p2p__rates_cfg cfg = {.all = {1000000, P2P__MS(1)}, .seed = {1, 2}};

    cfg.of[kind] = (struct p2p__rate){burst, P2P__SEC(1)};
    p2p__rates_init(r, &cfg);
}

static bool alike(struct p2p__addr a, struct p2p__addr b,
                  enum p2p__fair_kind kind)
{
    const struct p2p__fair_who one = {.at = &a}, two = {.at = &b};
    struct p2p__fair_key x, y;

    p2p__fair_key(&one, kind, &x);
    p2p__fair_key(&two, kind, &y);
    return p2p__fair_same(&x, &y);
}

static void test_who_counts_as_one(void **state)
{
    const struct p2p__addr none = {0};
    const struct p2p_peer_id id = made_peer(1);
    const struct p2p__fair_who who = {&id, &none};
    struct p2p__fair_key keys[P2P__FAIR_KINDS];

    (void)state;
    assert_true(alike(v4(7), v4(7), P2P__FAIR_ADDR));
    assert_false(alike(v4(7), v4(8), P2P__FAIR_ADDR));
    assert_true(alike(v4(7), v4(8), P2P__FAIR_GROUP));
    assert_false(alike(v4(7), v4(0x107), P2P__FAIR_GROUP));
    assert_true(alike(v6(1, 1, 1), v6(1, 1, 2), P2P__FAIR_ADDR));
    assert_false(alike(v6(1, 1, 1), v6(1, 2, 1), P2P__FAIR_ADDR));
    assert_true(alike(v6(1, 1, 1), v6(1, 2, 1), P2P__FAIR_GROUP));
    assert_false(alike(v6(1, 1, 1), v6(2, 1, 1), P2P__FAIR_GROUP));
    assert_true(alike(none, none, P2P__FAIR_ADDR));
    assert_false(alike(none, v4(0), P2P__FAIR_ADDR));
    for (int i = 0; i < P2P__FAIR_KINDS; i++) {
        p2p__fair_key(&who, (enum p2p__fair_kind)i, &keys[i]);
        for (int j = 0; j < i; j++) {
            assert_false(p2p__fair_same(&keys[i], &keys[j]));
        }
    }
}

static void test_a_peer_has_a_rate(void **state)
{
    struct p2p__rates r;

    (void)state;
    init(&r, P2P__FAIR_PEER, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(take_at(&r, 1, v4(i << 8), NOW), 0);
    }
    assert_int_equal(take_at(&r, 1, v4(9 << 8), NOW), P2P_ELIMIT);
    assert_int_equal(take_at(&r, 2, v4(9 << 8), NOW), 0);
    assert_int_equal(take_at(&r, 1, v4(9 << 8), NOW + P2P__SEC(1) - 1),
                     P2P_ELIMIT);
    assert_int_equal(take_at(&r, 1, v4(9 << 8), NOW + P2P__SEC(1)), 0);
    assert_int_equal(take_at(&r, 1, v4(9 << 8), NOW + P2P__SEC(1)), P2P_ELIMIT);
    p2p__rates_fini(&r);
}

static void test_an_address_has_a_rate(void **state)
{
    struct p2p__rates r;

    (void)state;
    init(&r, P2P__FAIR_ADDR, 2);
    assert_int_equal(take_at(&r, 1, v6(1, 1, 1), NOW), 0);
    assert_int_equal(take_at(&r, 2, v6(1, 1, 2), NOW), 0);
    assert_int_equal(take_at(&r, 3, v6(1, 1, 3), NOW), P2P_ELIMIT);
    assert_int_equal(take_at(&r, 3, v6(1, 2, 3), NOW), 0);
    p2p__rates_fini(&r);
}

static void test_a_group_has_a_rate(void **state)
{
    struct p2p__rates r;

    (void)state;
    init(&r, P2P__FAIR_GROUP, 2);
    assert_int_equal(take_at(&r, 1, v6(1, 1, 1), NOW), 0);
    assert_int_equal(take_at(&r, 2, v6(1, 2, 1), NOW), 0);
    assert_int_equal(take_at(&r, 3, v6(1, 3, 1), NOW), P2P_ELIMIT);
    assert_int_equal(take_at(&r, 3, v6(2, 3, 1), NOW), 0);
    p2p__rates_fini(&r);
}

static void test_all_have_a_rate(void **state)
{
    const struct p2p__rates_cfg cfg = {.all = {2, P2P__SEC(1)}, .seed = {1, 2}};
    const struct p2p__fair_who anybody = {0};
    struct p2p__rates r;

    (void)state;
    p2p__rates_init(&r, &cfg);
    assert_int_equal(p2p__rates_take(&r, &anybody, NOW), 0);
    assert_int_equal(p2p__rates_take(&r, &anybody, NOW), 0);
    assert_int_equal(p2p__rates_take(&r, &anybody, NOW), P2P_ELIMIT);
    assert_int_equal(p2p__rates_take(&r, &anybody, NOW + P2P__SEC(1)), 0);
    assert_int_equal(r.rows.count, 0);
    p2p__rates_fini(&r);
}

/* Whoever hammers takes nothing from those beside him. */
static void test_a_refused_request_costs_nobody_anything(void **state)
{
    struct p2p__rates_cfg cfg = {.all = {5, P2P__SEC(1)}, .seed = {1, 2}};
    struct p2p__rates r;

    (void)state;
    cfg.of[P2P__FAIR_PEER] = (struct p2p__rate){2, P2P__SEC(1)};
    cfg.of[P2P__FAIR_ADDR] = (struct p2p__rate){4, P2P__SEC(1)};
    p2p__rates_init(&r, &cfg);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(take_at(&r, 1, v4(1), NOW), i < 2 ? 0 : P2P_ELIMIT);
    }
    assert_int_equal(r.rows.count, 2);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(take_at(&r, 2, v4(1), NOW), i < 2 ? 0 : P2P_ELIMIT);
    }
    for (uint32_t i = 3; i < 1000; i++) { /* the address has had enough */
        assert_int_equal(take_at(&r, i, v4(1), NOW), P2P_ELIMIT);
    }
    assert_int_equal(r.rows.count, 3);
    assert_int_equal(take_at(&r, 1000, v4(2), NOW), 0);
    assert_int_equal(take_at(&r, 1001, v4(2), NOW), P2P_ELIMIT); /* all have */
    p2p__rates_fini(&r);
}

static void test_T34_askers_are_remembered_up_to_a_cap(void **state)
{
    struct p2p__rates r;

    (void)state;
    assert_int_equal(P2P__CAP_RATES_ROWS, 1024);
    init(&r, P2P__FAIR_PEER, 10);
    assert_int_equal(take_at(&r, 0, v4(0), NOW), 0);
    assert_int_equal(take_at(&r, 0, v4(0), NOW), 0);
    for (uint32_t i = 1; i < 1024; i++) {
        assert_int_equal(take_at(&r, i, v4(0), NOW), 0);
    }
    assert_int_equal(r.rows.count, 1024);
    assert_int_equal(take_at(&r, 1024, v4(0), NOW), P2P_ELIMIT);
    assert_int_equal(take_at(&r, 1, v4(0), NOW), 0);
    /* Those who have not asked for a while make room, and all of them go. */
    assert_int_equal(take_at(&r, 1024, v4(0), NOW + P2P__SEC(1)), 0);
    for (unsigned i = 0; i < 1024; i++) {
        assert_int_equal(
            take_at(&r, 0, v4(0), NOW + P2P__SEC(100) + P2P__SEC(1) * i), 0);
    }
    assert_int_equal(r.rows.count, 1);
    p2p__rates_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_counts_as_one),
        cmocka_unit_test(test_a_peer_has_a_rate),
        cmocka_unit_test(test_an_address_has_a_rate),
        cmocka_unit_test(test_a_group_has_a_rate),
        cmocka_unit_test(test_all_have_a_rate),
        cmocka_unit_test(test_a_refused_request_costs_nobody_anything),
        cmocka_unit_test(test_T34_askers_are_remembered_up_to_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
