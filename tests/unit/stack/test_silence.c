/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The wire is cut, at any moment and whatever is said on it: both ends notice
 * within half a minute. So does who hears nothing of a process that stands
 * still, while its machine takes what is sent.
 */
#include "flow.h"
#include "unit.h"

/* A round trip, and a turn of the connection's timer. */
#define SLACK P2P__MS(200)

/* What flows when the wire is cut, and goes on being sent. */
struct talk {
    size_t bytes; /* a piece; 0: nothing */
    p2p_ns every;
};

struct pair {
    struct sim sim;
    struct simhost h[2];
    size_t at[2];
    struct flow flows[2];
    p2p_ns down[2]; /* when it was noticed; 0: not yet */
};

static void pair_start(struct pair *p, uint64_t seed, bool mplex)
{
    const struct sim_cfg cfg = {
        .seed = seed, .latency_min = P2P__MS(5), .latency_max = P2P__MS(20)};

    struct p2p_host_config hc = P2P_HOST_CONFIG_INIT;

    *p = (struct pair){0};
    hc.mplex = hc.no_yamux = mplex;
    sim_init(&p->sim, &cfg, 2);
    for (size_t i = 0; i < 2; i++) {
        simhost_start(&p->h[i], &p->sim, i, &hc);
        flow_serve(&p->h[i], &p->at[i]);
    }
    assert_int_equal(simhost_dial(&p->h[0], &p->h[1]), 0);
    sim_run(&p->sim, P2P__SEC(2));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(simhost_conns(&p->h[i]), 1);
        flow_open(&p->flows[i], &p->h[i], &p->h[1 - i]);
    }
}

static void pair_stop(struct pair *p)
{
    simhost_stop(&p->h[0]);
    simhost_stop(&p->h[1]);
    sim_fini(&p->sim);
}

/* Lets the first one talk until then, or until both noticed. */
static void talk_until(struct pair *p, const struct talk *t, p2p_ns until)
{
    static const uint8_t bytes[64 << 10];

    while (p->sim.now < until && (p->down[0] == 0 || p->down[1] == 0)) {
        p2p_ns next = p2p__ns_min(p->sim.now + t->every, until);

        if (t->bytes > 0 && p->flows[0].stream != NULL) {
            (void)p2p_stream_send(p->flows[0].stream, bytes, t->bytes);
        }
        sim_run(&p->sim, next);
        for (size_t i = 0; i < 2; i++) {
            if (p->down[i] == 0 && p->h[i].downs > 0) {
                p->down[i] = p->sim.now;
            }
        }
    }
}

/* The wire is cut `at` after the last word before the talk. */
static void cut_at(p2p_ns at, const struct talk *t, bool mplex, uint64_t seed,
                   p2p_ns *most)
{
    struct pair p;
    p2p_ns cut;

    pair_start(&p, seed, mplex);
    talk_until(&p, t, P2P__SEC(2) + at);
    assert_int_equal(p.h[0].downs + p.h[1].downs, 0);
    cut = p.sim.now;
    sim_set_group(&p.sim, 1, 1);
    talk_until(&p, t, cut + P2P__SEC(100));
    for (size_t i = 0; i < 2; i++) {
        assert_true(p.down[i] > 0);
        *most = p2p__max(*most, p.down[i] - cut);
    }
    pair_stop(&p);
}

static void silence_is_noticed(bool mplex)
{
    static const struct talk talks[] = {
        {0, P2P__MS(100)},      {10, P2P__MS(100)},     {1000, P2P__MS(100)},
        {1000, P2P__MS(20)},    {5000, P2P__MS(100)},   {20000, P2P__MS(100)},
        {60000, P2P__MS(500)},  {3000, P2P__MS(1000)},  {10000, P2P__MS(1000)},
        {20000, P2P__MS(1000)}, {12000, P2P__MS(1000)},
    };
    p2p_ns most = 0;

    for (size_t k = 0; k < P2P__COUNT(talks); k++) {
        for (unsigned i = 0; i < 64; i++) {
            cut_at(P2P__MS(100) + i * P2P__MS(517), &talks[k], mplex, i + 1,
                   &most);
        }
    }
    assert_in_range(most, P2P__SEC(15), P2P__SEC(30) + SLACK);
}

static void test_T6_silence_is_noticed_in_half_a_minute(void **state)
{
    (void)state;
    silence_is_noticed(false);
}

static void test_T6_silence_is_noticed_with_mplex_too(void **state)
{
    (void)state;
    silence_is_noticed(true);
}

static struct p2p__conn *conn_of(const struct simhost *h)
{
    return P2P__CONTAINER(p2p__list_first(&h->host->swarm->conns),
                          struct p2p__conn, link);
}

static p2p_ns no_deadline(const void *sess)
{
    (void)sess;
    return P2P_NEVER;
}

/* The kernel at the other end has acknowledged all of it. */
static size_t nothing_unsent(const struct p2p__pipe *pipe)
{
    (void)pipe;
    return 0;
}

static void stand_still_at(p2p_ns at, uint64_t seed, p2p_ns *most)
{
    struct pair p;
    struct p2p__sess_ops sess;
    struct p2p__pipe_ops pipe;
    struct p2p__conn *c[2];
    const struct talk nothing = {0, P2P__MS(100)};
    p2p_ns since;

    pair_start(&p, seed, false);
    c[0] = conn_of(&p.h[0]);
    c[1] = conn_of(&p.h[1]);
    pipe = *c[0]->pipe->ops;
    pipe.unsent = nothing_unsent;
    c[0]->pipe->ops = &pipe;
    talk_until(&p, &nothing, P2P__SEC(2) + at);
    sess = *c[1]->sess_ops;
    sess.deadline = no_deadline;
    c[1]->sess_ops = &sess;
    c[1]->pipe->ops->read(c[1]->pipe, false);
    since = p.sim.now;
    talk_until(&p, &nothing, since + P2P__SEC(100));
    assert_true(p.down[0] > 0);
    *most = p2p__max(*most, p.down[0] - since);
    pair_stop(&p);
}

static void test_T6_a_process_that_stands_still_is_noticed(void **state)
{
    p2p_ns most = 0;

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        stand_still_at(P2P__MS(100) + i * P2P__MS(1171), i + 1, &most);
    }
    assert_in_range(most, P2P__SEC(15), P2P__SEC(30) + SLACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T6_silence_is_noticed_in_half_a_minute),
        cmocka_unit_test(test_T6_silence_is_noticed_with_mplex_too),
        cmocka_unit_test(test_T6_a_process_that_stands_still_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
