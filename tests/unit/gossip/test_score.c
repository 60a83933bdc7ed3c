/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The score, part by part, as go-libp2p-pubsub's tests have it; decay; and
 * what the thresholds do. */
#include "proto/gossip/rpc.h"
#include "proto/gossip/tally.h"
#include "rig.h"
#include "unit.h"

#define T "topic"

static bool near(double a, double b)
{
    double d = a - b;

    return d < 1e-9 && d > -1e-9;
}

/* Only what a test sets counts. */
static void init(struct rig *r)
{
    rig_init(r);
    r->score = (struct p2p__gossip_score_params){
        .decay_ms = 1000,
        .decay_zero = 0.01,
        .retain_ms = 60000,
        .topic = {.weight = 1, .p1_quantum_ms = 1000},
        .gossip_threshold = -10,
        .publish_threshold = -50,
        .graylist_threshold = -80,
    };
    r->cfg.score = &r->score;
}

static void start(struct rig *r, unsigned crowd)
{
    rig_start(r);
    rig_join(r, T);
    rig_crowd(r, crowd, T);
    rig_pull(r);
    rig_forget(r);
}

static void test_decay_by_squares_is_decay_step_by_step(void **state)
{
    (void)state;
    for (uint64_t steps = 0; steps < 200; steps++) {
        double x = 1000;

        for (uint64_t i = 0; i < steps; i++) {
            x *= 0.9;
        }
        x = x < 0.01 ? 0 : x;
        assert_true(near(p2p__gossip_decay(1000, 0.9, steps, 0.01), x));
    }
    assert_true(p2p__gossip_decay(5, 1, UINT64_MAX, 0.01) == 5);
    assert_true(p2p__gossip_decay(5, 0.999, UINT64_MAX, 0.01) == 0);
    assert_true(p2p__gossip_decay(0, 0.5, 3, 0.01) == 0);
}

static void test_P1_time_in_mesh_counts_up_to_its_cap(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.weight = 0.5;
    r.score.topic.p1_weight = 1;
    r.score.topic.p1_cap = 10;
    start(&r, 1);
    assert_true(near(rig_score(&r, 0), 0));
    r.now += P2P__SEC(4);
    assert_true(near(rig_score(&r, 0), 2));
    r.now += P2P__SEC(400);
    assert_true(near(rig_score(&r, 0), 5));
    rig_prune(&r, 0, T, 60);
    assert_true(near(rig_score(&r, 0), 0));
    rig_fini(&r);
}

static void test_P2_first_deliveries_decay(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.p2_weight = 2;
    r.score.topic.p2_decay = 0.5;
    r.score.topic.p2_cap = 3;
    start(&r, 2);
    for (int i = 0; i < 5; i++) {
        rig_hello(&r, 0, T, NULL);
    }
    assert_true(near(rig_score(&r, 0), 6)); /* the cap of 3 */
    r.now += P2P__SEC(1);
    assert_true(near(rig_score(&r, 0), 3));
    r.now += P2P__SEC(100);
    assert_true(near(rig_score(&r, 0), 0));
    assert_true(near(rig_score(&r, 1), 0));
    rig_fini(&r);
}

/* P3 on: 5 deliveries are expected after 10 s. */
static void init_p3(struct rig *r)
{
    init(r);
    r->score.topic.p3_weight = -1;
    r->score.topic.p3_decay = 1;
    r->score.topic.p3_cap = 20;
    r->score.topic.p3_threshold = 5;
    r->score.topic.p3_window_ms = 100;
    r->score.topic.p3_activation_ms = 10000;
}

static void test_P3_too_few_deliveries_in_the_mesh(void **state)
{
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};
    struct rig r;

    (void)state;
    init_p3(&r);
    start(&r, 3);
    /* Peer 0 is first, peer 1 in the window, peer 2 is too late. */
    rig_send(&r, 0, &m, NULL);
    r.now += P2P__MS(100);
    rig_send(&r, 1, &m, NULL);
    rig_send(&r, 1, &m, NULL); /* counts once */
    r.now += P2P__MS(1);
    rig_send(&r, 2, &m, NULL);
    assert_true(near(rig_score(&r, 2), 0)); /* not active yet */
    r.now += P2P__SEC(11);
    assert_true(near(rig_score(&r, 0), -16));
    assert_true(near(rig_score(&r, 1), -16));
    assert_true(near(rig_score(&r, 2), -25));
    for (int i = 0; i < 4; i++) {
        rig_hello(&r, 0, T, NULL);
    }
    assert_true(near(rig_score(&r, 0), 0));
    rig_fini(&r);
}

