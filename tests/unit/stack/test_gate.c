/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * With whom hosts talk, and what they tell of where they are. a is 10.0.0.1 and
 * has the rules; b is 10.0.0.2.
 */
#include <stdio.h>

#include "simhost.h"
#include "unit.h"

struct scene {
    struct sim sim;
    struct simhost a;
    struct simhost b;
    unsigned calls; /* of dials of a that ended */
    int status;
    unsigned asked[4]; /* the gate, a step each */
    struct p2p_gate_question last[4];
    int no; /* the step at which it says so; -1: none */
};

static void scene_init(struct scene *s)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(1), .latency_max = P2P__MS(2)};

    memset(s, 0, sizeof *s);
    s->no = -1;
    sim_init(&s->sim, &cfg, 2);
    simhost_start(&s->a, &s->sim, 0, NULL);
    simhost_start(&s->b, &s->sim, 1, NULL);
}

static void scene_fini(struct scene *s)
{
    simhost_stop(&s->a);
    simhost_stop(&s->b);
    sim_fini(&s->sim);
}

static void run(struct scene *s)
{
    sim_run(&s->sim, s->sim.now + P2P__SEC(1));
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct scene *s = user;

    (void)peer;
    s->calls++;
    s->status = status;
}

/* How a dial of a's ends. */
static int dial_at(struct scene *s, const char *addr)
{
    unsigned calls = s->calls;

    assert_int_equal(p2p_host_dial(s->a.host, addr, on_dialed, s), 0);
    run(s);
    assert_int_equal(s->calls, calls + 1);
    return s->status;
}

static int dial(struct scene *s)
{
    char addr[P2P_MULTIADDR_TEXT_MAX];

    return dial_at(s, simhost_addr(&s->b, addr));
}

/* Whether b gets through to a. */
static bool comes(struct scene *s)
{
    unsigned ups = s->a.ups;

    assert_int_equal(simhost_dial(&s->b, &s->a), 0);
    run(s);
    return s->a.ups > ups;
}

static void part(struct scene *s)
{
    (void)p2p_host_disconnect(s->a.host, p2p_host_id(s->b.host));
    sim_run(&s->sim, s->sim.now + P2P__SEC(600)); /* back-off */
}

static uint64_t refused(const struct scene *s)
{
    struct p2p_host_stats stats;

    p2p_host_stats(s->a.host, &stats, sizeof stats);
    return stats.refused_gate;
}

static void filter(struct scene *s, const char *net, enum p2p_filter what)
{
    assert_int_equal(p2p_host_filter(s->a.host, net, what), 0);
}

static void test_a_denied_network(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    filter(&s, "/ip4/10.0.0.0/ipcidr/8", P2P_FILTER_DENY);
    assert_int_equal(dial(&s), P2P_EGATED);
    assert_false(comes(&s));
    assert_int_equal(refused(&s), 2);
    assert_int_equal(s.b.ups, 0);
    filter(&s, "/ip4/10.0.0.0/ipcidr/8", P2P_FILTER_NONE);
    sim_run(&s.sim, s.sim.now + P2P__SEC(600));
    assert_int_equal(dial(&s), 0);
    part(&s);
    assert_true(comes(&s));
    scene_fini(&s);
}

/* The last rule that fits; one for a network, which the newer one replaces. */
static void test_the_last_rule_decides(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    filter(&s, "/ip4/0.0.0.0/ipcidr/0", P2P_FILTER_DENY);
    filter(&s, "/ip4/10.0.0.2", P2P_FILTER_ALLOW);
    assert_true(comes(&s));
    part(&s);
    filter(&s, "/ip4/0.0.0.0/ipcidr/0", P2P_FILTER_DENY);
    assert_false(comes(&s));
    filter(&s, "/ip4/10.0.0.2/ipcidr/32", P2P_FILTER_ALLOW);
    filter(&s, "/ip4/10.0.0.3", P2P_FILTER_DENY);
    filter(&s, "/ip6/::/ipcidr/0", P2P_FILTER_DENY);
    sim_run(&s.sim, s.sim.now + P2P__SEC(600));
    assert_true(comes(&s));
    assert_int_equal(s.a.host->swarm->gate.n_rules, 4);
    scene_fini(&s);
}

