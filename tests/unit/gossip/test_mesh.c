/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mesh maintenance, back-offs, fan-out and announcements against the numbers
 * of gossipsub 1.0 and 1.1. */
#include "rig.h"
#include "unit.h"
#include "proto/gossip/rpc.h"

#define T "topic"

static void test_a_peer_is_told_of_our_subscriptions(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, "a");
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.subs, 1);
    rig_join(&r, "b");
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.subs, 2);
    assert_int_equal(p2p__gossip_unsubscribe(r.g, "a", 1, r.now), 0);
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.unsubs, 1);
    /* Who comes now hears of b alone. */
    rig_add(&r, 1, P2P__GOSSIP_V11, false);
    rig_pull(&r);
    assert_int_equal(r.peers[1].heard.subs, 1);
    assert_int_equal(r.peers[1].heard.unsubs, 0);
    rig_fini(&r);
}

/* gossipsub 1.3: extensions that we do not know, which come first, and their
 * messages are passed over. */
static void test_extensions_of_others_are_ignored(void **state)
{
    /* control { extensions { partialMessages: true } }, partial {…} */
    static const uint8_t first[] = {0x1a, 0x07, 0x32, 0x05, 0x90,
                                    0xfc, 0xd0, 0x3e, 0x01};
    static const uint8_t partial[] = {0x92, 0xfc, 0xd0, 0x3e,
                                      0x03, 0x0a, 0x01, 0x61};
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, "a");
    rig_add(&r, 0, P2P__GOSSIP_V13, false);
    rig_say(&r, 0, first, sizeof first);
    assert_int_equal(r.rx, 0);
    rig_say(&r, 0, partial, sizeof partial);
    assert_int_equal(r.rx, 0);
    rig_sub(&r, 0, "a", true);
    rig_graft(&r, 0, "a");
    rig_beat(&r, 2);
    assert_int_equal(r.rx, 0);
    assert_int_equal(p2p__gossip_topic_peers(r.g, "a", 1, true, NULL, 0), 1);
    rig_fini(&r);
}

static void test_changes_of_mind_wait_as_one_number(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    for (int i = 0; i < 100; i++) {
        rig_join(&r, T);
        assert_int_equal(p2p__gossip_unsubscribe(r.g, T, strlen(T), r.now), 0);
    }
    rig_join(&r, T);
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.subs, 1);
    assert_int_equal(r.peers[0].heard.unsubs, 0);
    rig_fini(&r);
}

static void test_joining_grafts_d_peers(void **state)
{
    struct rig r;
    unsigned grafts = 0;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_crowd(&r, 20, T);
    rig_join(&r, T);
    rig_pull(&r);
    assert_int_equal(rig_mesh(&r, T), 6);
    for (unsigned i = 0; i < 20; i++) {
        grafts += r.peers[i].heard.grafts;
        assert_int_equal(r.peers[i].heard.grafts, rig_in_mesh(&r, T, i));
    }
    assert_int_equal(grafts, 6);
    assert_int_equal(r.ev.grafted, 6);
    rig_fini(&r);
}

static void test_a_small_mesh_takes_who_subscribes(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 10, T);
    assert_int_equal(rig_mesh(&r, T), 4); /* d_lo */
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 4);
    rig_fini(&r);
}

static void test_below_d_lo_the_heartbeat_grafts_up_to_d(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_crowd(&r, 20, T);
    rig_join(&r, T);
    for (unsigned i = 0; i < 20 && rig_mesh(&r, T) >= 4; i++) {
        if (rig_in_mesh(&r, T, i)) {
            rig_remove(&r, i);
        }
    }
    assert_int_equal(rig_mesh(&r, T), 3);
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 6);
    rig_fini(&r);
}

static void test_at_d_hi_the_heartbeat_prunes_to_d(void **state)
{
    struct rig r;
    unsigned prunes = 0;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_crowd(&r, 20, T);
    rig_join(&r, T);
    rig_pull(&r);
    for (unsigned i = 0; i < 20; i++) {
        rig_graft(&r, i, T);
    }
    assert_int_equal(rig_mesh(&r, T), 12); /* and not one more */
    rig_forget(&r);
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 6);
    for (unsigned i = 0; i < 20; i++) {
        prunes += r.peers[i].heard.prunes;
        if (r.peers[i].heard.prunes > 0) {
            assert_int_equal(r.peers[i].heard.backoff_s, 60);
            assert_false(rig_in_mesh(&r, T, i));
        }
    }
    assert_int_equal(prunes, 6);
    assert_int_equal(r.ev.pruned, 6);
    rig_fini(&r);
}

static void test_a_full_mesh_takes_only_peers_that_we_dialed(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_crowd(&r, 20, T);
    rig_add(&r, 20, P2P__GOSSIP_V11, true);
    rig_sub(&r, 20, T, true);
    rig_join(&r, T);
    for (unsigned i = 0; i < 20; i++) {
        rig_graft(&r, i, T);
    }
    rig_forget(&r);
    rig_graft(&r, 20, T);
    assert_true(rig_in_mesh(&r, T, 20));
    assert_int_equal(r.peers[20].heard.prunes, 0);
    rig_fini(&r);
}

