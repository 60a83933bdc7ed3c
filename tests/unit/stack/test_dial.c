/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Dials of whole hosts: addresses raced, names resolved, back-off, and which
 * connections go when there are too many.
 */
#include <stdio.h>
#include <stdlib.h>

#include "flow.h"
#include "names.h"
#include "unit.h"

#define HEAD_START P2P__MS(250)

static void world(struct sim *sim, size_t n)
{
    const struct sim_cfg cfg = {
        .seed = 17, .latency_min = P2P__MS(5), .latency_max = P2P__MS(10)};

    sim_init(sim, &cfg, n);
}

/* Tells `h` that `of` is at 10.0.0.LAST; later ones are tried first. */
static void told(struct simhost *h, const struct simhost *of, int last,
                 int port)
{
    char id[P2P_PEER_ID_TEXT_MAX], text[P2P_MULTIADDR_TEXT_MAX];

    (void)snprintf(text, sizeof text, "/ip4/10.0.0.%d/tcp/%d/p2p/%s", last,
                   port, p2p_peer_id_text(p2p_host_id(of->host), id));
    assert_int_equal(p2p_host_add_addr(h->host, text, 0), 0);
}

static bool is_up(void *arg)
{
    return ((struct simhost *)arg)->ups > 0;
}

/* How long it takes until a is connected to b at the addresses it knows. */
static p2p_ns time_to_b(struct sim *sim, struct simhost *a,
                        const struct simhost *b)
{
    const p2p_ns start = sim->now;
    struct p2p__peer *peer =
        p2p__book_find(&a->host->swarm->book, p2p_host_id(b->host));

    assert_non_null(peer);
    assert_int_equal(p2p__dial_peer(a->host->swarm, peer, sim->now), 0);
    assert_true(sim_run_until(sim, start + P2P__SEC(60), is_up, a));
    return sim->now - start;
}

/* b at 10.0.0.2; machine 10.0.0.3 is cut off, 10.0.0.4 has nobody. */
static void race(const int *dead, size_t n, int port, p2p_ns least, p2p_ns most)
{
    struct sim sim;
    struct simhost a = {0}, b = {0};
    p2p_ns took;

    world(&sim, 4);
    sim_set_group(&sim, 2, 9);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    told(&a, &b, 2, SIMHOST_PORT);
    for (size_t i = 0; i < n; i++) {
        told(&a, &b, dead[i], port + (int)i);
    }
    took = time_to_b(&sim, &a, &b);
    assert_in_range(took, least, most);
    sim_run(&sim, sim.now + P2P__SEC(15)); /* the other attempts end */
    assert_int_equal(simhost_conns(&a), 1);
    assert_int_equal(a.host->swarm->n_conns, 1);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

static void test_a_dead_address_costs_the_head_start_alone(void **state)
{
    static const int dead[] = {3, 3, 3};
    const p2p_ns fine = P2P__MS(200); /* what it takes without them */

    (void)state;
    race(dead, 0, 1, 0, fine);
    race(dead, 1, 1, HEAD_START, HEAD_START + fine);
    race(dead, 3, 1, 3 * HEAD_START, 3 * HEAD_START + fine);
}

static void test_a_refused_address_costs_less(void **state)
{
    static const int refuses[] = {4, 4, 4};

    (void)state;
    race(refuses, 3, 9, 0, HEAD_START);
}

/* ---- names ---- */

struct dialed {
    unsigned calls;
    int status;
};

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct dialed *d = user;

    (void)peer;
    d->calls++;
    d->status = status;
}

static void named_world(struct sim *sim, struct names *n)
{
    world(sim, 4);
    sim_set_group(sim, 2, 9);
    names_init(n, sim);
}

static void dial_name(struct simhost *a, const char *kind, struct dialed *d)
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)snprintf(text, sizeof text, "/%s/b.example/tcp/%d", kind,
                   SIMHOST_PORT);
    assert_int_equal(p2p_host_dial(a->host, text, on_dialed, d), 0);
    sim_run(a->sim, a->sim->now + P2P__MS(1));
}

