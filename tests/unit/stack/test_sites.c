/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sites of the simulated world, by pipes and datagrams: what their NATs map,
 * let in and forget. 0 and 1 are in a site, 2 and 3 on the internet, 4 in
 * another site.
 */
#include "site.h"
#include "unit.h"

enum { IN, MATE, OUT, OTHER, FAR, HOSTS };

#define PORT 4001

struct world {
    struct sim sim;
    struct sim_site *site, *far;
    struct p2p__addr out, other;
    struct p2p__listener *listens[HOSTS];
    struct p2p__pipe *accepted; /* the last one */
    struct p2p__addr from;      /* where it came from */
    int status;                 /* of the dial; 1: not told yet */
    unsigned datagrams;
    struct p2p__addr sender; /* of the last one */
    size_t got;
    int ended; /* 1: it did not */
};

static void on_data(void *user, struct p2p__slice in, p2p_ns now)
{
    (void)now;
    ((struct world *)user)->got += in.len;
}

static void on_connected(void *user, int status, p2p_ns now)
{
    (void)now;
    ((struct world *)user)->status = status;
}

static void on_ended(void *user, int status, p2p_ns now)
{
    (void)now;
    ((struct world *)user)->ended = status;
}

static const struct p2p__pipe_cb pipe_cb = {.connected = on_connected,
                                            .data = on_data,
                                            .ended = on_ended};

static void on_accepted(void *user, struct p2p__pipe *pipe, p2p_ns now)
{
    struct world *w = user;

    (void)now;
    pipe->cb = &pipe_cb;
    pipe->user = w;
    pipe->ops->remote(pipe, &w->from);
    pipe->ops->read(pipe, true);
    w->accepted = pipe;
}

static const struct p2p__listener_cb listener_cb = {.accepted = on_accepted};

static void on_datagram(void *user, struct p2p__slice in,
                        const struct p2p__addr *from, uint32_t ifindex,
                        p2p_ns now)
{
    struct world *w = user;

    (void)in;
    (void)ifindex;
    (void)now;
    w->datagrams++;
    w->sender = *from;
}

static const struct p2p__udp_cb udp_cb = {.datagram = on_datagram};

static struct p2p__addr addr_of(const struct world *w, int host)
{
    struct p2p__addr a = w->sim.hosts[host].addr;

    a.port = PORT;
    return a;
}

static void start(struct world *w, const struct sim_nat *nat)
{
    const struct sim_cfg cfg = {
        .seed = 3, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};
    const struct p2p__addr any = {.family = 4, .port = PORT};
    int err;

    *w = (struct world){.status = 1, .ended = 1};
    sim_init(&w->sim, &cfg, HOSTS);
    w->site = sim_add_site(&w->sim, nat);
    w->far = sim_add_site(&w->sim, nat);
    sim_settle(&w->sim, IN, w->site);
    sim_settle(&w->sim, MATE, w->site);
    sim_settle(&w->sim, FAR, w->far);
    sim_settle(&w->sim, OUT, NULL);
    sim_settle(&w->sim, OTHER, NULL);
    for (size_t i = 0; i < HOSTS; i++) {
        struct p2p__net *net = &w->sim.hosts[i].net;

        w->listens[i] = net->listen(net, &any, &listener_cb, w, &err);
        assert_non_null(w->listens[i]);
    }
    w->out = addr_of(w, OUT);
    w->other = addr_of(w, OTHER);
}

static void run(struct world *w, p2p_ns span)
{
    sim_run(&w->sim, w->sim.now + span);
}

/* A dial from the port at which a machine listens (or any), until it ended. */
static struct p2p__pipe *dial_at(struct world *w, int from,
                                 const struct p2p__addr *to, bool listening)
{
    struct p2p__net *net = &w->sim.hosts[from].net;
    const struct p2p__leg leg = {.from = w->listens[from], .to = to};
    struct p2p__pipe *p;
    int err;

    w->status = 1;
    p = listening ? net->dial_from(net, &leg, &pipe_cb, w, &err)
                  : net->dial(net, to, &pipe_cb, w, &err);
    assert_non_null(p);
    run(w, P2P__SEC(40));
    assert_int_not_equal(w->status, 1);
    return p;
}

static struct p2p__pipe *dial(struct world *w, int from, int to, bool listening)
{
    const struct p2p__addr at = addr_of(w, to);

    return dial_at(w, from, &at, listening);
}

/* The same, and how it went; nothing is left of it. */
static int try_at(struct world *w, int from, const struct p2p__addr *to,
                  bool listening)
{
    struct p2p__pipe *p = dial_at(w, from, to, listening);
    const int status = w->status;

    if (status == 0) {
        w->accepted->ops->close(w->accepted);
    }
    p->ops->close(p);
    run(w, P2P__SEC(1));
    return status;
}