static void test_P3b_a_deficit_sticks_when_pruned(void **state)
{
    struct rig r;

    (void)state;
    init_p3(&r);
    r.score.topic.p3b_weight = -2;
    r.score.topic.p3b_decay = 0.5;
    start(&r, 2);
    r.now += P2P__SEC(11);
    rig_prune(&r, 0, T, 60);
    assert_true(near(rig_score(&r, 0), -50)); /* 25 by 2; P3 itself is over */
    r.now += P2P__SEC(1);
    assert_true(near(rig_score(&r, 0), -25));
    rig_fini(&r);
}

static void test_P4_invalid_messages_are_squared(void **state)
{
    const struct rig_msg bad = {.author = 9,
                                .topic = T,
                                .data = "x",
                                .data_len = 1,
                                .bad_signature = true};
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.p4_weight = -2;
    r.score.topic.p4_decay = 0.5;
    start(&r, 2);
    for (int i = 1; i <= 3; i++) {
        rig_send(&r, 0, &bad, NULL);
        assert_true(near(rig_score(&r, 0), -2.0 * i * i));
    }
    r.now += P2P__SEC(1);
    assert_true(near(rig_score(&r, 0), -2 * 1.5 * 1.5));
    rig_fini(&r);
}

static void test_P4_all_who_sent_a_rejected_message_pay(void **state)
{
    const struct p2p__gossip_topic_cfg tc = {.validate = true};
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.p4_weight = -1;
    r.score.topic.p4_decay = 1;
    rig_start(&r);
    assert_int_equal(p2p__gossip_subscribe(r.g, T, strlen(T), &tc, r.now), 0);
    rig_crowd(&r, 4, T);
    rig_send(&r, 0, &m, NULL);
    rig_send(&r, 1, &m, NULL);
    assert_int_equal(
        p2p__gossip_validate(r.g, r.ev.handle, P2P__GOSSIP_REJECT, r.now), 0);
    rig_send(&r, 2, &m, NULL); /* it could have known */
    assert_true(near(rig_score(&r, 0), -1));
    assert_true(near(rig_score(&r, 1), -1));
    assert_true(near(rig_score(&r, 2), -1));
    assert_true(near(rig_score(&r, 3), 0));
    rig_fini(&r);
}

static void test_P5_is_the_applications(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.app_weight = 0.5;
    start(&r, 1);
    p2p__gossip_app_score(r.g, r.peers[0].gp, -100);
    assert_true(near(rig_score(&r, 0), -50));
    rig_fini(&r);
}

static void test_P6_many_peers_behind_one_address(void **state)
{
    struct p2p__gossip_peer_info v4 = {
        .version = P2P__GOSSIP_V11, .ip = {10, 0, 0, 1}, .ip_len = 4};
    struct p2p__gossip_peer_info v6 = {
        .version = P2P__GOSSIP_V11, .ip = {0x20, 1}, .ip_len = 16};
    struct rig r;

    (void)state;
    init(&r);
    r.score.ip_weight = -1;
    r.score.ip_threshold = 2;
    start(&r, 0);
    for (unsigned i = 0; i < 5; i++) {
        rig_add_as(&r, i, &v4);
    }
    assert_true(near(rig_score(&r, 0), -9));
    rig_remove(&r, 4); /* it counts as long as its score is remembered */
    assert_true(near(rig_score(&r, 0), -9));
    rig_beat(&r, 75);
    assert_true(near(rig_score(&r, 0), -4));
    /* IPv6: each has an address of its own, but they share the network. */
    for (unsigned i = 10; i < 14; i++) {
        v6.ip[15] = (uint8_t)i;
        rig_add_as(&r, i, &v6);
    }
    assert_true(near(rig_score(&r, 10), -4));
    rig_fini(&r);
}

