/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay's books, and when its client asks again. */
#include "made_peer.h"
#include "proto/relay/keeper.h"
#include "proto/relay/ledger.h"
#include "unit.h"

static const uint64_t seed[2] = {1, 2};

static struct p2p__addr v4(uint32_t n)
{
    return (struct p2p__addr){
        .family = 4,
        .ip = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static enum p2p__relay_status reserve(struct p2p__relay_ledger *l, uint32_t n,
                                      struct p2p__addr at, p2p_ns now)
{
    const struct p2p_peer_id id = made_peer(n);

    return p2p__relay_ledger_reserve(l, &(struct p2p__fair_who){&id, &at}, now);
}

static enum p2p__relay_status connect_two(struct p2p__relay_ledger *l,
                                          uint32_t from, uint32_t to,
                                          struct p2p__relay_circuit *c,
                                          p2p_ns now)
{
    const struct p2p_peer_id a = made_peer(from), b = made_peer(to);

    return p2p__relay_ledger_connect(l, &a, &b, c, now);
}

static void init(struct p2p__relay_ledger *l)
{
    const struct p2p__relay_limits defaults = {0};

    p2p__relay_ledger_init(l, &defaults, seed);
}

static void test_T34_reservations_have_a_cap(void **state)
{
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_RESERVATIONS, 128);
    init(&l);
    for (uint32_t i = 0; i < 128; i++) {
        assert_int_equal(reserve(&l, i, v4(i), 1), P2P__RELAY_OK);
    }
    assert_int_equal(reserve(&l, 128, v4(128), 1),
                     P2P__RELAY_RESERVATION_REFUSED);
    assert_int_equal(reserve(&l, 5, v4(5), 2), P2P__RELAY_OK); /* a refresh */
    assert_int_equal(l.n_reserved, 128);
    p2p__relay_ledger_fini(&l);
}

static void test_T34_reservations_of_an_address_have_a_cap(void **state)
{
    struct p2p__addr net = {.family = 6,
                            .ip = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1}};
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_RESERVATIONS_PER_ADDR, 8);
    init(&l);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(reserve(&l, i, v4(7), 1), P2P__RELAY_OK);
        net.ip[15] = (uint8_t)i; /* another of its /64 */
        assert_int_equal(reserve(&l, 100 + i, net, 1), P2P__RELAY_OK);
    }
    assert_int_equal(reserve(&l, 8, v4(7), 1), P2P__RELAY_RESERVATION_REFUSED);
    assert_int_equal(reserve(&l, 108, net, 1), P2P__RELAY_RESERVATION_REFUSED);
    net.ip[7] = 2;
    assert_int_equal(reserve(&l, 108, net, 1), P2P__RELAY_OK);
    /* One that moves to a full address loses what it had. */
    assert_int_equal(reserve(&l, 108, v4(7), 1),
                     P2P__RELAY_RESERVATION_REFUSED);
    assert_int_equal(l.n_reserved, 16);
    p2p__relay_ledger_fini(&l);
}

/* How many of `n` requests are let through, one after the other: each by the
 * peer, and from where, that these say. */
static unsigned ask_often(struct p2p__relay_ledger *l, unsigned n,
                          uint32_t (*peer)(unsigned),
                          struct p2p__addr (*at)(unsigned), p2p_ns now)
{
    unsigned through[2] = {0};

    for (unsigned i = 0; i < n; i++) {
        const struct p2p_peer_id id = made_peer(peer(i));
        const struct p2p__addr addr = at(i);
        const struct p2p__fair_who who = {&id, &addr};

        through[0] += p2p__relay_ledger_asked(l, P2P__RELAY_RESERVE, &who,
                                              now) == P2P__RELAY_OK;
        through[1] += p2p__relay_ledger_asked(l, P2P__RELAY_CONNECT, &who,
                                              now) == P2P__RELAY_OK;
    }
    assert_int_equal(through[0], through[1]); /* each has its own rates */
    return through[0];
}

