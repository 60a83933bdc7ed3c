/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ports that a gateway lets in, on a clock of the test. */
#include "proto/portmap/leases.h"
#include "test_env.h"
#include "unit.h"

#define PUBLIC  44, 77, 1, 254
#define MINUTE  P2P__SEC(60)
#define TCP4001 ((struct p2p__portmap_port){.port = 4001})
#define UDP4001 ((struct p2p__portmap_port){.udp = true, .port = 4001})

static const struct p2p__addr gateway = {.family = 4, .ip = {10, 77, 1, 254}};

struct world {
    struct p2p__leases l;
    struct test_env env;
    p2p_ns now;
    struct p2p__portmap_order order; /* the last one */
    uint32_t epoch;
};

static void begin_as(struct world *w, struct p2p__leases_cfg cfg)
{
    *w = (struct world){.now = P2P__SEC(1000), .epoch = 500};
    test_env_init(&w->env, 1);
    cfg.env = &w->env.env;
    p2p__leases_init(&w->l, &cfg);
    p2p__leases_gateway(&w->l, &gateway, w->now);
}

/* One port of TCP is wanted. */
static void begin(struct world *w)
{
    begin_as(w, (struct p2p__leases_cfg){0});
    p2p__leases_want(&w->l, &TCP4001, 1, w->now);
}

static bool next(struct world *w)
{
    return p2p__leases_next(&w->l, &w->order, w->now);
}

static void assert_asks(struct world *w, enum p2p__portmap_method method)
{
    assert_true(next(w));
    assert_int_equal(w->order.method, method);
}

static void fails(struct world *w, enum p2p__portmap_outcome outcome)
{
    const struct p2p__portmap_answer a = {.outcome = outcome, .why = "why"};

    p2p__leases_answer(&w->l, &a, w->now);
}

/* It grants what was asked, at an address. */
static void grants_at(struct world *w, const uint8_t ip[4], uint16_t port,
                      uint32_t lifetime_s)
{
    struct p2p__portmap_answer a = {.outcome = P2P__PORTMAP_DONE,
                                    .outer = {.family = 4, .port = port},
                                    .lifetime_s = lifetime_s,
                                    .has_epoch = true,
                                    .epoch = w->epoch};

    memcpy(a.outer.ip, ip, 4);
    p2p__leases_answer(&w->l, &a, w->now);
}

static void grants(struct world *w)
{
    grants_at(w, (const uint8_t[]){PUBLIC}, w->order.outer.port, 120);
}

/* Time passes, for both. */
static void pass(struct world *w, uint32_t seconds)
{
    w->now += P2P__SEC(seconds);
    w->epoch += seconds;
}

/* Until it has something to do. Whole seconds pass. */
static void wait(struct world *w)
{
    const p2p_ns at = p2p__leases_deadline(&w->l);

    assert_true(at != P2P_NEVER);
    while (w->now < at) {
        pass(w, 1);
    }
}

static const struct p2p__lease *row(const struct world *w, size_t i)
{
    assert_true(i < w->l.n);
    return &w->l.rows[i];
}

static void test_a_port_is_asked_for_and_held(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assert_int_equal(p2p__leases_deadline(&w.l), w.now);
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_int_equal(w.order.lifetime_s, 7200);
    assert_int_equal(w.order.inner.port, 4001);
    assert_int_equal(w.order.outer.port, 4001);
    assert_false(next(&w)); /* one at a time */
    assert_int_equal(p2p__leases_deadline(&w.l), P2P_NEVER);
    assert_false(p2p__leases_changed(&w.l));
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4444, 120);
    assert_true(p2p__leases_changed(&w.l));
    assert_false(p2p__leases_changed(&w.l));
    assert_true(row(&w, 0)->held && row(&w, 0)->told);
    assert_int_equal(row(&w, 0)->outer.port, 4444);
    assert_false(next(&w));
}

