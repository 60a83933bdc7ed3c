/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a machine that moves notices of it, and when. */
#include "stack/roam.h"

#include "unit.h"

#define START P2P__SEC(100)

static const struct p2p__iface home[] = {
    {.index = 1, .loopback = true, .addr = {.family = 4, .ip = {127, 0, 0, 1}}},
    {.index = 2, .multicast = true, .addr = {.family = 4, .ip = {10, 0, 0, 1}}},
};

static const struct p2p__iface away[] = {
    {.index = 1, .loopback = true, .addr = {.family = 4, .ip = {127, 0, 0, 1}}},
    {.index = 2, .multicast = true, .addr = {.family = 4, .ip = {10, 9, 0, 1}}},
};

/* One that was at home when it began. */
static struct p2p__roam at_home(bool watched)
{
    struct p2p__roam r;

    p2p__roam_init(&r, watched, 0, START);
    assert_true(p2p__roam_is_due(&r, START));
    assert_int_equal(p2p__roam_look(&r, home, P2P__COUNT(home), START), 0);
    assert_false(p2p__roam_is_due(&r, START));
    return r;
}

static void test_other_addresses_are_news_once(void **state)
{
    struct p2p__roam r = at_home(true);

    (void)state;
    assert_true(p2p__roam_has(&r, &home[1].addr));
    assert_false(p2p__roam_has(&r, &away[1].addr));
    assert_int_equal(p2p__roam_look(&r, home, P2P__COUNT(home), START), 0);
    assert_int_equal(p2p__roam_look(&r, away, P2P__COUNT(away), START),
                     P2P__ROAM_ADDRS);
    assert_int_equal(p2p__roam_look(&r, away, P2P__COUNT(away), START), 0);
    assert_true(p2p__roam_has(&r, &away[1].addr));
    assert_false(p2p__roam_has(&r, &home[1].addr));
    assert_int_equal(p2p__roam_look(&r, away, 1, START), P2P__ROAM_ADDRS);
    assert_false(p2p__roam_has(&r, &away[1].addr));
    assert_int_equal(p2p__roam_look(&r, NULL, 0, START), P2P__ROAM_ADDRS);
}

static void test_a_port_is_no_part_of_it(void **state)
{
    struct p2p__roam r = at_home(true);
    struct p2p__addr addr = home[1].addr;

    (void)state;
    addr.port = 4001;
    assert_true(p2p__roam_has(&r, &addr));
}

static void test_more_addresses_than_are_looked_at(void **state)
{
    struct p2p__iface many[P2P__ROAM_IFACES + 1];
    struct p2p__roam r = at_home(true);

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(many); i++) {
        many[i] = home[1];
        many[i].addr.ip[3] = (uint8_t)i;
    }
    assert_int_equal(p2p__roam_look(&r, many, P2P__COUNT(many), START),
                     P2P__ROAM_ADDRS);
    assert_true(p2p__roam_has(&r, &many[P2P__ROAM_IFACES - 1].addr));
    assert_true(p2p__roam_has(&r, &many[P2P__ROAM_IFACES].addr)); /* perhaps */
    (void)p2p__roam_look(&r, home, P2P__COUNT(home), START);
    assert_false(p2p__roam_has(&r, &many[P2P__ROAM_IFACES].addr));
}

/* As when there is no file descriptor left: that is no move. */
static void test_who_cannot_look_keeps_what_he_knows(void **state)
{
    struct p2p__roam r = at_home(true);

    (void)state;
    p2p__roam_stir(&r, START);
    assert_int_equal(p2p__roam_look(&r, NULL, P2P_EIO, START), 0);
    assert_true(p2p__roam_has(&r, &home[1].addr));
    assert_false(p2p__roam_is_due(&r, START + P2P__ROAM_SETTLE_NS));
    assert_true(p2p__roam_is_due(&r, START + P2P__ROAM_UNWATCHED_NS));
    assert_int_equal(p2p__roam_look(&r, home, P2P__COUNT(home), START), 0);
}

static void test_stirs_settle_and_do_not_put_it_off_for_ever(void **state)
{
    struct p2p__roam r = at_home(true);
    p2p_ns now = START + P2P__SEC(1);

    (void)state;
    p2p__roam_stir(&r, now);
    assert_int_equal(p2p__roam_deadline(&r), now + P2P__ROAM_SETTLE_NS);
    while (now < START + P2P__SEC(1) + P2P__ROAM_LONGEST_NS) {
        assert_false(p2p__roam_is_due(&r, now));
        p2p__roam_stir(&r, now);
        now += P2P__ROAM_SETTLE_NS / 2;
    }
    p2p__roam_stir(&r, now);
    assert_true(p2p__roam_is_due(&r, now));
    (void)p2p__roam_look(&r, home, P2P__COUNT(home), now);
    p2p__roam_stir(&r, now);
    assert_int_equal(p2p__roam_deadline(&r), now + P2P__ROAM_SETTLE_NS);
}