static int try(struct world *w, int from, int to)
{
    const struct p2p__addr at = addr_of(w, to);

    return try_at(w, from, &at, false);
}

static void stop(struct world *w)
{
    sim_fini(&w->sim);
}

static void test_who_reaches_whom(void **state)
{
    static const struct sim_nat nat = {.filtering = SIM_BY_PORT};
    struct world w;

    (void)state;
    start(&w, &nat);
    assert_int_equal(try(&w, IN, MATE), 0);
    assert_true(p2p__addr_same_ip(&w.from, &w.sim.hosts[IN].addr));
    assert_int_equal(try(&w, IN, OUT), 0);
    assert_true(p2p__addr_same_ip(&w.from, sim_site_outside(w.site)));
    assert_int_equal(try(&w, OUT, OTHER), 0);
    assert_int_equal(try(&w, OUT, IN), P2P_EUNREACH);
    assert_int_equal(try(&w, FAR, IN), P2P_EUNREACH);
    stop(&w);
}

/* Whether a machine that IN did not dial gets in where OUT saw it; or OUT from
 * another port. */
static int gets_in(const struct sim_nat *nat, int who)
{
    struct p2p__addr seen;
    struct world w;
    int status;

    start(&w, nat);
    assert_int_equal(try_at(&w, IN, &w.out, true), 0);
    seen = w.from;
    status = try_at(&w, who, &seen, false);
    stop(&w);
    return status;
}

static void test_what_filters_let_in(void **state)
{
    static const struct sim_nat all = {.filtering = SIM_BY_NOTHING};
    static const struct sim_nat by_address = {.filtering = SIM_BY_ADDRESS};
    static const struct sim_nat by_port = {.filtering = SIM_BY_PORT};

    (void)state;
    assert_int_equal(gets_in(&all, OTHER), 0);
    assert_int_equal(gets_in(&all, FAR), 0);
    assert_int_equal(gets_in(&all, MATE), P2P_EUNREACH); /* no hairpin */
    assert_int_equal(gets_in(&by_address, OTHER), P2P_EUNREACH);
    assert_int_equal(gets_in(&by_address, OUT), 0);
    assert_int_equal(gets_in(&by_port, OUT), P2P_EUNREACH);
}

/* Where IN is seen by two, from one port. */
static bool seen_at_one_port(const struct sim_nat *nat)
{
    struct p2p__addr first, second;
    struct world w;

    start(&w, nat);
    assert_int_equal(try_at(&w, IN, &w.out, true), 0);
    first = w.from;
    assert_int_equal(try_at(&w, IN, &w.other, true), 0);
    second = w.from;
    assert_int_not_equal(first.port, PORT);
    stop(&w);
    return first.port == second.port;
}

static void test_what_mappings_depend_on(void **state)
{
    static const struct sim_nat one = {.mapping = SIM_BY_NOTHING};
    static const struct sim_nat symmetric = {.mapping = SIM_BY_PORT};

    (void)state;
    assert_true(seen_at_one_port(&one));
    assert_false(seen_at_one_port(&symmetric));
}

static void test_two_that_dial_each_other_meet(void **state)
{
    static const struct sim_nat nat = {.filtering = SIM_BY_PORT};
    struct p2p__addr a, b;
    struct p2p__pipe *p, *q;
    struct p2p__leg leg;
    struct world w;
    int err;

    (void)state;
    start(&w, &nat);
    (void)try_at(&w, IN, &w.out, true);
    a = w.from;
    (void)try_at(&w, FAR, &w.out, true);
    b = w.from;
    w.accepted = NULL;
    leg = (struct p2p__leg){.from = w.listens[IN], .to = &b};
    p = w.sim.hosts[IN].net.dial_from(&w.sim.hosts[IN].net, &leg, &pipe_cb, &w,
                                      &err);
    leg = (struct p2p__leg){.from = w.listens[FAR], .to = &a};
    q = w.sim.hosts[FAR].net.dial_from(&w.sim.hosts[FAR].net, &leg, &pipe_cb,
                                       &w, &err);
    run(&w, P2P__SEC(5));
    assert_int_equal(w.status, 0);
    assert_null(w.accepted);
    q->ops->read(q, true);
    assert_int_equal(p->ops->write(p, (const uint8_t *)"abc", 3), 1);
    run(&w, P2P__SEC(1));
    assert_int_equal(w.got, 3);
    p->ops->close(p);
    q->ops->close(q);
    stop(&w);
}