static void test_it_is_renewed_at_half_of_its_time(void **state)
{
    struct world w;
    uint8_t nonce[P2P__PCP_NONCE_BYTES];
    p2p_ns granted;

    (void)state;
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    memcpy(nonce, w.order.nonce, sizeof nonce);
    for (int i = 0; i < 20; i++) {
        grants_at(&w, (const uint8_t[]){PUBLIC}, 4444, 120);
        granted = w.now;
        wait(&w);
        assert_in_range(w.now - granted, P2P__SEC(52), P2P__SEC(60));
        assert_asks(&w, P2P__PORTMAP_PCP);
        assert_memory_equal(w.order.nonce, nonce, sizeof nonce);
        assert_int_equal(w.order.outer.port, 4444); /* the same again */
    }
    (void)p2p__leases_changed(&w.l);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4444, 120);
    assert_false(p2p__leases_changed(&w.l));
}

static void test_however_long_or_short_it_lasts(void **state)
{
    struct world w;
    p2p_ns granted;

    (void)state;
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, UINT32_MAX);
    assert_int_equal(row(&w, 0)->ends, w.now + P2P__SEC(86400));
    granted = w.now;
    wait(&w); /* it is looked after all the same */
    assert_in_range(w.now - granted, P2P__SEC(787), P2P__SEC(900));
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 1);
    granted = w.now;
    wait(&w); /* it is over before it may be asked for again */
    assert_int_equal(w.now - granted, P2P__SEC(1));
    assert_false(next(&w));
    assert_false(row(&w, 0)->held);
    wait(&w);
    assert_int_equal(w.now - granted, P2P__PORTMAP_QUICK);
    assert_asks(&w, P2P__PORTMAP_PCP);
}

static void test_methods_are_tried_in_their_order(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    fails(&w, P2P__PORTMAP_UNABLE);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    fails(&w, P2P__PORTMAP_SILENT);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    grants(&w);
    assert_true(w.l.proven);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_UPNP); /* and stays with what did it */
}

static void test_methods_can_be_left_out(void **state)
{
    struct world w;

    (void)state;
    begin_as(&w, (struct p2p__leases_cfg){.without = {true, false, true}});
    p2p__leases_want(&w.l, &TCP4001, 1, w.now);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    fails(&w, P2P__PORTMAP_SILENT);
    assert_false(next(&w));
    begin_as(&w, (struct p2p__leases_cfg){.without = {true, true, true}});
    p2p__leases_want(&w.l, &TCP4001, 1, w.now);
    assert_false(next(&w));
    assert_int_equal(p2p__leases_deadline(&w.l), P2P_NEVER);
}

/* What is asked while no method brings anything, for so long. */
static unsigned asked_in_vain(struct world *w, p2p_ns span)
{
    const p2p_ns end = w->now + span;
    unsigned count = 0;

    while (w->now < end) {
        if (next(w)) {
            count++;
            fails(w, P2P__PORTMAP_SILENT);
        }
        pass(w, 1);
    }
    return count;
}

static void test_a_gateway_that_never_answers_costs_little(void **state)
{
    struct world w;
    unsigned first;

    (void)state;
    begin(&w);
    p2p__leases_want(&w.l, (const struct p2p__portmap_port[]){TCP4001, UDP4001},
                     2, w.now);
    first = asked_in_vain(&w, 60 * MINUTE);
    assert_true(p2p__leases_changed(&w.l)); /* once: it is known why */
    assert_in_range(first, 12, 21); /* 0, 1, 3, 7, 15, 31 minutes: 3 each */
    assert_in_range(asked_in_vain(&w, 10 * 60 * MINUTE), 21, 33);
    assert_false(p2p__leases_changed(&w.l));
    assert_int_equal(w.l.n, 2);
    assert_false(w.l.rows[0].held || w.l.rows[1].held);
}

static void test_who_was_silent_is_asked_twice_more(void **state)
{
    struct world w;
    p2p_ns end;

    (void)state;
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants(&w);
    end = w.now + P2P__SEC(120);
    for (int i = 0; i < 3; i++) {
        wait(&w);
        assert_asks(&w, P2P__PORTMAP_PCP);
        fails(&w, P2P__PORTMAP_SILENT);
        assert_true(row(&w, 0)->held);
    }
    assert_true(w.now < end);
    /* Then all are tried again, and meanwhile it stands. */
    assert_false(w.l.proven);
    for (int m = 0; m < P2P__PORTMAP_METHODS; m++) {
        assert_asks(&w, (enum p2p__portmap_method)m);
        fails(&w, P2P__PORTMAP_SILENT);
    }
    assert_true(row(&w, 0)->held);
    (void)p2p__leases_changed(&w.l);
    w.now = end;
    (void)next(&w);
    assert_true(p2p__leases_changed(&w.l));
    assert_false(row(&w, 0)->held || row(&w, 0)->told);
}