static uint32_t one(unsigned i)
{
    (void)i;
    return 1;
}

static uint32_t any(unsigned i)
{
    return i;
}

static struct p2p__addr here(unsigned i)
{
    (void)i;
    return v4(7);
}

static struct p2p__addr near(unsigned i)
{
    return (struct p2p__addr){
        .family = 6,
        .ip = {0x26, 0, 0, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
}

static struct p2p__addr anywhere(unsigned i)
{
    return v4(i << 8);
}

static void test_T34_requests_have_rates(void **state)
{
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_RATE_PEER, 30);
    init(&l);
    assert_int_equal(ask_often(&l, 100, one, anywhere, 1), 30);
    assert_int_equal(ask_often(&l, 9, one, anywhere, 1 + P2P__SEC(2)), 1);
    p2p__relay_ledger_fini(&l);

    assert_int_equal(P2P__CAP_RELAY_RATE_ADDR, 60);
    init(&l);
    assert_int_equal(ask_often(&l, 100, any, here, 1), 60);
    assert_int_equal(ask_often(&l, 9, any, here, 1 + P2P__SEC(1)), 1);
    p2p__relay_ledger_fini(&l);

    assert_int_equal(P2P__CAP_RELAY_RATE_GROUP, 240);
    init(&l);
    assert_int_equal(ask_often(&l, 1000, any, near, 1), 240);
    p2p__relay_ledger_fini(&l);

    assert_int_equal(P2P__CAP_RELAY_RATE_ALL, 600);
    init(&l);
    /* Peers of the group before still have tokens. */
    assert_int_equal(ask_often(&l, 240, any, anywhere, 1), 240);
    assert_int_equal(ask_often(&l, 240, any, anywhere, 1), 240);
    assert_int_equal(ask_often(&l, 240, any, anywhere, 1), 120);
    assert_int_equal(ask_often(&l, 9, any, anywhere, 1 + P2P__MS(100)), 1);
    p2p__relay_ledger_fini(&l);
}

/* Who may have many reservations may ask for them at once. */
static void test_rates_follow_the_limits(void **state)
{
    const struct p2p__relay_limits limits = {.reservations = 300,
                                             .reservations_per_addr = 300};
    struct p2p__relay_ledger l;

    (void)state;
    p2p__relay_ledger_init(&l, &limits, seed);
    assert_int_equal(ask_often(&l, 1000, any, here, 1), 300);
    p2p__relay_ledger_fini(&l);
}

static void test_reservations_end(void **state)
{
    const struct p2p_peer_id one = made_peer(1), two = made_peer(2);
    struct p2p__relay_ledger l;
    struct p2p_peer_id whose;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_RESERVATION_S, 3600);
    init(&l);
    assert_true(p2p__relay_ledger_deadline(&l) == P2P_NEVER);
    assert_int_equal(reserve(&l, 1, v4(1), 0), P2P__RELAY_OK);
    assert_int_equal(reserve(&l, 2, v4(2), P2P__SEC(10)), P2P__RELAY_OK);
    assert_true(p2p__relay_ledger_deadline(&l) == P2P__SEC(3600));
    assert_int_equal(reserve(&l, 1, v4(1), P2P__SEC(20)), P2P__RELAY_OK);
    assert_true(p2p__relay_ledger_deadline(&l) == P2P__SEC(3610));
    assert_true(p2p__relay_ledger_has(&l, &two, P2P__SEC(3610) - 1));
    assert_false(p2p__relay_ledger_has(&l, &two, P2P__SEC(3610)));
    assert_true(p2p__relay_ledger_expire(&l, P2P__SEC(3610), &whose));
    assert_true(p2p_peer_id_equal(&whose, &two));
    assert_false(p2p__relay_ledger_expire(&l, P2P__SEC(3610), &whose));
    assert_true(p2p__relay_ledger_has(&l, &one, P2P__SEC(3610)));
    p2p__relay_ledger_leave(&l, &one);
    p2p__relay_ledger_leave(&l, &one);
    assert_false(p2p__relay_ledger_has(&l, &one, P2P__SEC(3610)));
    assert_true(p2p__relay_ledger_deadline(&l) == P2P_NEVER);
    p2p__relay_ledger_fini(&l);
}