static void test_pruning_keeps_d_out_peers_that_we_dialed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rig r;

        rig_init(&r);
        test_env_init(&r.env, seed);
        rig_start(&r);
        rig_crowd(&r, 16, T);
        rig_join(&r, T);
        for (unsigned i = 0; i < 16; i++) {
            rig_graft(&r, i, T);
        }
        for (unsigned i = 16; i < 18; i++) {
            rig_add(&r, i, P2P__GOSSIP_V12, true);
            rig_graft(&r, i, T);
        }
        assert_int_equal(rig_mesh(&r, T), 14);
        rig_beat(&r, 1);
        assert_int_equal(rig_mesh(&r, T), 6);
        assert_true(rig_in_mesh(&r, T, 16) && rig_in_mesh(&r, T, 17));
        rig_fini(&r);
    }
}

static void test_outbound_quota_is_filled_by_the_heartbeat(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 6, T); /* four of them come in */
    for (unsigned i = 10; i < 14; i++) {
        rig_add(&r, i, P2P__GOSSIP_V12, true);
        rig_sub(&r, i, T, true);
    }
    assert_int_equal(rig_mesh(&r, T), 4);
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 6);
    rig_fini(&r);
}

static void test_no_graft_to_a_peer_before_its_backoff_is_over(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 1, T);
    assert_true(rig_in_mesh(&r, T, 0));
    rig_prune(&r, 0, T, 5);
    assert_false(rig_in_mesh(&r, T, 0));
    rig_forget(&r);
    rig_beat(&r, 7); /* 6.1 s: five, and the slack of two heartbeats */
    assert_int_equal(r.peers[0].heard.grafts, 0);
    rig_beat(&r, 1);
    assert_int_equal(r.peers[0].heard.grafts, 1);
    rig_fini(&r);
}

static void test_a_prune_without_backoff_counts_a_minute(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 1, T);
    rig_prune(&r, 0, T, 0);
    rig_forget(&r);
    rig_beat(&r, 62);
    assert_int_equal(r.peers[0].heard.grafts, 0);
    rig_beat(&r, 1);
    assert_int_equal(r.peers[0].heard.grafts, 1);
    rig_fini(&r);
}

static void test_a_backoff_outlives_the_connection(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 1, T);
    rig_prune(&r, 0, T, 30);
    rig_remove(&r, 0);
    rig_beat(&r, 2);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_sub(&r, 0, T, true);
    assert_false(rig_in_mesh(&r, T, 0));
    rig_forget(&r);
    rig_graft(&r, 0, T);
    assert_int_equal(r.peers[0].heard.prunes, 1);
    rig_fini(&r);
}

static void test_leaving_prunes_with_the_short_backoff(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 3, T);
    rig_pull(&r);
    rig_forget(&r);
    assert_int_equal(p2p__gossip_unsubscribe(r.g, T, strlen(T), r.now), 0);
    rig_pull(&r);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(r.peers[i].heard.prunes, 1);
        assert_int_equal(r.peers[i].heard.backoff_s, 10);
        assert_int_equal(r.peers[i].heard.unsubs, 1);
    }
    /* Back at once: those three are not grafted before it is over. */
    rig_forget(&r);
    rig_join(&r, T);
    rig_beat(&r, 12);
    assert_int_equal(rig_mesh(&r, T), 0);
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 3);
    rig_fini(&r);
}

static void test_v10_gets_prune_without_backoff(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_add(&r, 0, P2P__GOSSIP_V10, false);
    rig_sub(&r, 0, T, true);
    rig_prune(&r, 0, T, 60);
    rig_graft(&r, 0, T); /* too early */
    assert_int_equal(r.peers[0].heard.prunes, 1);
    assert_int_equal(r.peers[0].heard.backoff_s, 0);
    rig_fini(&r);
}

static void test_a_graft_that_never_left_needs_no_prune(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_sub(&r, 0, T, true);
    rig_join(&r, T); /* GRAFT waits … */
    assert_int_equal(p2p__gossip_unsubscribe(r.g, T, strlen(T), r.now), 0);
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.grafts, 0);
    assert_int_equal(r.peers[0].heard.prunes, 0);
    rig_fini(&r);
}

static void test_crossing_grafts_still_need_a_prune(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_sub(&r, 0, T, true);
    r.peers[0].deaf = true;
    rig_join(&r, "other");
    rig_pull(&r);        /* blocks its stream */
    rig_join(&r, T);     /* our GRAFT waits … */
    rig_graft(&r, 0, T); /* … and it grafts us itself */
    assert_true(rig_in_mesh(&r, T, 0));
    assert_int_equal(p2p__gossip_unsubscribe(r.g, T, strlen(T), r.now), 0);
    r.peers[0].deaf = false;
    p2p__gossip_tx_done(r.g, r.peers[0].gp);
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.grafts, 0);
    assert_int_equal(r.peers[0].heard.prunes, 1);
    rig_fini(&r);
}