static void test_a_port_that_is_refused_is_asked_for_later(void **state)
{
    struct world w;
    p2p_ns then;

    (void)state;
    begin(&w);
    p2p__leases_want(&w.l, (const struct p2p__portmap_port[]){TCP4001, UDP4001},
                     2, w.now);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_true(w.order.inner.udp);
    fails(&w, P2P__PORTMAP_REFUSED);
    assert_string_equal(row(&w, 1)->why, "why");
    then = w.now;
    wait(&w);
    assert_in_range(w.now - then, MINUTE, MINUTE + P2P__SEC(8));
    assert_asks(&w, P2P__PORTMAP_PCP);
    fails(&w, P2P__PORTMAP_REFUSED);
    then = w.now;
    wait(&w);
    assert_in_range(w.now - then, 2 * MINUTE, 2 * MINUTE + P2P__SEC(16));
    assert_true(row(&w, 0)->held);
}

static void test_a_port_that_somebody_has_is_another_one(void **state)
{
    struct world w;
    uint16_t port;

    (void)state;
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    fails(&w, P2P__PORTMAP_UNABLE);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    fails(&w, P2P__PORTMAP_UNABLE);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    assert_int_equal(w.order.outer.port, 4001);
    fails(&w, P2P__PORTMAP_TAKEN);
    assert_asks(&w, P2P__PORTMAP_UPNP); /* at once */
    port = w.order.outer.port;
    assert_true(port >= 1024 && port != 4001);
    fails(&w, P2P__PORTMAP_TAKEN);
    assert_false(next(&w)); /* not as fast as it goes */
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    assert_true(w.order.outer.port != port);
    port = w.order.outer.port;
    grants(&w);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    assert_int_equal(w.order.outer.port, port);
}

/* Two ports are held, for long. */
static void two_held(struct world *w)
{
    begin(w);
    p2p__leases_want(
        &w->l, (const struct p2p__portmap_port[]){TCP4001, UDP4001}, 2, w->now);
    for (int i = 0; i < 2; i++) {
        assert_asks(w, P2P__PORTMAP_PCP);
        grants_at(w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    }
    assert_false(next(w));
    (void)p2p__leases_changed(&w->l);
}

static void assert_both_soon(struct world *w)
{
    const p2p_ns then = w->now;

    for (int i = 0; i < 2; i++) {
        wait(w);
        assert_true(w->now - then <= P2P__PORTMAP_SPREAD + P2P__SEC(1));
        assert_asks(w, P2P__PORTMAP_PCP);
        grants_at(w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    }
    assert_false(next(w));
}

static void test_a_gateway_that_began_anew_is_asked_for_all(void **state)
{
    struct world w;

    (void)state;
    two_held(&w);
    pass(&w, 100);
    p2p__leases_announced(&w.l, w.epoch, w.now); /* it goes on */
    assert_false(next(&w));
    assert_true(p2p__leases_deadline(&w.l) > w.now + P2P__SEC(600));
    w.epoch = 1;
    p2p__leases_announced(&w.l, w.epoch, w.now);
    assert_both_soon(&w);
    assert_false(p2p__leases_changed(&w.l)); /* it gave the same */
}

/* After sleep nobody knows what is left of what was granted. */
static void test_all_is_asked_for_again(void **state)
{
    struct world w;

    (void)state;
    two_held(&w);
    pass(&w, 100);
    p2p__leases_again(&w.l, w.now);
    assert_both_soon(&w);
}

static void test_an_answer_shows_that_it_began_anew(void **state)
{
    struct world w;
    p2p_ns then;

    (void)state;
    two_held(&w);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    w.epoch = 3;
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    then = w.now;
    wait(&w);
    assert_true(w.now - then <= P2P__PORTMAP_SPREAD + P2P__SEC(1));
    assert_asks(&w, P2P__PORTMAP_PCP);
}

static void test_clocks_need_not_agree_well(void **state)
{
    static const struct {
        uint32_t ours, theirs;
        bool goes_on;
    } rows[] = {{100, 100, true},  {100, 98, true},  {160, 149, true},
                {160, 146, false}, {149, 160, true}, {146, 160, false},
                {0, 2, true},      {0, 4, false}};
    struct world w;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(rows); i++) {
        p2p_ns until;

        two_held(&w);
        until = p2p__leases_deadline(&w.l);
        w.now += P2P__SEC(rows[i].ours);
        p2p__leases_announced(&w.l, 500 + rows[i].theirs, w.now);
        assert_int_equal(p2p__leases_deadline(&w.l) == until, rows[i].goes_on);
    }
}

static void test_whoever_says_it_often_makes_us_ask_seldom(void **state)
{
    struct world w;
    unsigned asked = 0;

    (void)state;
    two_held(&w);
    for (int s = 0; s < 300; s++) {
        p2p__leases_announced(&w.l, s % 2 == 0 ? 1 : 70000, w.now);
        while (next(&w)) {
            grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 7200);
            asked++;
        }
        pass(&w, 1);
    }
    assert_in_range(asked, 10, 44);
}