static void test_T34_circuits_of_a_peer_have_a_cap(void **state)
{
    struct p2p__relay_circuit c[16], more;
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_CIRCUITS_PER_PEER, 16);
    init(&l);
    for (uint32_t i = 0; i < 17; i++) {
        assert_int_equal(reserve(&l, i, v4(i), 1), P2P__RELAY_OK);
    }
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(connect_two(&l, 100, i, &c[i], 1), P2P__RELAY_OK);
    }
    assert_int_equal(connect_two(&l, 100, 16, &more, 1),
                     P2P__RELAY_RESOURCE_LIMIT_EXCEEDED);
    p2p__relay_ledger_disconnect(&l, &more);
    p2p__relay_ledger_disconnect(&l, &c[3]);
    p2p__relay_ledger_disconnect(&l, &c[3]);
    assert_int_equal(connect_two(&l, 100, 16, &c[3], 1), P2P__RELAY_OK);
    for (uint32_t i = 0; i < 16; i++) {
        p2p__relay_ledger_disconnect(&l, &c[i]);
    }
    for (uint32_t i = 0; i < 16; i++) { /* at the other end */
        assert_int_equal(connect_two(&l, 200 + i, 7, &c[i], 1), P2P__RELAY_OK);
    }
    assert_int_equal(connect_two(&l, 300, 7, &more, 1),
                     P2P__RELAY_RESOURCE_LIMIT_EXCEEDED);
    for (uint32_t i = 0; i < 16; i++) {
        p2p__relay_ledger_disconnect(&l, &c[i]);
    }
    p2p__relay_ledger_fini(&l);
}

static void test_T34_circuits_of_guests_have_a_cap(void **state)
{
    struct p2p__relay_circuit c[16];
    const struct p2p_peer_id one = made_peer(1), two = made_peer(2);
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_GUEST_CIRCUITS, 4);
    init(&l);
    assert_true(p2p__relay_ledger_admits(&l, &one));
    assert_int_equal(reserve(&l, 1, v4(1), 1), P2P__RELAY_OK);
    for (uint32_t i = 0; i < 16; i++) { /* others have what is left */
        assert_int_equal(connect_two(&l, 100 + i, 1, &c[i], 1), P2P__RELAY_OK);
        if (i < 4) {
            assert_true(p2p__relay_ledger_admits(&l, &one));
            p2p__relay_circuit_guest(&c[i]);
        }
    }
    assert_false(p2p__relay_ledger_admits(&l, &one));
    assert_true(p2p__relay_ledger_admits(&l, &two));
    p2p__relay_ledger_disconnect(&l, &c[15]);
    assert_false(p2p__relay_ledger_admits(&l, &one));
    p2p__relay_ledger_disconnect(&l, &c[3]);
    assert_true(p2p__relay_ledger_admits(&l, &one));
    for (uint32_t i = 0; i < 16; i++) {
        p2p__relay_ledger_disconnect(&l, &c[i]);
    }
    p2p__relay_ledger_fini(&l);
}

static void test_T34_circuits_have_a_cap(void **state)
{
    static struct p2p__relay_circuit c[513];
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_CIRCUITS, 512);
    init(&l);
    for (uint32_t i = 0; i < 512; i++) {
        if (i % 16 == 0) {
            assert_int_equal(reserve(&l, i, v4(i), 1), P2P__RELAY_OK);
        }
        assert_int_equal(connect_two(&l, 1000 + i, i / 16 * 16, &c[i], 1),
                         P2P__RELAY_OK);
    }
    assert_int_equal(reserve(&l, 600, v4(600), 1), P2P__RELAY_OK);
    assert_int_equal(connect_two(&l, 2000, 600, &c[512], 1),
                     P2P__RELAY_RESOURCE_LIMIT_EXCEEDED);
    for (uint32_t i = 0; i < 512; i++) {
        p2p__relay_ledger_disconnect(&l, &c[i]);
    }
    p2p__relay_ledger_fini(&l);
}