static void test_a_mapping_that_is_not_used_is_forgotten(void **state)
{
    static const struct sim_nat nat = {.idle = P2P__SEC(100),
                                       .kept = P2P__SEC(1000)};
    struct world w;
    struct p2p__pipe *p;

    (void)state;
    start(&w, &nat);
    assert_int_equal(try(&w, IN, OUT), 0);
    assert_int_equal(sim_site_mappings(w.site), 1);
    run(&w, P2P__SEC(101));
    assert_int_equal(sim_site_mappings(w.site), 0);

    p = dial(&w, IN, OUT, true);
    run(&w, P2P__SEC(900)); /* a connection keeps it longer */
    assert_int_equal(p->ops->write(p, (const uint8_t *)"abc", 3), 1);
    run(&w, P2P__SEC(900));
    assert_int_equal(w.got, 3);
    assert_true(p->ops->silence(p) == 0);
    run(&w, P2P__SEC(200));
    assert_int_equal(p->ops->write(p, (const uint8_t *)"abc", 3), 1);
    run(&w, P2P__SEC(60)); /* and then nothing gets through */
    assert_int_equal(w.got, 3);
    assert_true(p->ops->silence(p) >= P2P__SEC(60));
    p->ops->close(p);
    w.accepted->ops->close(w.accepted);
    stop(&w);
}

static void test_a_site_that_is_cut_off_has_itself(void **state)
{
    static const struct sim_nat nat = {.filtering = SIM_BY_PORT};
    struct world w;

    (void)state;
    start(&w, &nat);
    sim_set_group(&w.sim, IN, 1);
    assert_int_equal(try(&w, IN, MATE), 0);
    assert_int_equal(try(&w, IN, OUT), P2P_EUNREACH);
    sim_set_group(&w.sim, IN, 0);
    assert_int_equal(try(&w, IN, OUT), 0);
    stop(&w);
}

static void test_a_machine_with_another_address(void **state)
{
    static const struct sim_nat nat = {.filtering = SIM_BY_NOTHING};
    struct p2p__addr old, seen;
    struct world w;

    (void)state;
    start(&w, &nat);
    old = addr_of(&w, IN);
    assert_int_equal(try_at(&w, IN, &w.out, true), 0);
    seen = w.from;
    sim_net_kill(&w.sim.hosts[IN]);
    sim_renumber(&w.sim, IN);
    assert_int_equal(try_at(&w, MATE, &old, false), P2P_EUNREACH);
    assert_int_equal(try_at(&w, OUT, &seen, false), P2P_EUNREACH);
    assert_int_equal(try(&w, MATE, IN), P2P_EREFUSED); /* nothing runs there */
    stop(&w);
}

static void send(struct world *w, struct p2p__udp *u,
                 const struct p2p__addr *to)
{
    w->datagrams = 0;
    assert_int_equal(u->send(u, (const uint8_t *)"abc", 3, to, 0), 0);
    run(w, P2P__SEC(1));
}

static void test_datagrams(void **state)
{
    static const struct sim_nat nat = {.filtering = SIM_BY_PORT};
    const struct p2p__addr any = {.family = 4, .port = PORT};
    const struct p2p__addr group = {
        .family = 4, .ip = {224, 0, 0, 251}, .port = PORT};
    struct p2p__udp *u[HOSTS];
    struct p2p__addr seen, to;
    struct world w;
    int err;

    (void)state;
    start(&w, &nat);
    for (size_t i = 0; i < HOSTS; i++) {
        struct p2p__net *net = &w.sim.hosts[i].net;

        u[i] = net->udp(net, &any, false, &udp_cb, &w, &err);
        assert_int_equal(u[i]->group(u[i], &group, 1, true), 0);
    }
    to = addr_of(&w, OUT);
    send(&w, u[IN], &to);
    assert_int_equal(w.datagrams, 1);
    seen = w.sender;
    assert_true(p2p__addr_same_ip(&seen, sim_site_outside(w.site)));
    send(&w, u[OTHER], &seen);
    assert_int_equal(w.datagrams, 0);
    send(&w, u[OUT], &seen);
    assert_int_equal(w.datagrams, 1);
    send(&w, u[IN], &group); /* itself and MATE */
    assert_int_equal(w.datagrams, 2);
    run(&w, P2P__SEC(241));
    send(&w, u[OUT], &seen);
    assert_int_equal(w.datagrams, 0);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_reaches_whom),
        cmocka_unit_test(test_what_filters_let_in),
        cmocka_unit_test(test_what_mappings_depend_on),
        cmocka_unit_test(test_two_that_dial_each_other_meet),
        cmocka_unit_test(test_a_mapping_that_is_not_used_is_forgotten),
        cmocka_unit_test(test_a_site_that_is_cut_off_has_itself),
        cmocka_unit_test(test_a_machine_with_another_address),
        cmocka_unit_test(test_datagrams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