static void test_a_gateway_that_speaks_up_is_tried(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    (void)asked_in_vain(&w, 100 * MINUTE);
    assert_false(next(&w));
    assert_true(p2p__leases_deadline(&w.l) > w.now + 10 * MINUTE);
    p2p__leases_announced(&w.l, 1, w.now);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
}

static void test_another_address_outside_is_that_of_all(void **state)
{
    struct world w;
    p2p_ns then;

    (void)state;
    two_held(&w);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){44, 77, 9, 254}, 4001, 7200);
    assert_true(p2p__leases_changed(&w.l));
    then = w.now;
    wait(&w);
    assert_true(w.now - then <= P2P__PORTMAP_SPREAD + P2P__SEC(1));
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_true(w.order.inner.udp);
}

static void test_addresses_that_cannot_be_are_not_believed(void **state)
{
    static const uint8_t bad[][4] = {
        {127, 0, 0, 1},   {0, 0, 0, 0}, {224, 0, 0, 251}, {255, 255, 255, 255},
        {169, 254, 1, 1}, {0, 1, 2, 3}, {240, 0, 0, 1}};
    struct world w;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        begin(&w);
        assert_asks(&w, P2P__PORTMAP_PCP);
        grants_at(&w, bad[i], 4001, 120);
        assert_false(row(&w, 0)->held);
        assert_string_equal(row(&w, 0)->why, "what it granted makes no sense");
        assert_asks(&w, P2P__PORTMAP_NATPMP); /* perhaps that makes some */
    }
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 0, 120);
    assert_false(row(&w, 0)->held);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 0);
    assert_false(row(&w, 0)->held);
}

static void test_behind_another_nat_it_is_not_told(void **state)
{
    static const uint8_t inner[][4] = {
        {10, 1, 2, 3}, {192, 168, 1, 2}, {172, 20, 0, 1}, {100, 64, 0, 9}};
    struct world w;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(inner); i++) {
        begin(&w);
        assert_asks(&w, P2P__PORTMAP_PCP);
        grants_at(&w, inner[i], 4001, 120);
        assert_true(row(&w, 0)->held);
        assert_false(row(&w, 0)->told);
        assert_string_equal(
            row(&w, 0)->why,
            "it is behind another NAT: its own address is not public");
    }
    begin_as(&w, (struct p2p__leases_cfg){.private_addrs = true});
    p2p__leases_want(&w.l, &TCP4001, 1, w.now);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, inner[0], 4001, 120);
    assert_true(row(&w, 0)->told);
}

static void test_ports_of_the_system_are_not_told(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 25, 120);
    assert_true(row(&w, 0)->held);
    assert_false(row(&w, 0)->told);
    /* Unless it is ours. */
    begin_as(&w, (struct p2p__leases_cfg){0});
    p2p__leases_want(&w.l, &(struct p2p__portmap_port){.port = 443}, 1, w.now);
    assert_asks(&w, P2P__PORTMAP_PCP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 443, 120);
    assert_true(row(&w, 0)->told);
}