static void test_rules_that_are_none(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    assert_int_equal(p2p_host_filter(s.a.host, "10.0.0.0/8", P2P_FILTER_DENY),
                     P2P_EFORMAT);
    assert_int_equal(
        p2p_host_filter(s.a.host, "/ip4/10.0.0.0/ipcidr/33", P2P_FILTER_DENY),
        P2P_EFORMAT);
    assert_int_equal(
        p2p_host_filter(s.a.host, "/ip4/10.0.0.2", (enum p2p_filter)3),
        P2P_EFORMAT);
    filter(&s, "/ip4/10.0.0.2", P2P_FILTER_NONE); /* there is none */
    assert_true(comes(&s));
    scene_fini(&s);
}

static bool gate(void *user, const struct p2p_gate_question *q)
{
    struct scene *s = user;

    s->asked[q->step]++;
    s->last[q->step] = *q;
    return (int)q->step != s->no;
}

static void is_about_b(const struct scene *s, enum p2p_gate_step step,
                       bool outbound, bool known)
{
    const struct p2p_gate_question *q = &s->last[step];
    char text[P2P_MULTIADDR_TEXT_MAX];

    assert_int_equal(s->asked[step], 1);
    assert_int_equal(q->step, step);
    assert_int_equal(q->outbound, outbound);
    assert_int_equal(q->peer.len > 0, known);
    assert_true(!known || p2p_peer_id_equal(&q->peer, p2p_host_id(s->b.host)));
    (void)p2p_multiaddr_text(&q->addr, text);
    assert_int_equal(strncmp(text, "/ip4/10.0.0.2/tcp/", 18), 0);
}

static void test_the_gate_is_asked_at_each_step(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    p2p_host_set_gate(s.a.host, gate, &s);
    assert_int_equal(dial(&s), 0);
    is_about_b(&s, P2P_GATE_DIAL, true, true);
    is_about_b(&s, P2P_GATE_SECURED, true, true);
    is_about_b(&s, P2P_GATE_OPEN, true, true);
    assert_int_equal(s.asked[P2P_GATE_ACCEPT], 0);
    part(&s);
    memset(s.asked, 0, sizeof s.asked);
    assert_true(comes(&s));
    is_about_b(&s, P2P_GATE_ACCEPT, false, false);
    is_about_b(&s, P2P_GATE_SECURED, false, true);
    is_about_b(&s, P2P_GATE_OPEN, false, true);
    assert_int_equal(s.asked[P2P_GATE_DIAL], 0);
    assert_int_equal(refused(&s), 0);
    scene_fini(&s);
}

/* Linux connects who dials the address of nobody to himself: rules for the
 * loopback network would not be asked. */
static void test_the_address_of_nobody_is_not_dialed(void **state)
{
    static const char *const addrs[] = {"/ip4/0.0.0.0/tcp/4001",
                                        "/ip6/::/tcp/4001",
                                        "/ip6/::ffff:0.0.0.0/tcp/4001"};
    struct scene s;

    (void)state;
    scene_init(&s);
    p2p_host_set_gate(s.a.host, gate, &s);
    for (size_t i = 0; i < P2P__COUNT(addrs); i++) {
        assert_int_equal(dial_at(&s, addrs[i]), P2P_EUNREACH);
    }
    assert_int_equal(s.asked[P2P_GATE_DIAL], 0);
    scene_fini(&s);
}

/* A no ends it there: nothing further is asked, nobody is told of a peer. */
static void test_the_gate_says_no(void **state)
{
    (void)state;
    for (int out = 0; out < 2; out++) {
        for (int step = out == 1 ? P2P_GATE_DIAL : P2P_GATE_ACCEPT;
             step <= P2P_GATE_OPEN; step++) {
            struct scene s;

            if (out == 1 && step == P2P_GATE_ACCEPT) {
                continue;
            }
            scene_init(&s);
            p2p_host_set_gate(s.a.host, gate, &s);
            s.no = step;
            if (out == 1) {
                assert_int_equal(dial(&s), P2P_EGATED);
            } else {
                assert_false(comes(&s));
            }
            assert_int_equal(s.a.ups, 0);
            assert_int_equal(simhost_conns(&s.a), 0);
            assert_int_equal(refused(&s), 1);
            for (int later = step + 1; later <= P2P_GATE_OPEN; later++) {
                assert_int_equal(s.asked[later], 0);
            }
            p2p_host_set_gate(s.a.host, NULL, NULL);
            sim_run(&s.sim, s.sim.now + P2P__SEC(600));
            assert_true(comes(&s));
            scene_fini(&s);
        }
    }
}

