/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hole punching between hosts of a simulated world. Spec: libp2p DCUtR (r1). */
#include "holes.h"
#include "p2p/gate.h"
#include "proto/dcutr/msg.h"
#include "wire/maddr.h"
#include "unit.h"

#define BOTH (1U << HOLES_A | 1U << HOLES_B)

static void test_two_behind_walls_meet_without_the_relay(void **state)
{
    struct holes w;

    (void)state;
    holes_start(&w, NULL, BOTH);
    holes_hide(&w, HOLES_A);
    holes_meet(&w);
    assert_int_equal(w.done[HOLES_B], 1);
    assert_true(w.last[HOLES_B].ok && w.last[HOLES_B].initiator);
    assert_int_equal(w.last[HOLES_B].attempts, 1);
    assert_int_equal(w.done[HOLES_A], 1);
    assert_true(w.last[HOLES_A].ok && !w.last[HOLES_A].initiator);
    assert_true(holes_dialed(&w, HOLES_A, HOLES_B)); /* the client's part */
    assert_false(holes_dialed(&w, HOLES_B, HOLES_A));
    for (int i = HOLES_B; i <= HOLES_A; i++) {
        const int other = i == HOLES_A ? HOLES_B : HOLES_A;

        assert_int_equal(holes_conns(&w, i, other, false), 1);
        assert_int_equal(holes_conns(&w, i, other, true), 0);
        assert_int_equal(w.h[i].downs, 0);
    }
    holes_stop(&w);
}

/* Walls are walls: who does not punch stays with the relay. */
static void test_it_takes_two(void **state)
{
    static const unsigned who[] = {0, 1U << HOLES_A, 1U << HOLES_B};
    struct holes w;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(who); i++) {
        holes_start(&w, NULL, who[i]);
        holes_meet(&w);
        assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, false), 0);
        assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, true), 1);
        assert_int_equal(w.done[HOLES_A], 0);
        assert_int_equal(w.done[HOLES_B], who[i] == 1U << HOLES_B);
        assert_false(w.last[HOLES_B].ok);
        holes_stop(&w);
    }
}

/* B dials whom it can reach. */
static void test_who_has_no_wall_is_dialed(void **state)
{
    struct holes w;

    (void)state;
    holes_start(&w, NULL, BOTH);
    w.sim.hosts[HOLES_A].walled = false;
    holes_meet(&w);
    assert_int_equal(w.done[HOLES_B], 1);
    assert_true(w.last[HOLES_B].ok);
    assert_int_equal(w.last[HOLES_B].attempts, 0);
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, false), 1);
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, true), 0);
    holes_stop(&w);
}

/* A gets through at once, so that B's dial cannot; both wait for what comes of
 * A's. */
static void test_one_wall_is_no_worse_than_two(void **state)
{
    struct holes w;

    (void)state;
    for (int i = HOLES_B; i <= HOLES_A; i++) {
        holes_start(&w, NULL, BOTH);
        holes_hide(&w, HOLES_A);
        w.sim.hosts[i].walled = false;
        holes_meet(&w);
        assert_int_equal(w.done[HOLES_B], 1);
        assert_true(w.last[HOLES_B].ok);
        assert_int_equal(w.last[HOLES_B].attempts, 1);
        assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, false), 1);
        holes_stop(&w);
    }
}

struct talker {
    size_t got;
    int closed; /* 1: not yet */
};

static void on_bytes(void *user, struct p2p_stream *s, const uint8_t *bytes,
                     size_t len)
{
    (void)s;
    (void)bytes;
    ((struct talker *)user)->got += len;
}

static void on_closed(void *user, struct p2p_stream *s, int status)
{
    (void)s;
    ((struct talker *)user)->closed = status;
}

static const struct p2p_stream_events talker_events = {.data = on_bytes,
                                                       .closed = on_closed};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &talker_events, user);
}

/* A stream that began over the relay stays there, whole, and the relayed
 * connection as long as it; one that begins later does not need it. */