static void test_who_is_grafted_is_chance(void **state)
{
    bool others = false;

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct rig r;

        rig_init(&r);
        test_env_init(&r.env, seed);
        rig_start(&r);
        rig_crowd(&r, 20, T);
        rig_join(&r, T);
        for (unsigned i = 6; i < 20; i++) {
            others = others || rig_in_mesh(&r, T, i);
        }
        rig_fini(&r);
    }
    assert_true(others);
}

static void test_floodsub_peers_are_in_no_mesh(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_add(&r, 0, P2P__GOSSIP_FLOODSUB, false);
    rig_sub(&r, 0, T, true);
    rig_graft(&r, 0, T);
    rig_beat(&r, 2);
    assert_int_equal(rig_mesh(&r, T), 0);
    assert_int_equal(r.peers[0].heard.grafts + r.peers[0].heard.prunes, 0);
    /* It turns out to speak more. */
    p2p__gossip_peer_version(r.g, r.peers[0].gp, P2P__GOSSIP_V11);
    rig_beat(&r, 1);
    assert_int_equal(rig_mesh(&r, T), 1);
    rig_fini(&r);
}

static void test_direct_peers_are_in_no_mesh_and_get_everything(void **state)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12,
                                         .direct = true};
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_add_as(&r, 0, &info);
    rig_sub(&r, 0, T, true);
    rig_crowd(&r, 0, T);
    rig_add(&r, 1, P2P__GOSSIP_V12, false);
    rig_sub(&r, 1, T, true);
    rig_graft(&r, 0, T);
    assert_int_equal(r.peers[0].heard.prunes, 1);
    rig_hello(&r, 1, T, NULL);
    assert_int_equal(r.peers[0].heard.messages, 1);
    rig_fini(&r);
}

static void test_fanout_has_d_peers_for_a_minute(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    unsigned heard = 0, again = 0;
    bool first[20];
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.params.flood_publish = false;
    rig_start(&r);
    rig_crowd(&r, 20, T);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL),
                     6);
    rig_beat(&r, 1);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL),
                     6);
    rig_pull(&r);
    for (unsigned i = 0; i < 20; i++) {
        first[i] = r.peers[i].heard.messages == 2;
        heard += first[i];
    }
    assert_int_equal(heard, 6); /* the same six */
    rig_beat(&r, 62);
    rig_forget(&r);
    /* Joining while there is a fan-out makes it the mesh. */
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL),
                     6);
    rig_pull(&r);
    rig_join(&r, T);
    rig_pull(&r);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(r.peers[i].heard.grafts, r.peers[i].heard.messages);
        again += first[i] && r.peers[i].heard.messages > 0;
    }
    assert_true(again < 6); /* the first ones were forgotten */
    rig_fini(&r);
}

static void test_flood_publishing_reaches_all_subscribers(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_crowd(&r, 20, T);
    rig_add(&r, 20, P2P__GOSSIP_V12, false); /* is in another topic */
    rig_sub(&r, 20, "other", true);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL),
                     20);
    rig_pull(&r);
    assert_int_equal(r.peers[20].heard.messages, 0);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_is_told_of_our_subscriptions),
        cmocka_unit_test(test_extensions_of_others_are_ignored),
        cmocka_unit_test(test_changes_of_mind_wait_as_one_number),
        cmocka_unit_test(test_joining_grafts_d_peers),
        cmocka_unit_test(test_a_small_mesh_takes_who_subscribes),
        cmocka_unit_test(test_below_d_lo_the_heartbeat_grafts_up_to_d),
        cmocka_unit_test(test_at_d_hi_the_heartbeat_prunes_to_d),
        cmocka_unit_test(test_a_full_mesh_takes_only_peers_that_we_dialed),
        cmocka_unit_test(test_pruning_keeps_d_out_peers_that_we_dialed),
        cmocka_unit_test(test_outbound_quota_is_filled_by_the_heartbeat),
        cmocka_unit_test(test_no_graft_to_a_peer_before_its_backoff_is_over),
        cmocka_unit_test(test_a_prune_without_backoff_counts_a_minute),
        cmocka_unit_test(test_a_backoff_outlives_the_connection),
        cmocka_unit_test(test_leaving_prunes_with_the_short_backoff),
        cmocka_unit_test(test_v10_gets_prune_without_backoff),
        cmocka_unit_test(test_a_graft_that_never_left_needs_no_prune),
        cmocka_unit_test(test_crossing_grafts_still_need_a_prune),
        cmocka_unit_test(test_who_is_grafted_is_chance),
        cmocka_unit_test(test_floodsub_peers_are_in_no_mesh),
        cmocka_unit_test(test_direct_peers_are_in_no_mesh_and_get_everything),
        cmocka_unit_test(test_fanout_has_d_peers_for_a_minute),
        cmocka_unit_test(test_flood_publishing_reaches_all_subscribers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