static void test_what_is_not_wanted_is_taken_away(void **state)
{
    struct world w;

    (void)state;
    two_held(&w);
    p2p__leases_want(&w.l, &UDP4001, 1, w.now);
    assert_int_equal(p2p__leases_deadline(&w.l), 0);
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_int_equal(w.order.lifetime_s, 0);
    assert_false(w.order.inner.udp);
    assert_int_equal(w.order.outer.port, 4001);
    fails(&w, P2P__PORTMAP_SILENT); /* once is enough */
    assert_int_equal(w.l.n, 1);
    assert_true(p2p__leases_changed(&w.l));
    assert_false(next(&w));
    /* Wanted again, while it is taken away. */
    p2p__leases_want(&w.l, NULL, 0, w.now);
    assert_true(next(&w));
    p2p__leases_want(&w.l, &UDP4001, 1, w.now);
    fails(&w, P2P__PORTMAP_DONE);
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_int_equal(w.order.lifetime_s, 7200);
}

static void test_at_the_end_all_are_taken_away(void **state)
{
    struct world w;

    (void)state;
    two_held(&w);
    p2p__leases_stop(&w.l);
    for (int i = 0; i < 2; i++) {
        assert_false(p2p__leases_idle(&w.l));
        assert_true(next(&w));
        assert_int_equal(w.order.lifetime_s, 0);
        fails(&w, P2P__PORTMAP_SILENT);
    }
    assert_true(p2p__leases_idle(&w.l));
    p2p__leases_want(&w.l, &UDP4001, 1, w.now);
    assert_false(next(&w));
    assert_int_equal(p2p__leases_deadline(&w.l), P2P_NEVER);
}

static void test_the_end_waits_for_what_is_being_asked(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    assert_true(next(&w));
    p2p__leases_stop(&w.l);
    assert_false(p2p__leases_idle(&w.l));
    grants(&w);
    assert_true(next(&w));
    assert_int_equal(w.order.lifetime_s, 0);
    fails(&w, P2P__PORTMAP_DONE);
    assert_true(p2p__leases_idle(&w.l));
    /* Nothing granted, nothing to take away; and nobody to ask. */
    begin(&w);
    assert_true(next(&w));
    p2p__leases_stop(&w.l);
    fails(&w, P2P__PORTMAP_SILENT);
    assert_true(p2p__leases_idle(&w.l));
    two_held(&w);
    w.l.proven = false;
    p2p__leases_stop(&w.l);
    assert_true(p2p__leases_idle(&w.l));
}

static void test_another_gateway_is_begun_with(void **state)
{
    const struct p2p__addr other = {.family = 4, .ip = {192, 168, 7, 1}};
    const struct p2p__addr none = {0};
    struct world w;

    (void)state;
    two_held(&w);
    p2p__leases_gateway(&w.l, &gateway, w.now); /* the same */
    assert_true(row(&w, 0)->held);
    wait(&w);
    assert_true(next(&w));
    p2p__leases_gateway(&w.l, &other, w.now);
    assert_true(p2p__leases_changed(&w.l));
    assert_false(row(&w, 0)->held || row(&w, 1)->held);
    grants(&w); /* of the old one: too late */
    assert_false(row(&w, 0)->held);
    assert_asks(&w, P2P__PORTMAP_PCP);
    p2p__leases_gateway(&w.l, &none, w.now);
    fails(&w, P2P__PORTMAP_SILENT);
    assert_false(next(&w));
    assert_int_equal(p2p__leases_deadline(&w.l), P2P_NEVER);
    p2p__leases_announced(&w.l, 1, w.now);
    assert_false(next(&w));
}

static void test_ports_have_a_cap(void **state)
{
    struct p2p__portmap_port ports[40];
    struct world w;

    (void)state;
    assert_int_equal(P2P__CAP_PORTMAP_PORTS, 16);
    for (uint16_t i = 0; i < P2P__COUNT(ports); i++) {
        ports[i] = (struct p2p__portmap_port){.port = (uint16_t)(5000 + i)};
    }
    begin(&w);
    p2p__leases_want(&w.l, ports, P2P__COUNT(ports), w.now);
    assert_int_equal(w.l.n, 16);
}