static void test_a_circuit_wants_a_reservation(void **state)
{
    struct p2p__relay_circuit c, more;
    struct p2p__relay_ledger l;
    const struct p2p_peer_id id = made_peer(1);

    (void)state;
    init(&l);
    assert_int_equal(connect_two(&l, 2, 1, &c, 1), P2P__RELAY_NO_RESERVATION);
    assert_int_equal(reserve(&l, 1, v4(1), 1), P2P__RELAY_OK);
    assert_int_equal(connect_two(&l, 1, 1, &c, 1),
                     P2P__RELAY_PERMISSION_DENIED);
    assert_int_equal(connect_two(&l, 2, 1, &c, P2P__SEC(3600) + 1),
                     P2P__RELAY_NO_RESERVATION);
    assert_int_equal(connect_two(&l, 2, 1, &c, 1), P2P__RELAY_OK);
    p2p__relay_ledger_leave(&l, &id); /* the circuit outlives it */
    assert_int_equal(connect_two(&l, 3, 1, &more, 1),
                     P2P__RELAY_NO_RESERVATION);
    p2p__relay_ledger_disconnect(&l, &c);
    p2p__relay_ledger_fini(&l);
}

static void test_T34_a_circuit_has_an_end(void **state)
{
    struct p2p__relay_circuit c;
    struct p2p__relay_limit limit;
    struct p2p__relay_ledger l;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_CIRCUIT_S, 120);
    assert_int_equal(P2P__CAP_RELAY_CIRCUIT_BYTES, 131072);
    init(&l);
    assert_int_equal(reserve(&l, 1, v4(1), 1), P2P__RELAY_OK);
    assert_int_equal(connect_two(&l, 2, 1, &c, 1), P2P__RELAY_OK);
    assert_true(c.ends == P2P__SEC(120) + 1);
    assert_int_equal(p2p__relay_circuit_pass(&c, P2P__RELAY_THERE, 131071), 0);
    assert_int_equal(p2p__relay_circuit_pass(&c, P2P__RELAY_THERE, 1), 0);
    assert_int_equal(p2p__relay_circuit_pass(&c, P2P__RELAY_BACK, 131072), 0);
    assert_int_equal(p2p__relay_circuit_pass(&c, P2P__RELAY_THERE, 1),
                     P2P_ELIMIT);
    p2p__relay_ledger_limit(&l, &limit);
    assert_true(limit.given);
    assert_int_equal(limit.duration_s, 120);
    assert_int_equal(limit.data_bytes, 131072);
    p2p__relay_ledger_disconnect(&l, &c);
    p2p__relay_ledger_fini(&l);
}

static void test_limits_are_those_that_were_given(void **state)
{
    const struct p2p__relay_limits limits = {.reservations = 1,
                                             .reservations_per_addr = 9,
                                             .reservation_s = 5,
                                             .circuits = 9,
                                             .circuits_per_peer = 1,
                                             .circuit_s = 7,
                                             .circuit_bytes = 9};
    struct p2p__relay_circuit c, more;
    struct p2p__relay_ledger l;

    (void)state;
    p2p__relay_ledger_init(&l, &limits, seed);
    assert_int_equal(reserve(&l, 1, v4(1), 0), P2P__RELAY_OK);
    assert_int_equal(reserve(&l, 2, v4(2), 0), P2P__RELAY_RESERVATION_REFUSED);
    assert_true(p2p__relay_ledger_deadline(&l) == P2P__SEC(5));
    assert_int_equal(connect_two(&l, 2, 1, &c, 0), P2P__RELAY_OK);
    assert_true(c.ends == P2P__SEC(7) && c.left[P2P__RELAY_BACK] == 9);
    assert_int_equal(connect_two(&l, 3, 1, &more, 0),
                     P2P__RELAY_RESOURCE_LIMIT_EXCEEDED);
    p2p__relay_ledger_disconnect(&l, &c);
    p2p__relay_ledger_fini(&l);
}