static void test_P7_grafting_too_early(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.behaviour_weight = -1;
    r.score.behaviour_threshold = 1;
    r.score.behaviour_decay = 0.5;
    start(&r, 2);
    rig_prune(&r, 0, T, 60);
    rig_graft(&r, 0, T); /* in a flood: counts two */
    assert_int_equal(r.peers[0].heard.prunes, 1);
    assert_true(near(rig_score(&r, 0), -1));
    r.now += P2P__SEC(1);
    assert_true(near(rig_score(&r, 0), 0)); /* 1: the threshold */
    r.now += P2P__SEC(30);
    rig_graft(&r, 0, T); /* early, but no flood */
    assert_true(near(rig_score(&r, 0), 0));
    rig_graft(&r, 0, T); /* and the back-off has begun anew */
    assert_true(near(rig_score(&r, 0), -4));
    rig_fini(&r);
}

static void test_P7_broken_promises(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    init(&r);
    r.score.behaviour_weight = -1;
    r.score.behaviour_decay = 1;
    start(&r, 3);
    rig_made_up(&r, 0, P2P__RPC_CTL_IHAVE, T, 1, 20);
    {
        const struct rig_msg m = {
            .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};

        (void)rig_encode(&r, &m, r.buf, &id);
        rig_ids(&r, 1, P2P__RPC_CTL_IHAVE, T, &id, 1);
        rig_send(&r, 2, &m, NULL); /* somebody else keeps it */
    }
    rig_beat(&r, 3);
    assert_true(near(rig_score(&r, 0), 0));
    rig_beat(&r, 1);
    assert_true(near(rig_score(&r, 0), -1)); /* of twenty, one was watched */
    assert_true(near(rig_score(&r, 1), 0));
    assert_int_equal(p2p__gossip_stats(r.g)->broken_promises, 1);
    rig_fini(&r);
}

static void test_topics_together_have_a_cap(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.p1_weight = 1;
    r.score.topic.p1_cap = 100;
    r.score.topic_cap = 7;
    start(&r, 1);
    r.now += P2P__SEC(50);
    assert_true(near(rig_score(&r, 0), 7));
    rig_fini(&r);
}

static void test_a_topic_can_have_parameters_of_its_own(void **state)
{
    const struct p2p__gossip_topic_score own = {
        .weight = 1, .p1_weight = 2, .p1_quantum_ms = 1000, .p1_cap = 100};
    struct p2p__gossip_topic_cfg tc = {.score = &own};
    struct p2p__gossip_topic_score bad = own;
    struct rig r;

    (void)state;
    init(&r);
    rig_start(&r);
    assert_int_equal(p2p__gossip_subscribe(r.g, "a", 1, &tc, r.now), 0);
    rig_crowd(&r, 1, "a");
    r.now += P2P__SEC(3);
    assert_true(near(rig_score(&r, 0), 6));
    bad.p1_weight = -1;
    tc.score = &bad;
    assert_int_equal(p2p__gossip_subscribe(r.g, "b", 1, &tc, r.now),
                     P2P_EINVAL);
    rig_fini(&r);
}

static void test_a_bad_score_outlives_the_connection(void **state)
{
    const struct rig_msg bad = {.author = 9,
                                .topic = T,
                                .data = "x",
                                .data_len = 1,
                                .bad_signature = true};
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.p4_weight = -1;
    r.score.topic.p4_decay = 0.9;
    start(&r, 1);
    rig_send(&r, 0, &bad, NULL);
    rig_remove(&r, 0);
    rig_beat(&r, 30); /* nothing decays meanwhile */
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    assert_true(near(rig_score(&r, 0), -1));
    rig_remove(&r, 0);
    rig_beat(&r, 75); /* forgotten after a minute, to the next clearing */
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    assert_true(near(rig_score(&r, 0), 0));
    rig_fini(&r);
}