/* A gateway that gives another port each time, for some seconds alone, does not
 * make us tell all of it each time, nor ask as often. */
static void test_who_gives_other_ports_is_told_seldom(void **state)
{
    unsigned told = 0, asked = 0;
    p2p_ns until, then;
    struct world w;

    (void)state;
    begin(&w);
    until = w.now + 60 * MINUTE;
    while (w.now < until) {
        const uint16_t last = w.l.rows[0].outer.port;

        if (next(&w)) {
            assert_true(asked == 0 || w.order.outer.port == last);
            asked++;
            grants_at(&w, (const uint8_t[]){PUBLIC}, (uint16_t)(5000 + asked),
                      10);
            told += row(&w, 0)->told ? 1 : 0;
        }
        pass(&w, 1);
    }
    assert_in_range(told, P2P__PORTMAP_TELLS, P2P__PORTMAP_TELLS + 6);
    assert_true(asked <= 80);
    assert_false(row(&w, 0)->told);
    assert_non_null(row(&w, 0)->why);
    /* One that settles is told again. */
    then = w.now;
    while (!row(&w, 0)->told) {
        wait(&w);
        if (next(&w)) {
            grants_at(&w, (const uint8_t[]){PUBLIC}, 6000, 7200);
        }
    }
    assert_true(w.now - then <= 16 * MINUTE);
}

/* One that comes and goes, too. */
static void test_who_lets_it_lapse_is_told_seldom(void **state)
{
    unsigned told = 0;
    struct world w;

    (void)state;
    begin(&w);
    for (int i = 0; i < 20; i++) {
        w.l.not_before = 0;
        w.l.rows[0].due = w.now;
        assert_true(next(&w));
        grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 10);
        told += row(&w, 0)->told ? 1 : 0;
        pass(&w, 11);
        w.l.rows[0].due = P2P_NEVER;
        assert_false(next(&w));
        assert_false(row(&w, 0)->held);
    }
    assert_int_equal(told, P2P__PORTMAP_TELLS);
}

static void test_what_did_not_go_out_is_sent_again(void **state)
{
    struct world w;
    p2p_ns then;

    (void)state;
    begin(&w);
    for (unsigned i = 0; i < 3; i++) {
        assert_asks(&w, P2P__PORTMAP_PCP);
        fails(&w, P2P__PORTMAP_UNSENT);
        then = w.now;
        wait(&w);
        assert_int_equal(w.now - then, P2P__SEC(1) << i);
    }
    /* As often as that it is no passing thing: another method. */
    assert_asks(&w, P2P__PORTMAP_PCP);
    fails(&w, P2P__PORTMAP_UNSENT);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    /* A passing one leaves what is held as it is, and the method. */
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    fails(&w, P2P__PORTMAP_UNSENT);
    assert_true(row(&w, 0)->held && row(&w, 0)->told);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_NATPMP);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    assert_true(w.l.proven);
}

/* It added the port, perhaps, and did not say so. */
static void adds_unseen(struct world *w)
{
    const struct p2p__portmap_answer a = {
        .outcome = P2P__PORTMAP_SILENT, .why = "why", .unsure = true};

    assert_asks(w, P2P__PORTMAP_PCP);
    fails(w, P2P__PORTMAP_UNABLE);
    assert_asks(w, P2P__PORTMAP_NATPMP);
    fails(w, P2P__PORTMAP_UNABLE);
    assert_asks(w, P2P__PORTMAP_UPNP);
    p2p__leases_answer(&w->l, &a, w->now);
    assert_false(row(w, 0)->held);
}

static void test_what_may_be_there_is_taken_away(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    adds_unseen(&w);
    p2p__leases_stop(&w.l);
    assert_false(p2p__leases_idle(&w.l));
    assert_int_equal(p2p__leases_deadline(&w.l), 0);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    assert_int_equal(w.order.lifetime_s, 0);
    assert_int_equal(w.order.outer.port, 4001);
    fails(&w, P2P__PORTMAP_SILENT); /* once is enough */
    assert_true(p2p__leases_idle(&w.l));
}