static void test_names_are_resolved_and_their_addresses_raced(void **state)
{
    static const struct {
        const char *kind;
        uint8_t family;
    } kinds[] = {{"dns", 0}, {"dns4", 4}, {"dns6", 6}};
    struct sim sim;
    struct names n;
    struct simhost a = {0}, b = {0};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(kinds); i++) {
        struct dialed d = {0};
        p2p_ns start;

        named_world(&sim, &n);
        simhost_start(&a, &sim, 0, NULL);
        simhost_start(&b, &sim, 1, NULL);
        dial_name(&a, kinds[i].kind, &d);
        assert_int_equal(n.asked->family, kinds[i].family);
        assert_string_equal(n.asked->name, "b.example");
        sim_run(&sim, sim.now + P2P__SEC(2)); /* a slow resolver */
        assert_int_equal(d.calls, 0);
        start = sim.now;
        names_answer(&n, 0, 2, 2); /* b, and a machine that is cut off */
        assert_true(sim_run_until(&sim, start + P2P__SEC(9), is_up, &a));
        assert_true(sim.now - start < HEAD_START);
        sim_run(&sim, sim.now + P2P__SEC(1));
        assert_int_equal(d.calls, 1);
        assert_int_equal(d.status, 0);
        simhost_stop(&a);
        simhost_stop(&b);
        sim_fini(&sim);
    }
    assert_int_equal(n.queries, 1);
}

static void test_names_that_lead_nowhere(void **state)
{
    struct sim sim;
    struct names n;
    struct simhost a = {0};
    struct dialed d = {0};

    (void)state;
    named_world(&sim, &n);
    simhost_start(&a, &sim, 0, NULL);
    dial_name(&a, "dns4", &d);
    names_answer(&n, P2P_ENOTFOUND, 2, 0);
    sim_run(&sim, sim.now + P2P__SEC(1));
    assert_int_equal(d.calls, 1);
    assert_int_equal(d.status, P2P_ENOTFOUND);
    dial_name(&a, "dns4", &d); /* it exists, without an address */
    names_answer(&n, 0, 2, 0);
    sim_run(&sim, sim.now + P2P__SEC(1));
    assert_int_equal(d.calls, 2);
    assert_int_equal(d.status, P2P_ENOADDR);
    dial_name(&a, "dns", &d); /* the host ends meanwhile */
    simhost_stop(&a);
    assert_int_equal(n.cancelled, 1);
    assert_int_equal(d.calls, 3); /* who waits for it hears so */
    assert_int_equal(d.status, P2P_ECLOSED);
    sim_fini(&sim);
}

/* A slow resolver keeps nobody waiting: addresses are tried meanwhile, and
 * all of a peer's names are asked for. */
static void test_addresses_do_not_wait_for_names(void **state)
{
    struct sim sim;
    struct names n;
    struct simhost a = {0}, b = {0};
    char text[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];

    (void)state;
    named_world(&sim, &n);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    told(&a, &b, 2, SIMHOST_PORT);
    for (int i = 0; i < P2P__CAP_DIAL_NAMES + 1; i++) {
        (void)snprintf(text, sizeof text, "/dns4/b%d.example/tcp/1/p2p/%s", i,
                       p2p_peer_id_text(p2p_host_id(b.host), id));
        assert_int_equal(p2p_host_add_addr(a.host, text, 0), 0);
    }
    assert_true(time_to_b(&sim, &a, &b) < HEAD_START);
    assert_int_equal(n.queries, P2P__CAP_DIAL_NAMES);
    assert_int_equal(n.cancelled, P2P__CAP_DIAL_NAMES);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* The first name leads nowhere, the second to b. */
static void test_every_name_of_a_peer_is_tried(void **state)
{
    struct sim sim;
    struct names n;
    struct simhost a = {0}, b = {0};
    struct p2p__peer *peer;
    char text[P2P_MULTIADDR_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX];

    (void)state;
    named_world(&sim, &n);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, "/dns4/b%d.example/tcp/%d/p2p/%s", i,
                       i == 0 ? 7 : SIMHOST_PORT,
                       p2p_peer_id_text(p2p_host_id(b.host), id));
        assert_int_equal(p2p_host_add_addr(a.host, text, 0), 0);
    }
    peer = p2p__book_find(&a.host->swarm->book, p2p_host_id(b.host));
    assert_int_equal(p2p__dial_peer(a.host->swarm, peer, sim.now), 0);
    sim_run(&sim, sim.now + P2P__MS(1));
    assert_string_equal(n.asked->name, "b0.example"); /* asked last */
    names_answer(&n, P2P_ENOTFOUND, 2, 0);
    sim_run(&sim, sim.now + P2P__SEC(1));
    assert_non_null(peer->dial);
    names_answer(&n, 0, 2, 1);
    sim_run(&sim, sim.now + P2P__SEC(1));
    assert_int_equal(simhost_conns(&a), 1);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* ---- the end of the host ---- */

/* Somebody who never gives up. */
struct stubborn {
    struct p2p_host *host;
    const char *at;
    struct p2p_peer_id peer;
    unsigned refused; /* more of what he asked for */
    unsigned dials;
    unsigned streams;
};