static void test_what_began_over_the_relay_is_not_lost(void **state)
{
    static const char *const names[] = {"/talk/1"};
    struct talker b = {.closed = 1}, a = {.closed = 1};
    struct p2p_stream *s;
    struct holes w;

    (void)state;
    holes_start(&w, NULL, BOTH);
    assert_int_equal(
        p2p_host_handle(w.h[HOLES_B].host, names[0], on_stream, &b), 0);
    assert_int_equal(
        p2p_host_handle(w.h[HOLES_A].host, names[0], on_stream, &a), 0);
    w.sim.hosts[HOLES_B].walled = w.sim.hosts[HOLES_A].walled = true;
    holes_dial(&w);
    holes_run(&w, P2P__SEC(1));
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, true), 1);
    assert_int_equal(p2p_stream_open_limited(w.h[HOLES_A].host,
                                             p2p_host_id(w.h[HOLES_B].host),
                                             names, 1, &talker_events, &a, &s),
                     0);
    assert_int_equal(p2p_stream_send(s, "before", 6), 0);
    holes_run(&w, P2P__SEC(40));
    assert_true(w.last[HOLES_B].ok);
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, false), 1);
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, true), 1);
    assert_int_equal(p2p_stream_send(s, "after", 5), 0);
    holes_run(&w, P2P__SEC(1));
    assert_int_equal(b.got, 11);
    p2p_stream_finish(s);
    p2p_stream_reset(s);
    holes_run(&w, P2P__SEC(10));
    assert_int_equal(holes_conns(&w, HOLES_A, HOLES_B, true), 0);
    assert_int_equal(
        p2p_stream_open(w.h[HOLES_B].host, p2p_host_id(w.h[HOLES_A].host),
                        names, 1, &talker_events, &b, &s),
        0);
    assert_int_equal(p2p_stream_send(s, "more", 4), 0);
    holes_run(&w, P2P__SEC(1));
    assert_int_equal(a.got, 4);
    holes_stop(&w);
}

/* Who says that it is where the victim is, and what comes of it there. */
struct liar {
    struct holes *w;
    uint8_t connect[64];
    size_t connect_len;
    unsigned talks;
    unsigned struck; /* connections that the victim saw */
};

static bool on_victim(void *user, const struct p2p_gate_question *q)
{
    struct liar *l = user;

    l->struck += q->step == P2P_GATE_ACCEPT ? 1 : 0;
    return true;
}

static void liar_start(struct liar *l, struct holes *w, unsigned punches)
{
    struct p2p__dcutr_addrs addrs = {.n = 1};
    struct p2p__addr tcp;
    struct p2p__pbw p;

    holes_start(w, NULL, punches);
    *l = (struct liar){.w = w};
    tcp = w->sim.hosts[HOLES_VICTIM].addr;
    tcp.port = SIMHOST_PORT;
    p2p__maddr_from_addr(&tcp, P2P_MULTIADDR_TCP, &addrs.list[0]);
    p2p__pbw_init(&p, l->connect, sizeof l->connect);
    p2p__dcutr_msg_write(&p, P2P__DCUTR_CONNECT, &addrs);
    l->connect_len = (size_t)p2p__pbw_end(&p);
    p2p_host_set_gate(w->h[HOLES_VICTIM].host, on_victim, l);
}

static void on_asked(void *user, struct p2p_stream *s, const uint8_t *bytes,
                     size_t len)
{
    const struct liar *l = user;

    (void)bytes;
    if (len > 10) { /* their CONNECT, not their SYNC */
        (void)p2p_stream_send(s, l->connect, l->connect_len);
    }
}

static const struct p2p_stream_events asked_events = {.data = on_asked};

static void on_talk(void *user, struct p2p_stream *s)
{
    ((struct liar *)user)->talks++;
    p2p_stream_listen(s, &asked_events, user);
}

/* It comes by the relay again and again, for ten minutes. */
static void test_who_comes_by_a_relay_strikes_others_seldom(void **state)
{
    struct holes w;
    struct liar l;

    (void)state;
    liar_start(&l, &w, 1U << HOLES_B);
    assert_int_equal(
        p2p_host_handle(w.h[HOLES_A].host, "/libp2p/dcutr", on_talk, &l), 0);
    for (int i = 0; i < 300; i++) {
        holes_dial(&w);
        holes_run(&w, P2P__SEC(2));
        if (i % 10 == 9) { /* time for what was begun */
            p2p_host_disconnect(w.h[HOLES_A].host,
                                p2p_host_id(w.h[HOLES_B].host));
            holes_run(&w, P2P__MS(100));
        }
    }
    assert_true(l.talks >= 3 && l.talks <= 16); /* 6, and one a minute */
    assert_true(l.struck >= 1 && l.struck <= 16);
    holes_stop(&w);
}

static void on_answered(void *user, struct p2p_stream *s, const uint8_t *bytes,
                        size_t len)
{
    static const uint8_t sync[] = {3, 8, 0xac, 2};

    (void)user;
    (void)bytes;
    (void)len;
    (void)p2p_stream_send(s, sync, sizeof sync);
    p2p_stream_finish(s);
}

static const struct p2p_stream_events answered_events = {.data = on_answered};