/* When addresses are looked at next. */
static p2p_ns next_look(struct p2p__roam *r)
{
    p2p_ns now = START;

    while (!p2p__roam_is_due(r, now)) {
        now = p2p__roam_deadline(r);
        assert_int_equal(p2p__roam_tick(r, 0, now), 0);
    }
    return now - START;
}

static void test_another_route_is_news_now_and_then(void **state)
{
    struct p2p__roam r = at_home(true);
    p2p_ns now = START + P2P__SEC(20);

    (void)state;
    p2p__roam_reroute(&r, now);
    assert_false(p2p__roam_is_due(&r, now)); /* it settles first */
    now += P2P__ROAM_SETTLE_NS;
    assert_true(p2p__roam_is_due(&r, now));
    assert_int_equal(p2p__roam_look(&r, home, P2P__COUNT(home), now),
                     P2P__ROAM_ROUTES);
    assert_int_equal(p2p__roam_look(&r, home, P2P__COUNT(home), now), 0);
    /* At once another: it is not forgotten, but it waits. */
    p2p__roam_reroute(&r, now + 1);
    assert_int_equal(p2p__roam_look(&r, home, P2P__COUNT(home), now + 2), 0);
    assert_true(p2p__roam_deadline(&r) <= now + P2P__ROAM_ROUTES_NS);
    now += P2P__ROAM_ROUTES_NS;
    assert_true(p2p__roam_is_due(&r, now));
    assert_int_equal(p2p__roam_look(&r, away, P2P__COUNT(away), now),
                     P2P__ROAM_ADDRS | P2P__ROAM_ROUTES);
    now += P2P__ROAM_ROUTES_NS;
    p2p__roam_reroute(&r, now);
    assert_int_equal(p2p__roam_look(&r, NULL, -1, now), P2P__ROAM_ROUTES);
}

static void test_looks_are_frequent_where_nobody_tells(void **state)
{
    struct p2p__roam r = at_home(false);

    (void)state;
    assert_int_equal(next_look(&r), P2P__ROAM_UNWATCHED_NS);
    r = at_home(true);
    assert_int_equal(next_look(&r), P2P__ROAM_WATCHED_NS);
}

static void test_who_comes_late_has_slept(void **state)
{
    struct p2p__roam r = at_home(true);
    p2p_ns at = p2p__roam_deadline(&r);

    (void)state;
    assert_int_equal(at, START + P2P__ROAM_TICK_NS);
    assert_int_equal(p2p__roam_tick(&r, 0, at + P2P__ROAM_SLEPT_NS), 0);
    at = p2p__roam_deadline(&r) + P2P__ROAM_SLEPT_NS + 1;
    assert_int_equal(p2p__roam_tick(&r, 0, at), P2P__ROAM_WOKE);
    assert_false(p2p__roam_is_due(&r, at)); /* links come up one by one */
    assert_true(p2p__roam_is_due(&r, at + P2P__ROAM_SETTLE_NS));
    assert_int_equal(p2p__roam_tick(&r, 0, at), 0);
}

/* A stir that came with the waking does not hide it. */
static void test_who_is_stirred_when_late_has_slept(void **state)
{
    struct p2p__roam r = at_home(true);
    const p2p_ns at = START + P2P__SEC(60);

    (void)state;
    p2p__roam_stir(&r, at);
    assert_int_equal(p2p__roam_tick(&r, 0, at), P2P__ROAM_WOKE);
}

static void test_a_clock_that_went_on_tells_of_sleep(void **state)
{
    const int64_t nap = (int64_t)P2P__ROAM_SLEPT_NS;
    struct p2p__roam r = at_home(true);

    (void)state;
    /* Noticed before its time, since something else woke us. */
    assert_int_equal(p2p__roam_tick(&r, nap + 1, START + 1), P2P__ROAM_WOKE);
    assert_int_equal(p2p__roam_tick(&r, nap + 1, START + 2), 0);
    assert_int_equal(p2p__roam_tick(&r, 2 * nap, START + 3), 0);
    assert_int_equal(p2p__roam_tick(&r, 2 * nap + 2, START + 4),
                     P2P__ROAM_WOKE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_addresses_are_news_once),
        cmocka_unit_test(test_a_port_is_no_part_of_it),
        cmocka_unit_test(test_more_addresses_than_are_looked_at),
        cmocka_unit_test(test_who_cannot_look_keeps_what_he_knows),
        cmocka_unit_test(test_stirs_settle_and_do_not_put_it_off_for_ever),
        cmocka_unit_test(test_another_route_is_news_now_and_then),
        cmocka_unit_test(test_looks_are_frequent_where_nobody_tells),
        cmocka_unit_test(test_who_comes_late_has_slept),
        cmocka_unit_test(test_who_is_stirred_when_late_has_slept),
        cmocka_unit_test(test_a_clock_that_went_on_tells_of_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