static void test_a_client_asks_before_its_reservation_ends(void **state)
{
    struct p2p__relay_keeper k;
    p2p_ns at;

    (void)state;
    p2p__relay_keeper_init(&k, 3, 100);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_ASK);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_NOTHING);
    assert_true(p2p__relay_keeper_deadline(&k) == P2P_NEVER);
    p2p__relay_keeper_granted(&k, 5000, 1400, 0);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_GAINED);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_NOTHING);
    at = p2p__relay_keeper_deadline(&k);
    assert_true(at >= P2P__SEC(1800) && at < P2P__SEC(2700));
    p2p__relay_keeper_expire(&k, at - 1);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_NOTHING);
    p2p__relay_keeper_expire(&k, at);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_ASK);
    p2p__relay_keeper_failed(&k, at); /* what was granted holds */
    assert_true(p2p__relay_keeper_has(&k));
    p2p__relay_keeper_expire(&k, P2P__SEC(3600));
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_LOST);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_ASK);
}

static void test_a_client_backs_off(void **state)
{
    struct p2p__relay_keeper k;
    p2p_ns now = 0, at, longest = 0;

    (void)state;
    p2p__relay_keeper_init(&k, 3, 0);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_ASK);
        p2p__relay_keeper_failed(&k, now);
        at = p2p__relay_keeper_deadline(&k);
        assert_true(at >= now + P2P__SEC(1) && at <= now + P2P__SEC(300));
        longest = at - now > longest ? at - now : longest;
        now = at;
        p2p__relay_keeper_expire(&k, now);
    }
    assert_true(longest > P2P__SEC(150));
    p2p__relay_keeper_granted(&k, 0, 0, now);
    p2p__relay_keeper_gone(&k, now);
    assert_int_equal(p2p__relay_keeper_next(&k), P2P__RELAY_KEEPER_NOTHING);
    assert_true(p2p__relay_keeper_deadline(&k) <= now + P2P__SEC(2));
}

static void test_an_absurd_time_is_believed_a_day(void **state)
{
    struct p2p__relay_keeper k;

    (void)state;
    assert_int_equal(P2P__CAP_RELAY_BELIEVED_S, 86400);
    p2p__relay_keeper_init(&k, 3, 0);
    p2p__relay_keeper_granted(&k, UINT64_MAX, 0, 0);
    assert_true(k.expires == P2P__SEC(86400));
    p2p__relay_keeper_granted(&k, 5, 10, 0); /* a clock that is behind */
    assert_true(k.expires == P2P__SEC(60));
    assert_true(p2p__relay_keeper_deadline(&k) >= P2P__SEC(30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T34_reservations_have_a_cap),
        cmocka_unit_test(test_T34_reservations_of_an_address_have_a_cap),
        cmocka_unit_test(test_T34_requests_have_rates),
        cmocka_unit_test(test_rates_follow_the_limits),
        cmocka_unit_test(test_reservations_end),
        cmocka_unit_test(test_T34_circuits_of_a_peer_have_a_cap),
        cmocka_unit_test(test_T34_circuits_of_guests_have_a_cap),
        cmocka_unit_test(test_T34_circuits_have_a_cap),
        cmocka_unit_test(test_a_circuit_wants_a_reservation),
        cmocka_unit_test(test_T34_a_circuit_has_an_end),
        cmocka_unit_test(test_limits_are_those_that_were_given),
        cmocka_unit_test(test_a_client_asks_before_its_reservation_ends),
        cmocka_unit_test(test_a_client_backs_off),
        cmocka_unit_test(test_an_absurd_time_is_believed_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