static void test_a_good_score_is_not_kept(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.topic.p2_weight = 1;
    r.score.topic.p2_decay = 1;
    r.score.topic.p2_cap = 10;
    start(&r, 1);
    rig_hello(&r, 0, T, NULL);
    assert_true(near(rig_score(&r, 0), 1));
    rig_remove(&r, 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    assert_true(near(rig_score(&r, 0), 0));
    rig_fini(&r);
}

static void judge(struct rig *r, unsigned i, double score)
{
    p2p__gossip_app_score(r->g, r->peers[i].gp, score);
}

static void test_a_negative_score_leaves_the_mesh(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.app_weight = 1;
    start(&r, 8);
    for (unsigned i = 0; i < 8; i++) {
        judge(&r, i, rig_in_mesh(&r, T, i) ? -1 : 0);
    }
    rig_beat(&r, 1);
    for (unsigned i = 0; i < 8; i++) {
        struct p2p__gossip_score_view v;

        p2p__gossip_score(r.g, r.peers[i].gp, r.now, &v);
        assert_int_equal(rig_in_mesh(&r, T, i), v.score >= 0);
        assert_int_equal(r.peers[i].heard.prunes, v.score < 0);
    }
    /* And does not come back by asking. */
    r.now += P2P__SEC(100);
    for (unsigned i = 0; i < 8; i++) {
        bool was = rig_in_mesh(&r, T, i);

        rig_graft(&r, i, T);
        assert_int_equal(rig_in_mesh(&r, T, i), was);
    }
    rig_fini(&r);
}

static void test_pruning_keeps_the_best_d_score(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct rig r;

        init(&r);
        test_env_init(&r.env, seed);
        r.score.app_weight = 1;
        start(&r, 12);
        for (unsigned i = 0; i < 12; i++) {
            rig_graft(&r, i, T);
            judge(&r, i, i);
        }
        rig_beat(&r, 1);
        assert_int_equal(rig_mesh(&r, T), 6);
        for (unsigned i = 8; i < 12; i++) {
            assert_true(rig_in_mesh(&r, T, i));
        }
        rig_fini(&r);
    }
}

static void test_below_the_gossip_threshold_nothing_lazy(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    init(&r);
    r.score.app_weight = 1;
    start(&r, 5);
    rig_hello(&r, 0, T, &id);
    judge(&r, 4, -11);
    rig_forget(&r);
    rig_beat(&r, 1);
    assert_int_equal(r.peers[4].heard.ihaves, 0);
    rig_ids(&r, 4, P2P__RPC_CTL_IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[4].heard.messages, 0);
    rig_made_up(&r, 4, P2P__RPC_CTL_IHAVE, T, 1, 1);
    assert_int_equal(r.peers[4].heard.iwants, 0);
    judge(&r, 4, -10); /* at the threshold is not below */
    rig_ids(&r, 4, P2P__RPC_CTL_IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[4].heard.messages, 1);
    rig_fini(&r);
}

static void test_below_the_publish_threshold_no_flood(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    struct rig r;

    (void)state;
    init(&r);
    r.score.app_weight = 1;
    start(&r, 5);
    judge(&r, 4, -51);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL),
                     4);
    rig_fini(&r);
}

static void test_below_the_graylist_threshold_nothing_is_heard(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.app_weight = 1;
    start(&r, 5);
    judge(&r, 4, -81);
    rig_hello(&r, 4, T, NULL);
    rig_hello(&r, 4, T, NULL);
    assert_int_equal(r.ev.messages, 0);
    assert_int_equal(r.ev.graylisted, 1); /* said once */
    rig_sub(&r, 4, "more", true);
    assert_int_equal(r.ev.subscribed, 1); /* but that is noted, as in go */
    judge(&r, 4, 0);
    rig_hello(&r, 4, T, NULL);
    assert_int_equal(r.ev.messages, 1);
    rig_fini(&r);
}

static void test_a_mediocre_mesh_gets_better_peers(void **state)
{
    struct rig r;

    (void)state;
    init(&r);
    r.score.app_weight = 1;
    r.score.opportunistic_graft = 5;
    start(&r, 10); /* four of them in the mesh */
    for (unsigned i = 0; i < 10; i++) {
        judge(&r, i, rig_in_mesh(&r, T, i) ? 1 : 2);
    }
    rig_beat(&r, 59);
    assert_int_equal(rig_mesh(&r, T), 4);
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 6);
    /* As good is not better. */
    for (unsigned i = 0; i < 10; i++) {
        judge(&r, i, 2);
    }
    rig_beat(&r, 60);
    assert_int_equal(rig_mesh(&r, T), 6);
    rig_fini(&r);
}

