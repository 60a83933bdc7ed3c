/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hole punching over QUIC. Spec: libp2p DCUtR (r1). */
#include "holes.h"
#include "p2p/quic.h"
#include "stack/knock.h"
#include "unit.h"

#define BOTH (1U << HOLES_A | 1U << HOLES_B)

static void test_two_behind_walls_meet_without_the_relay(void **state)
{
    struct holes w;

    (void)state;
    holes_start(&w, p2p_transport_quic(), BOTH);
    holes_hide(&w, HOLES_A);
    holes_meet(&w);
    assert_int_equal(w.done[HOLES_B], 1);
    assert_true(w.last[HOLES_B].ok && w.last[HOLES_B].initiator);
    assert_int_equal(w.last[HOLES_B].attempts, 1);
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, false), 1);
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, true), 0);
    assert_int_equal(w.h[HOLES_A].downs + w.h[HOLES_B].downs, 0);
    holes_stop(&w);
}

/* Whoever is named is knocked at for a while, and then no more. */
static void test_knocks_have_a_cap(void **state)
{
    struct p2p_multiaddr at[3];
    struct p2p__knock k;
    struct holes w;

    (void)state;
    assert_int_equal(P2P__CAP_KNOCKS, 64);
    holes_start(&w, p2p_transport_quic(), 0);
    for (size_t i = 0; i < 3; i++) {
        const char *text = i == 0   ? "/ip4/10.0.0.4/udp/9/quic-v1"
                           : i == 1 ? "/ip4/10.0.0.4/tcp/9"
                                    : "/dns4/example.org/udp/9/quic-v1";

        assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &at[i]),
                         0);
    }
    p2p__knock_init(&k, w.h[HOLES_B].host->swarm);
    assert_false(p2p__knock_start(&k, p2p_host_id(w.h[HOLES_A].host), at + 1, 2,
                                  w.sim.now));
    assert_true(
        p2p__knock_start(&k, p2p_host_id(w.h[HOLES_A].host), at, 3, w.sim.now));
    assert_int_equal(k.n, 1);
    holes_run(&w, P2P__SEC(1));
    assert_in_range(k.sent, 5, 63);
    holes_run(&w, P2P__SEC(59));
    assert_int_equal(k.sent, 64);
    p2p__knock_stop(&k);
    holes_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_behind_walls_meet_without_the_relay),
        cmocka_unit_test(test_knocks_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
