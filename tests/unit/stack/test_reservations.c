/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reservations, on the side of who holds them: kept, given back, and lost with
 * their relay. Spec: libp2p circuit relay v2.
 */
#include "meeting.h"
#include "unit.h"

/* And with who holds it: the relay is not trimmed either. */
static void test_a_relay_of_ours_is_kept(void **state)
{
    struct p2p_host_config narrow = P2P_HOST_CONFIG_INIT;
    struct meeting w;

    (void)state;
    narrow.high_water = 2;
    narrow.low_water = 1;
    meeting_start(&w, NULL);
    simhost_end(&w.h[TARGET]);
    simhost_start(&w.h[TARGET], &w.sim, TARGET, &narrow);
    meeting_reserve(&w, RELAY);
    assert_int_equal(simhost_dial(&w.h[DIALER], &w.h[TARGET]), 0);
    assert_int_equal(simhost_dial(&w.h[OTHER], &w.h[TARGET]), 0);
    meeting_run(&w, P2P__SEC(30));
    assert_int_equal(simhost_conns(&w.h[TARGET]), 1);
    assert_int_equal(w.h[RELAY].downs, 0);
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    meeting_stop(&w);
}

static void test_a_reservation_is_refreshed(void **state)
{
    struct meeting w;
    char buf[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    (void)meeting_circuit(&w.h[RELAY], &w.h[TARGET], buf);
    for (int i = 0; i < 20; i++) {
        meeting_run(&w, P2P__SEC(1000));
        assert_int_equal(meeting_reservations(&w, RELAY), 1);
        assert_true(meeting_has_addr(&w.h[TARGET], buf));
    }
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_stop(&w);
}

static void test_a_relay_is_forgotten(void **state)
{
    struct meeting w;
    char buf[P2P_MULTIADDR_TEXT_MAX];
    const struct p2p_peer_id *relay;

    (void)state;
    meeting_start(&w, NULL);
    relay = p2p_host_id(w.h[RELAY].host);
    assert_int_equal(p2p_relay_forget(w.h[TARGET].host, relay), P2P_ESTATE);
    meeting_reserve(&w, RELAY);
    (void)meeting_circuit(&w.h[RELAY], &w.h[TARGET], buf);
    assert_true(meeting_has_addr(&w.h[TARGET], buf));
    assert_int_equal(p2p_relay_forget(w.h[TARGET].host, relay), 0);
    assert_false(meeting_has_addr(&w.h[TARGET], buf));
    assert_int_equal(meeting_standing(&w, RELAY), P2P_ESTATE);
    /* It does not know that yet, and brings nobody all the same. */
    assert_int_equal(meeting_reservations(&w, RELAY), 1);
    assert_true(meeting_dial(&w, DIALER, RELAY, TARGET) < 0);
    meeting_run(&w, P2P__SEC(4000)); /* it is not asked again */
    assert_int_equal(meeting_reservations(&w, RELAY), 0);
    (void)meeting_circuit(&w.h[RELAY], NULL, buf);
    assert_int_equal(p2p_host_listen(w.h[TARGET].host, buf), 0);
    meeting_run(&w, P2P__MS(10));
    assert_int_equal(meeting_standing(&w, RELAY), P2P_EAGAIN);
    assert_int_equal(p2p_relay_forget(w.h[TARGET].host, relay), 0);
    meeting_reserve(&w, RELAY);
    meeting_stop(&w);
}

static void test_a_relay_that_dies_takes_its_address_along(void **state)
{
    const struct p2p_relay_config defaults = P2P_RELAY_CONFIG_INIT;
    struct p2p_host_config again = P2P_HOST_CONFIG_INIT;
    char first[P2P_MULTIADDR_TEXT_MAX], second[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_conn_info info;
    struct meeting w;

    (void)state;
    again.relay = &defaults;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    meeting_reserve(&w, OTHER);
    (void)meeting_circuit(&w.h[RELAY], &w.h[TARGET], first);
    (void)meeting_circuit(&w.h[OTHER], &w.h[TARGET], second);
    assert_true(meeting_has_addr(&w.h[TARGET], first));
    assert_true(meeting_has_addr(&w.h[TARGET], second));
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    simhost_end(&w.h[RELAY]);
    meeting_run(&w, P2P__SEC(1));
    assert_false(meeting_has_addr(&w.h[TARGET], first));
    assert_true(meeting_has_addr(&w.h[TARGET], second));
    assert_false(meeting_find_circuit(&w.h[DIALER], &info));
    assert_int_equal(meeting_dial(&w, DIALER, OTHER, TARGET), 0);
    meeting_echo(&w, DIALER, TARGET, 1000);
    assert_int_equal(w.echoed, 1000);
    simhost_start(&w.h[RELAY], &w.sim, RELAY, &again);
    meeting_run(&w, P2P__SEC(600));
    assert_true(meeting_has_addr(&w.h[TARGET], first));
    meeting_stop(&w);
}

/* The relay goes dark: nobody is told, and silence is noticed. */
static void test_a_relay_that_goes_dark_is_noticed(void **state)
{
    char addr[P2P_MULTIADDR_TEXT_MAX];
    struct p2p_conn_info info;
    struct meeting w;

    (void)state;
    meeting_start(&w, NULL);
    meeting_reserve(&w, RELAY);
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    (void)meeting_circuit(&w.h[RELAY], &w.h[TARGET], addr);
    sim_set_group(&w.sim, RELAY, 9);
    meeting_run(&w, P2P__SEC(90));
    assert_false(meeting_find_circuit(&w.h[DIALER], &info));
    assert_false(meeting_has_addr(&w.h[TARGET], addr));
    sim_set_group(&w.sim, RELAY, 0);
    meeting_run(&w, P2P__SEC(700));
    assert_true(meeting_has_addr(&w.h[TARGET], addr));
    assert_int_equal(meeting_dial(&w, DIALER, RELAY, TARGET), 0);
    meeting_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_relay_of_ours_is_kept),
        cmocka_unit_test(test_a_reservation_is_refreshed),
        cmocka_unit_test(test_a_relay_is_forgotten),
        cmocka_unit_test(test_a_relay_that_dies_takes_its_address_along),
        cmocka_unit_test(test_a_relay_that_goes_dark_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