static void on_dial_over(void *user, int status, const struct p2p_peer_id *peer)
{
    struct stubborn *s = user;

    (void)peer;
    assert_int_equal(status, P2P_ECLOSED);
    assert_true(++s->dials < 10); /* not for ever */
    s->refused +=
        p2p_host_dial(s->host, s->at, on_dial_over, s) == P2P_ECLOSED ? 1 : 0;
}

static void open_stream(struct stubborn *s, int want);

static void on_stream_over(void *user, struct p2p_stream *stream, int status)
{
    struct stubborn *s = user;

    (void)stream;
    assert_int_equal(status, P2P_ECLOSED);
    assert_true(++s->streams < 10);
    open_stream(s, P2P_ECLOSED);
    s->refused++;
}

static void open_stream(struct stubborn *s, int want)
{
    static const char *const names[] = {"/x/1"};
    static const struct p2p_stream_events events = {.closed = on_stream_over};
    struct p2p_stream *stream;

    assert_int_equal(
        p2p_stream_open(s->host, &s->peer, names, 1, &events, s, &stream),
        want);
}

/* Who hears that his dial or his stream ended with the host, and asks for
 * another one at once, hears no: else the host would never end. */
static void test_nothing_begins_while_the_host_ends(void **state)
{
    struct sim sim;
    struct simhost a = {0}, b = {0}, c = {0};
    struct stubborn s = {.at = "/ip4/10.0.0.4/tcp/4001"};

    (void)state;
    world(&sim, 4);
    sim_set_group(&sim, 3, 9);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    simhost_start(&c, &sim, 2, NULL);
    s.host = a.host;
    s.peer = *p2p_host_id(b.host);
    told(&a, &b, 4, SIMHOST_PORT);
    assert_int_equal(simhost_dial(&a, &c), 0);
    assert_true(sim_run_until(&sim, P2P__SEC(5), is_up, &a));
    assert_int_equal(p2p_host_dial(a.host, s.at, on_dial_over, &s), 0);
    open_stream(&s, 0); /* waits for a connection with b */
    s.peer = *p2p_host_id(c.host);
    open_stream(&s, 0); /* on the connection with c */
    s.peer = *p2p_host_id(b.host);
    sim_run(&sim, sim.now + P2P__MS(1));
    simhost_stop(&a);
    assert_int_equal(s.dials, 1);
    assert_int_equal(s.streams, 2);
    assert_int_equal(s.refused, 3);
    simhost_stop(&b);
    simhost_stop(&c);
    sim_fini(&sim);
}

/* ---- back-off ---- */

#define TRIES 64

struct tries {
    struct sim *sim;
    p2p_ns at[TRIES];
    size_t n;
};

static bool note_dial(void *user, const struct p2p_gate_question *question)
{
    struct tries *t = user;

    if (question->step == P2P_GATE_DIAL) {
        assert_true(t->n < TRIES);
        t->at[t->n++] = t->sim->now;
    }
    return true;
}

static void test_a_kept_peer_is_dialed_less_and_less_often(void **state)
{
    struct sim sim;
    struct tries t = {.sim = &sim};
    struct simhost a = {0}, b = {0};
    struct p2p_peer_id id;
    size_t n;

    (void)state;
    world(&sim, 2);
    simhost_start(&a, &sim, 0, NULL);
    simhost_start(&b, &sim, 1, NULL);
    id = *p2p_host_id(b.host);
    told(&a, &b, 2, 9); /* refused, every time */
    p2p_host_set_gate(a.host, note_dial, &t);
    assert_int_equal(p2p_host_keep(a.host, &id, true), 0);
    sim_run(&sim, P2P__SEC(3600));
    /* 1 + 2 + … + 256 s, then every 300 s, each halved at most. */
    assert_in_range(t.n, 3600 / 300, 9 + 2 * 3600 / 300);
    assert_true(t.at[1] - t.at[0] <= P2P__SEC(2));
    for (size_t i = 9; i + 1 < t.n; i++) {
        assert_in_range(t.at[i + 1] - t.at[i], P2P__SEC(128), P2P__SEC(301));
    }
    /* When it can be reached again it is, and the count starts anew. */
    told(&a, &b, 2, SIMHOST_PORT);
    sim_run(&sim, sim.now + P2P__SEC(301));
    assert_int_equal(simhost_conns(&a), 1);
    n = t.n;
    assert_int_equal(p2p_host_disconnect(b.host, p2p_host_id(a.host)), 0);
    sim_run(&sim, sim.now + P2P__SEC(3));
    assert_true(t.n > n);
    assert_int_equal(simhost_conns(&a), 1);
    simhost_stop(&a);
    simhost_stop(&b);
    sim_fini(&sim);
}

