/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A host that begins with peers that it was told of, as long as it is alone. */
#include <stdio.h>

#include "names.h"
#include "simhost.h"
#include "unit.h"

enum { US, ONE, TWO, HOSTS };

struct world {
    struct sim sim;
    struct names names;
    struct simhost h[HOSTS];
};

static void start(struct world *w)
{
    const struct sim_cfg cfg = {
        .seed = 5, .latency_min = P2P__MS(1), .latency_max = P2P__MS(5)};

    memset(w, 0, sizeof *w);
    sim_init(&w->sim, &cfg, HOSTS);
    names_init(&w->names, &w->sim);
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_start(&w->h[i], &w->sim, i, NULL);
    }
}

static void stop(struct world *w)
{
    for (size_t i = 0; i < HOSTS; i++) {
        simhost_stop(&w->h[i]);
    }
    sim_fini(&w->sim);
}

static void run(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

static void add(struct world *w, const char *addr)
{
    assert_int_equal(p2p_host_bootstrap(w->h[US].host, addr), 0);
}

static void add_host(struct world *w, int which)
{
    char buf[P2P_MULTIADDR_TEXT_MAX];

    add(w, simhost_addr(&w->h[which], buf));
}

static bool is_with(const struct world *w, int which)
{
    const struct p2p__peer *peer = p2p__book_find(
        &w->h[US].host->swarm->book, p2p_host_id(w->h[which].host));

    return peer != NULL && p2p__peer_conn(peer, P2P__PATH_DIRECT) != NULL;
}

static void test_one_is_enough(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    add(&w, "/ip4/10.9.9.9/tcp/1"); /* nobody is there */
    add_host(&w, ONE);
    add_host(&w, TWO);
    run(&w, P2P__SEC(30));
    assert_true(is_with(&w, ONE));
    assert_false(is_with(&w, TWO));
    run(&w, P2P__SEC(600));
    assert_int_equal(simhost_conns(&w.h[US]), 1);
    stop(&w);
}

/* When it is alone again the next one is dialed, and those that are gone are
 * dialed for ever. */
static void test_it_goes_on_when_it_is_alone(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    add_host(&w, ONE);
    add_host(&w, TWO);
    run(&w, P2P__SEC(1));
    assert_true(is_with(&w, ONE));
    simhost_end(&w.h[ONE]);
    run(&w, P2P__SEC(30));
    assert_true(is_with(&w, TWO));
    simhost_end(&w.h[TWO]);
    run(&w, P2P__SEC(3600)); /* the pause has grown, but no further */
    assert_int_equal(simhost_conns(&w.h[US]), 0);
    simhost_start(&w.h[ONE], &w.sim, ONE, NULL);
    run(&w, P2P__SEC(330));
    assert_true(is_with(&w, ONE));
    simhost_start(&w.h[TWO], &w.sim, TWO, NULL); /* for stop() */
    stop(&w);
}

/* One that is full lets in and hangs up. */
static void test_who_hangs_up_is_not_dialed_at_once(void **state)
{
    unsigned times = 0;
    struct world w;

    (void)state;
    start(&w);
    add_host(&w, ONE);
    for (unsigned i = 0; i < 6000; i++) { /* a minute */
        run(&w, P2P__MS(10));
        if (is_with(&w, ONE)) {
            times++;
            (void)p2p_host_disconnect(w.h[ONE].host, p2p_host_id(w.h[US].host));
        }
    }
    assert_in_range(times, 3, 6); /* after 5, 15, 35 s */
    stop(&w);
}

/* Whoever is met: those are not dialed then. */
static void test_who_is_not_alone_needs_nobody(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(simhost_dial(&w.h[TWO], &w.h[US]), 0);
    run(&w, P2P__SEC(1));
    add_host(&w, ONE);
    run(&w, P2P__SEC(600));
    assert_false(is_with(&w, ONE));
    assert_int_equal(
        p2p_host_disconnect(w.h[TWO].host, p2p_host_id(w.h[US].host)), 0);
    run(&w, P2P__SEC(30));
    assert_true(is_with(&w, ONE));
    stop(&w);
}

static void test_the_list_may_be_in_dns(void **state)
{
    char text[P2P_MULTIADDR_TEXT_MAX] = "dnsaddr=";
    const char *const texts[] = {text, NULL};
    struct world w;

    (void)state;
    start(&w);
    add(&w, "/dnsaddr/b.example");
    run(&w, P2P__MS(10));
    assert_string_equal(w.names.asked->name, "_dnsaddr.b.example");
    (void)simhost_addr(&w.h[ONE], text + strlen(text));
    names_answer_texts(&w.names, texts);
    run(&w, P2P__SEC(5));
    assert_true(is_with(&w, ONE));
    stop(&w);
}

static void test_what_is_wrong_is_said(void **state)
{
    char text[64];
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(p2p_host_bootstrap(w.h[US].host, "somewhere"),
                     P2P_EFORMAT);
    for (unsigned i = 0; i < 32; i++) {
        (void)snprintf(text, sizeof text, "/ip4/10.9.9.9/tcp/%u", i + 1);
        add(&w, text);
    }
    assert_int_equal(p2p_host_bootstrap(w.h[US].host, text), P2P_ELIMIT);
    run(&w, P2P__MS(1)); /* it ends while it dials */
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_is_enough),
        cmocka_unit_test(test_it_goes_on_when_it_is_alone),
        cmocka_unit_test(test_who_hangs_up_is_not_dialed_at_once),
        cmocka_unit_test(test_who_is_not_alone_needs_nobody),
        cmocka_unit_test(test_the_list_may_be_in_dns),
        cmocka_unit_test(test_what_is_wrong_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