static void test_scoring_off_scores_nothing(void **state)
{
    const struct rig_msg bad = {.author = 9, .topic = T, .bad_signature = true};
    struct rig r;

    (void)state;
    rig_init(&r);
    start(&r, 2);
    rig_send(&r, 0, &bad, NULL);
    judge(&r, 1, -1000);
    rig_beat(&r, 2);
    assert_true(near(rig_score(&r, 0), 0));
    assert_int_equal(rig_mesh(&r, T), 2);
    rig_fini(&r);
}

static void test_parameters_that_contradict_are_refused(void **state)
{
    struct p2p__gossip_score_params s;
    struct p2p__gossip_params p;

    (void)state;
    p2p__gossip_params_defaults(&p);
    assert_int_equal(p2p__gossip_params_check(&p), 0);
    p.d_out = 4; /* not below d_lo */
    assert_int_equal(p2p__gossip_params_check(&p), P2P_EINVAL);
    p2p__gossip_params_defaults(&p);
    p.d_hi = 5;
    assert_int_equal(p2p__gossip_params_check(&p), P2P_EINVAL);
    p2p__gossip_params_defaults(&p);
    p.history_gossip = 6;
    assert_int_equal(p2p__gossip_params_check(&p), P2P_EINVAL);
    p2p__gossip_params_defaults(&p);
    p.d = p.d_lo = p.d_hi = p.d_out = 0; /* a bootstrapper */
    assert_int_equal(p2p__gossip_params_check(&p), 0);
    p2p__gossip_score_defaults(&s);
    assert_int_equal(p2p__gossip_score_check(&s), 0);
    s.graylist_threshold = -20; /* above publish */
    assert_int_equal(p2p__gossip_score_check(&s), P2P_EINVAL);
    p2p__gossip_score_defaults(&s);
    s.behaviour_decay = 1.5;
    assert_int_equal(p2p__gossip_score_check(&s), P2P_EINVAL);
    p2p__gossip_score_defaults(&s);
    s.topic.p4_weight = 1;
    assert_int_equal(p2p__gossip_score_check(&s), P2P_EINVAL);
    s.topic.p4_weight = 0.0 / (s.topic.p1_weight - 0.01);
    assert_int_equal(p2p__gossip_score_check(&s), P2P_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decay_by_squares_is_decay_step_by_step),
        cmocka_unit_test(test_P1_time_in_mesh_counts_up_to_its_cap),
        cmocka_unit_test(test_P2_first_deliveries_decay),
        cmocka_unit_test(test_P3_too_few_deliveries_in_the_mesh),
        cmocka_unit_test(test_P3b_a_deficit_sticks_when_pruned),
        cmocka_unit_test(test_P4_invalid_messages_are_squared),
        cmocka_unit_test(test_P4_all_who_sent_a_rejected_message_pay),
        cmocka_unit_test(test_P5_is_the_applications),
        cmocka_unit_test(test_P6_many_peers_behind_one_address),
        cmocka_unit_test(test_P7_grafting_too_early),
        cmocka_unit_test(test_P7_broken_promises),
        cmocka_unit_test(test_topics_together_have_a_cap),
        cmocka_unit_test(test_a_topic_can_have_parameters_of_its_own),
        cmocka_unit_test(test_a_bad_score_outlives_the_connection),
        cmocka_unit_test(test_a_good_score_is_not_kept),
        cmocka_unit_test(test_a_negative_score_leaves_the_mesh),
        cmocka_unit_test(test_pruning_keeps_the_best_d_score),
        cmocka_unit_test(test_below_the_gossip_threshold_nothing_lazy),
        cmocka_unit_test(test_below_the_publish_threshold_no_flood),
        cmocka_unit_test(test_below_the_graylist_threshold_nothing_is_heard),
        cmocka_unit_test(test_a_mediocre_mesh_gets_better_peers),
        cmocka_unit_test(test_scoring_off_scores_nothing),
        cmocka_unit_test(test_parameters_that_contradict_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