static void test_what_may_be_there_beside_another_one(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    adds_unseen(&w);
    wait(&w);
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_int_equal(w.order.outer.port, 4001);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4444, 7200);
    p2p__leases_want(&w.l, NULL, 0, w.now);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    assert_int_equal(w.order.outer.port, 4001);
    fails(&w, P2P__PORTMAP_DONE);
    assert_asks(&w, P2P__PORTMAP_PCP);
    assert_int_equal(w.order.outer.port, 4444);
    fails(&w, P2P__PORTMAP_DONE);
    assert_int_equal(w.l.n, 0);
}

static void test_what_may_be_there_is_had(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    adds_unseen(&w);
    wait(&w);
    for (int m = 0; m < 2; m++) {
        assert_asks(&w, (enum p2p__portmap_method)m);
        fails(&w, P2P__PORTMAP_UNABLE);
    }
    assert_asks(&w, P2P__PORTMAP_UPNP);
    assert_int_equal(w.order.outer.port, 4001);
    grants_at(&w, (const uint8_t[]){PUBLIC}, 4001, 7200);
    p2p__leases_stop(&w.l);
    assert_asks(&w, P2P__PORTMAP_UPNP);
    fails(&w, P2P__PORTMAP_DONE);
    assert_true(p2p__leases_idle(&w.l)); /* once for both */
}

/* Whoever has the port now, it is not ours to take away. */
static void test_what_somebody_has_is_not_taken_away(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    adds_unseen(&w);
    wait(&w);
    for (int m = 0; m < 2; m++) {
        assert_asks(&w, (enum p2p__portmap_method)m);
        fails(&w, P2P__PORTMAP_UNABLE);
    }
    assert_asks(&w, P2P__PORTMAP_UPNP);
    fails(&w, P2P__PORTMAP_TAKEN);
    p2p__leases_stop(&w.l);
    assert_true(p2p__leases_idle(&w.l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_port_is_asked_for_and_held),
        cmocka_unit_test(test_it_is_renewed_at_half_of_its_time),
        cmocka_unit_test(test_however_long_or_short_it_lasts),
        cmocka_unit_test(test_methods_are_tried_in_their_order),
        cmocka_unit_test(test_methods_can_be_left_out),
        cmocka_unit_test(test_a_gateway_that_never_answers_costs_little),
        cmocka_unit_test(test_who_was_silent_is_asked_twice_more),
        cmocka_unit_test(test_a_port_that_is_refused_is_asked_for_later),
        cmocka_unit_test(test_a_port_that_somebody_has_is_another_one),
        cmocka_unit_test(test_a_gateway_that_began_anew_is_asked_for_all),
        cmocka_unit_test(test_all_is_asked_for_again),
        cmocka_unit_test(test_an_answer_shows_that_it_began_anew),
        cmocka_unit_test(test_clocks_need_not_agree_well),
        cmocka_unit_test(test_whoever_says_it_often_makes_us_ask_seldom),
        cmocka_unit_test(test_a_gateway_that_speaks_up_is_tried),
        cmocka_unit_test(test_another_address_outside_is_that_of_all),
        cmocka_unit_test(test_addresses_that_cannot_be_are_not_believed),
        cmocka_unit_test(test_behind_another_nat_it_is_not_told),
        cmocka_unit_test(test_ports_of_the_system_are_not_told),
        cmocka_unit_test(test_what_is_not_wanted_is_taken_away),
        cmocka_unit_test(test_at_the_end_all_are_taken_away),
        cmocka_unit_test(test_the_end_waits_for_what_is_being_asked),
        cmocka_unit_test(test_another_gateway_is_begun_with),
        cmocka_unit_test(test_ports_have_a_cap),
        cmocka_unit_test(test_who_gives_other_ports_is_told_seldom),
        cmocka_unit_test(test_who_lets_it_lapse_is_told_seldom),
        cmocka_unit_test(test_what_did_not_go_out_is_sent_again),
        cmocka_unit_test(test_what_may_be_there_is_taken_away),
        cmocka_unit_test(test_what_may_be_there_beside_another_one),
        cmocka_unit_test(test_what_may_be_there_is_had),
        cmocka_unit_test(test_what_somebody_has_is_not_taken_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