/* ---- too many ---- */

#define MANY 12

/* A host with marks at 6 and 9, and MANY that dial it. */
struct crowd {
    struct sim sim;
    struct simhost a;
    struct simhost others[MANY];
    struct flow flows[MANY];
    size_t at;
};

static void crowd_start(struct crowd *c)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;

    *c = (struct crowd){0};
    cfg.low_water = 6;
    cfg.high_water = 9;
    world(&c->sim, MANY + 1);
    simhost_start(&c->a, &c->sim, MANY, &cfg);
    flow_serve(&c->a, &c->at);
    for (size_t i = 0; i < MANY; i++) {
        simhost_start(&c->others[i], &c->sim, i, NULL);
    }
}

static void they_dial(struct crowd *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        assert_int_equal(simhost_dial(&c->others[i], &c->a), 0);
        sim_run(&c->sim, c->sim.now + P2P__MS(200));
    }
}

static bool stays(const struct crowd *c, size_t i)
{
    return simhost_conns(&c->others[i]) == 1;
}

static void crowd_stop(struct crowd *c)
{
    for (size_t i = 0; i < MANY; i++) {
        simhost_stop(&c->others[i]);
    }
    simhost_stop(&c->a);
    sim_fini(&c->sim);
}

static void test_above_the_high_mark_old_idle_ones_go(void **state)
{
    struct crowd c;
    struct p2p_host_stats stats;

    (void)state;
    crowd_start(&c);
    they_dial(&c, 0, 9);
    sim_run(&c.sim, c.sim.now + P2P__SEC(120));
    assert_int_equal(simhost_conns(&c.a), 9); /* not above it yet */
    they_dial(&c, 9, MANY);
    assert_int_equal(simhost_conns(&c.a), MANY);
    sim_run(&c.sim, c.sim.now + P2P__SEC(3));
    p2p_host_stats(c.a.host, &stats, sizeof stats);
    assert_int_equal(simhost_conns(&c.a), 6);
    assert_int_equal(stats.trimmed, MANY - 6);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(stays(&c, i), i >= MANY - 6);
    }
    crowd_stop(&c);
}

static void test_protected_peers_and_those_in_use_stay(void **state)
{
    struct crowd c;

    (void)state;
    crowd_start(&c);
    assert_int_equal(
        p2p_host_keep(c.a.host, p2p_host_id(c.others[0].host), true), 0);
    they_dial(&c, 0, 9);
    flow_open(&c.flows[1], &c.others[1], &c.a); /* a stream in use */
    sim_run(&c.sim, c.sim.now + P2P__SEC(30));
    they_dial(&c, 9, MANY);
    sim_run(&c.sim, c.sim.now + P2P__SEC(3));
    assert_int_equal(simhost_conns(&c.a), 6);
    assert_true(stays(&c, 0));
    assert_true(stays(&c, 1));
    assert_false(c.flows[1].closed);
    for (size_t i = 2; i < MANY; i++) {
        assert_int_equal(stays(&c, i), i >= MANY - 4);
    }
    crowd_stop(&c);
}

/* All came at once: who is young has time to begin something. */
static void test_young_connections_have_grace(void **state)
{
    struct crowd c;

    (void)state;
    crowd_start(&c);
    they_dial(&c, 0, MANY);
    sim_run(&c.sim, c.sim.now + P2P__SEC(15));
    assert_int_equal(simhost_conns(&c.a), MANY);
    sim_run(&c.sim, c.sim.now + P2P__SEC(10));
    assert_in_range(simhost_conns(&c.a), 6, 9);
    crowd_stop(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dead_address_costs_the_head_start_alone),
        cmocka_unit_test(test_a_refused_address_costs_less),
        cmocka_unit_test(test_names_are_resolved_and_their_addresses_raced),
        cmocka_unit_test(test_names_that_lead_nowhere),
        cmocka_unit_test(test_addresses_do_not_wait_for_names),
        cmocka_unit_test(test_every_name_of_a_peer_is_tried),
        cmocka_unit_test(test_nothing_begins_while_the_host_ends),
        cmocka_unit_test(test_a_kept_peer_is_dialed_less_and_less_often),
        cmocka_unit_test(test_above_the_high_mark_old_idle_ones_go),
        cmocka_unit_test(test_protected_peers_and_those_in_use_stay),
        cmocka_unit_test(test_young_connections_have_grace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
