/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a whole host makes of the scores of its pubsub: it tells the core where
 * peers are (P6, many behind one address), and ends the connection of those
 * that the core will not hear any more.
 */
#include "simhost.h"
#include "unit.h"

#define CROWD 20U
/* So many behind one address are just above the last threshold: ten are free,
 * and eight more cost 64. */
#define BEARABLE 18U

enum place { ONE_MACHINE, OUR_MACHINE, A_MACHINE_EACH };

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    (void)m;
    ++*(unsigned *)user;
    return P2P_ACCEPT;
}

/* One that listens and scores, and a crowd that dials it. */
struct crowd {
    struct sim sim;
    struct simhost a;
    struct simhost others[CROWD];
    size_t n;
    unsigned heard;
};

static void join(struct crowd *c, struct simhost *h, bool scoring)
{
    struct p2p_pubsub_config cfg = P2P_PUBSUB_CONFIG_INIT;

    cfg.scoring = scoring;
    assert_int_equal(p2p_pubsub_new(h->host, &cfg, &h->pubsub), 0);
    assert_int_equal(
        p2p_pubsub_subscribe(h->pubsub, "news", on_message, &c->heard), 0);
}

static size_t machine_of(enum place where, size_t i)
{
    return where == OUR_MACHINE ? 0 : where == ONE_MACHINE ? 1 : 1 + i;
}

static void crowd_start(struct crowd *c, size_t n, enum place where,
                        bool scoring, bool keep)
{
    const struct sim_cfg cfg = {
        .seed = 3, .latency_min = P2P__MS(5), .latency_max = P2P__MS(15)};

    *c = (struct crowd){.n = n};
    sim_init(&c->sim, &cfg, 1 + CROWD);
    simhost_start(&c->a, &c->sim, 0, NULL);
    join(c, &c->a, scoring);
    for (size_t i = 0; i < c->n; i++) {
        struct simhost *h = &c->others[i];

        simhost_make(h, &c->sim, machine_of(where, i), NULL);
        join(c, h, false);
        if (keep) {
            assert_int_equal(
                p2p_host_keep(c->a.host, p2p_host_id(h->host), true), 0);
        }
        /* One after another: eight handshakes may be under way. */
        assert_int_equal(simhost_dial(h, &c->a), 0);
        sim_run(&c->sim, c->sim.now + P2P__MS(200));
    }
    for (size_t i = 0; i < c->n; i++) {
        (void)p2p_pubsub_publish(c->others[i].pubsub, "news", "x", 1);
    }
    sim_run(&c->sim, c->sim.now + P2P__SEC(10));
}

static void crowd_stop(struct crowd *c)
{
    for (size_t i = 0; i < c->n; i++) {
        simhost_stop(&c->others[i]);
    }
    simhost_stop(&c->a);
    sim_fini(&c->sim);
}

static size_t left(size_t n, enum place where, bool scoring, bool keep)
{
    struct crowd c;

    crowd_start(&c, n, where, scoring, keep);
    n = simhost_conns(&c.a);
    crowd_stop(&c);
    return n;
}

/* Those that went still count: their scores are remembered. */
static void test_P6_a_crowd_behind_one_address_is_sent_away(void **state)
{
    (void)state;
    assert_int_equal(left(CROWD, ONE_MACHINE, true, false), 0);
}

/* Controls: fewer, each alone at its address, all on our own machine, without
 * scores, and peers that a person said to keep. */
static void test_P6_control_others_stay(void **state)
{
    (void)state;
    assert_int_equal(left(BEARABLE, ONE_MACHINE, true, false), BEARABLE);
    assert_int_equal(left(CROWD, A_MACHINE_EACH, true, false), CROWD);
    assert_int_equal(left(CROWD, OUR_MACHINE, true, false), CROWD);
    assert_int_equal(left(CROWD, ONE_MACHINE, false, false), CROWD);
    assert_int_equal(left(CROWD, ONE_MACHINE, true, true), CROWD);
}

/* Who was sent away is not dialed at once, though its address is known. */
static void test_who_was_sent_away_is_not_dialed(void **state)
{
    struct crowd c;
    unsigned shunned = 0;

    (void)state;
    crowd_start(&c, CROWD, ONE_MACHINE, true, false);
    for (size_t i = 0; i < c.n; i++) {
        struct p2p__swarm *swarm = c.a.host->swarm;
        struct p2p__peer *peer =
            p2p__book_find(&swarm->book, p2p_host_id(c.others[i].host));

        assert_non_null(peer);
        if (p2p__peer_primary(peer) == NULL) {
            shunned++;
            assert_int_equal(
                p2p__peer_add_addr(peer, "\x04\x0a\x00\x00\x02\x06\x0f\xa1", 8,
                                   P2P__ADDR_MDNS, P2P_NEVER),
                0);
            assert_int_equal(p2p__dial_peer(swarm, peer, c.sim.now),
                             P2P_ELIMIT);
            assert_int_equal(
                p2p__dial_peer(swarm, peer, c.sim.now + P2P__SEC(120)), 0);
        }
    }
    assert_int_equal(shunned, CROWD);
    crowd_stop(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P6_a_crowd_behind_one_address_is_sent_away),
        cmocka_unit_test(test_P6_control_others_stay),
        cmocka_unit_test(test_who_was_sent_away_is_not_dialed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