/* Who was dialed by a relay asks again and again. */
static void test_who_was_met_at_a_relay_strikes_others_seldom(void **state)
{
    static const char *const names[] = {"/libp2p/dcutr"};
    struct p2p_stream *s;
    struct holes w;
    struct liar l;

    (void)state;
    liar_start(&l, &w, 1U << HOLES_A);
    for (int i = 0; i < 300; i++) {
        if (holes_conns(&w, HOLES_B, HOLES_A, true) == 0) {
            holes_dial(&w);
            holes_run(&w, P2P__SEC(1));
        }
        if (p2p_stream_open_limited(w.h[HOLES_B].host,
                                    p2p_host_id(w.h[HOLES_A].host), names, 1,
                                    &answered_events, &l, &s) == 0) {
            (void)p2p_stream_send(s, l.connect, l.connect_len);
        }
        holes_run(&w, P2P__SEC(2));
    }
    assert_true(l.struck >= 5 && l.struck <= 21); /* 15 minutes at the most */
    holes_stop(&w);
}

/* Nobody has a stream of it but over a relay, and who dialed there. */
static void test_others_are_not_answered(void **state)
{
    static const char *const names[] = {"/libp2p/dcutr"};
    struct talker t = {.closed = 1};
    struct p2p_stream *s;
    struct holes w;

    (void)state;
    holes_start(&w, NULL, 1U << HOLES_B | 1U << HOLES_RELAY);
    holes_dial(&w);
    holes_run(&w, P2P__SEC(15)); /* B has given up */
    assert_int_equal(w.done[HOLES_B], 1);
    for (int i = 0; i < 2; i++) {
        const int who = i == 0 ? HOLES_RELAY : HOLES_B;
        const int from = i == 0 ? HOLES_B : HOLES_A;

        t.closed = 1;
        assert_int_equal(
            p2p_stream_open_limited(w.h[from].host, p2p_host_id(w.h[who].host),
                                    names, 1, &talker_events, &t, &s),
            0);
        holes_run(&w, P2P__SEC(1));
        assert_true(t.closed < 0);
    }
    holes_stop(&w);
}

/* Who comes when there are enough stays with the relay. */
static void test_upgrades_have_a_cap(void **state)
{
    struct holes w;

    (void)state;
    assert_int_equal(P2P__CAP_DCUTR_UPGRADES, 16);
    holes_start_many(&w, NULL, 1U << HOLES_B, 20);
    for (size_t i = 0; i < 20; i++) {
        holes_dial_from(&w, HOLES_HOSTS + i);
    }
    holes_run(&w, P2P__SEC(60));
    assert_int_equal(w.done[HOLES_B], 16);
    holes_dial(&w);
    holes_run(&w, P2P__SEC(30));
    assert_int_equal(w.done[HOLES_B], 17);
    holes_stop(&w);
}

static bool on_dial(void *user, const struct p2p_gate_question *q)
{
    *(unsigned *)user += q->step == P2P_GATE_DIAL ? 1 : 0;
    return true;
}

static void on_over(void *user, int status, struct p2p__conn *c, p2p_ns now)
{
    (void)c;
    (void)now;
    *(int *)user = status;
}

/* A closed port is tried some times, for a NAT may open. */
static void test_rounds_of_a_dial_have_a_cap(void **state)
{
    unsigned dials = 0;
    int status = 1;
    struct p2p_multiaddr at;
    struct p2p__addr addr;
    struct p2p__dial *d;
    struct p2p__dial_order order = {.addrs = &at,
                                    .n_addrs = 1,
                                    .way = P2P__DIAL_AS_CLIENT,
                                    .done = on_over,
                                    .user = &status};
    struct holes w;

    (void)state;
    assert_int_equal(P2P__CAP_DIAL_ROUNDS, 4);
    holes_start(&w, NULL, 0);
    p2p_host_set_gate(w.h[HOLES_B].host, on_dial, &dials);
    order.peer = p2p_host_id(w.h[HOLES_VICTIM].host);
    addr = w.sim.hosts[HOLES_VICTIM].addr;
    addr.port = 9;
    p2p__maddr_from_addr(&addr, P2P_MULTIADDR_TCP, &at);
    assert_int_equal(
        p2p__dial_these(w.h[HOLES_B].host->swarm, &order, &d, w.sim.now), 0);
    holes_run(&w, P2P__SEC(20));
    assert_int_equal(status, P2P_EREFUSED);
    assert_int_equal(dials, 5);
    holes_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_behind_walls_meet_without_the_relay),
        cmocka_unit_test(test_it_takes_two),
        cmocka_unit_test(test_who_has_no_wall_is_dialed),
        cmocka_unit_test(test_one_wall_is_no_worse_than_two),
        cmocka_unit_test(test_what_began_over_the_relay_is_not_lost),
        cmocka_unit_test(test_who_comes_by_a_relay_strikes_others_seldom),
        cmocka_unit_test(test_who_was_met_at_a_relay_strikes_others_seldom),
        cmocka_unit_test(test_others_are_not_answered),
        cmocka_unit_test(test_upgrades_have_a_cap),
        cmocka_unit_test(test_rounds_of_a_dial_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