/* The filter is asked first: the gate hears of nothing that is denied. */
static void test_the_filter_is_before_the_gate(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    p2p_host_set_gate(s.a.host, gate, &s);
    filter(&s, "/ip4/10.0.0.2", P2P_FILTER_DENY);
    assert_int_equal(dial(&s), P2P_EGATED);
    assert_false(comes(&s));
    assert_int_equal(s.asked[P2P_GATE_DIAL] + s.asked[P2P_GATE_ACCEPT], 0);
    scene_fini(&s);
}

/* ---- what is told ---- */

/* What b was told of a. */
struct heard {
    unsigned calls;
    bool push;
    size_t n;
    char first[P2P_MULTIADDR_TEXT_MAX];
};

static void on_identified(void *user, const struct p2p_peer_info *info)
{
    struct heard *h = user;

    h->calls++;
    h->push = info->push;
    h->n = info->n_addrs;
    h->first[0] = '\0';
    if (info->n_addrs > 0) {
        (void)p2p_multiaddr_text(&info->addrs[0], h->first);
    }
}

/* Instead of what is private, a name; and an address that is none. */
static size_t announce(void *user, const struct p2p_multiaddr *addrs, size_t n,
                       struct p2p_multiaddr *out, size_t cap)
{
    static const char name[] = "/dns4/a.example/tcp/443";
    size_t made = 0;

    (void)user;
    assert_true(cap >= 3);
    for (size_t i = 0; i < n; i++) {
        assert_false(p2p_multiaddr_peer(&addrs[i], NULL));
        if (p2p_multiaddr_is_public(&addrs[i])) {
            out[made++] = addrs[i];
        }
    }
    assert_int_equal(
        p2p_multiaddr_from_text(name, sizeof name - 1, &out[made++]), 0);
    out[made++].len = 0;
    return made;
}

static void test_what_is_announced(void **state)
{
    static const struct p2p_host_events events = {.identified = on_identified};
    struct p2p_multiaddr addrs[4];
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct heard heard = {0};
    struct scene s;

    (void)state;
    scene_init(&s);
    s.b.host->events = &events;
    s.b.host->user = &heard;
    assert_int_equal(simhost_dial(&s.b, &s.a), 0);
    run(&s);
    assert_int_equal(heard.calls, 1);
    assert_string_equal(heard.first, "/ip4/10.0.0.1/tcp/4001");
    p2p_host_set_announce(s.a.host, announce, NULL);
    run(&s);
    assert_int_equal(heard.calls, 2); /* a push */
    assert_true(heard.push);
    assert_int_equal(heard.n, 1);
    assert_string_equal(heard.first, "/dns4/a.example/tcp/443");
    assert_int_equal(p2p_host_addrs(s.a.host, addrs, 4), 1);
    assert_true(p2p_multiaddr_peer(&addrs[0], NULL));
    assert_int_equal(
        strncmp(p2p_multiaddr_text(&addrs[0], text), "/dns4/a.example/", 16),
        0);
    p2p_host_set_announce(s.a.host, NULL, NULL);
    run(&s);
    assert_string_equal(heard.first, "/ip4/10.0.0.1/tcp/4001");
    s.b.host->user = &s.b;
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_denied_network),
        cmocka_unit_test(test_the_last_rule_decides),
        cmocka_unit_test(test_rules_that_are_none),
        cmocka_unit_test(test_the_gate_is_asked_at_each_step),
        cmocka_unit_test(test_the_address_of_nobody_is_not_dialed),
        cmocka_unit_test(test_the_gate_says_no),
        cmocka_unit_test(test_the_filter_is_before_the_gate),
        cmocka_unit_test(test_what_is_announced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
