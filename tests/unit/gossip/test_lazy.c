/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* IHAVE, IWANT and the history behind them; IDONTWANT. */
#include <stdio.h>

#include "proto/gossip/rpc.h"
#include "rig.h"
#include "unit.h"

#define T         "topic"
#define IHAVE     P2P__RPC_CTL_IHAVE
#define IWANT     P2P__RPC_CTL_IWANT
#define IDONTWANT P2P__RPC_CTL_IDONTWANT

static void start(struct rig *r, unsigned crowd)
{
    rig_init(r);
    rig_start(r);
    rig_join(r, T);
    rig_crowd(r, crowd, T);
    rig_pull(r);
    rig_forget(r);
}

static void test_gossip_goes_to_d_lazy_peers_outside_the_mesh(void **state)
{
    unsigned told = 0;
    struct rig r;

    (void)state;
    start(&r, 20);
    rig_hello(&r, 0, T, NULL);
    rig_beat(&r, 1);
    for (unsigned i = 0; i < 20; i++) {
        if (r.peers[i].heard.ihaves > 0) {
            assert_false(rig_in_mesh(&r, T, i));
            assert_int_equal(r.peers[i].heard.ihave_ids, 1);
            told++;
        }
    }
    assert_int_equal(told, 6);
    rig_fini(&r);
}

static void test_gossip_goes_to_a_quarter_of_many(void **state)
{
    unsigned told = 0;
    struct rig r;

    (void)state;
    start(&r, 60);
    rig_hello(&r, 0, T, NULL);
    rig_beat(&r, 1);
    for (unsigned i = 0; i < 60; i++) {
        told += r.peers[i].heard.ihaves > 0;
    }
    assert_int_equal(told, (60 - 4) / 4);
    rig_fini(&r);
}

static void test_gossip_names_three_heartbeats_of_messages(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 5); /* the fifth is not in the mesh */
    assert_false(rig_in_mesh(&r, T, 4));
    rig_hello(&r, 0, T, NULL);
    rig_beat(&r, 3);
    assert_int_equal(r.peers[4].heard.ihaves, 3);
    rig_beat(&r, 3);
    assert_int_equal(r.peers[4].heard.ihaves, 3);
    rig_fini(&r);
}

static void test_gossip_does_not_name_what_the_peer_sent(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 5);
    rig_hello(&r, 4, T, NULL);
    rig_beat(&r, 3);
    assert_int_equal(r.peers[4].heard.ihaves, 0);
    rig_fini(&r);
}

/* It grafts us after the message and before the next heartbeat. */
static void test_who_comes_into_the_mesh_is_told_of_what_went_before(
    void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 5);
    rig_hello(&r, 0, T, &id);
    rig_hello(&r, 4, T, NULL); /* its own message is not named */
    rig_forget(&r);
    rig_graft(&r, 4, T);
    assert_true(rig_in_mesh(&r, T, 4));
    assert_int_equal(r.peers[4].heard.messages, 0);
    assert_int_equal(r.peers[4].heard.ihaves, 1);
    assert_int_equal(r.peers[4].heard.ihave_ids, 1);
    rig_ids(&r, 4, IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[4].heard.messages, 1);
    rig_beat(&r, 3);
    assert_int_equal(r.peers[4].heard.ihaves, 1);
    rig_fini(&r);
}

static void test_iwant_is_served_for_five_heartbeats(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 8);
    rig_hello(&r, 0, T, &id);
    rig_forget(&r);
    rig_beat(&r, 4);
    rig_ids(&r, 6, IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[6].heard.messages, 1);
    rig_beat(&r, 1);
    rig_ids(&r, 7, IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[7].heard.messages, 0);
    rig_fini(&r);
}

static void test_T30_the_same_message_is_served_three_times(void **state)
{
    struct rig_id ids[10];
    struct rig r;

    (void)state;
    start(&r, 8);
    rig_hello(&r, 0, T, &ids[0]);
    rig_forget(&r);
    for (int i = 1; i < 10; i++) {
        ids[i] = ids[0];
    }
    rig_ids(&r, 6, IWANT, NULL, ids, 10);
    rig_ids(&r, 6, IWANT, NULL, ids, 10);
    assert_int_equal(r.peers[6].heard.messages, P2P__CAP_GOSSIP_RETRANSMIT);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_what_we_lack_is_asked_for(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 5);
    rig_hello(&r, 0, T, &id);
    rig_forget(&r);
    rig_ids(&r, 4, IHAVE, T, &id, 1); /* we have it */
    assert_int_equal(r.peers[4].heard.iwants, 0);
    rig_made_up(&r, 4, IHAVE, T, 1, 3);
    assert_int_equal(r.peers[4].heard.iwant_ids, 3);
    rig_made_up(&r, 4, IHAVE, "other", 10, 3); /* not our topic */
    assert_int_equal(r.peers[4].heard.iwant_ids, 3);
    rig_fini(&r);
}

static void test_the_same_id_is_asked_for_once_a_message(void **state)
{
    struct rig_id ids[2] = {{.len = 5}, {.len = 5}};
    struct rig r;

    (void)state;
    start(&r, 1);
    rig_ids(&r, 0, IHAVE, T, ids, 2);
    assert_int_equal(r.peers[0].heard.iwant_ids, 1);
    rig_fini(&r);
}

static void test_T30_ihaves_are_heard_ten_times_a_heartbeat(void **state)
{
    unsigned cap = P2P__CAP_GOSSIP_IHAVE_MESSAGES;
    struct rig r;

    (void)state;
    start(&r, 1);
    for (unsigned i = 0; i < cap + 5; i++) {
        rig_made_up(&r, 0, IHAVE, T, i * 10, 1);
    }
    assert_int_equal(r.peers[0].heard.iwant_ids, cap);
    rig_beat(&r, 2);
    rig_made_up(&r, 0, IHAVE, T, 1000, 1);
    assert_int_equal(r.peers[0].heard.iwant_ids, cap + 1);
    rig_fini(&r);
}

static void test_T30_five_thousand_ids_are_asked_for_a_heartbeat(void **state)
{
    unsigned cap = P2P__CAP_GOSSIP_IHAVE_IDS;
    struct rig r;

    (void)state;
    start(&r, 1);
    rig_made_up(&r, 0, IHAVE, T, 0, cap + 1000);
    assert_int_equal(r.peers[0].heard.iwant_ids, cap);
    rig_made_up(&r, 0, IHAVE, T, 10000, 10);
    assert_int_equal(r.peers[0].heard.iwant_ids, cap);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_T30_iwants_are_looked_at_up_to_a_cap(void **state)
{
    unsigned cap = P2P__CAP_GOSSIP_IWANT_IDS;
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 2);
    rig_hello(&r, 0, T, &id);
    rig_forget(&r);
    rig_made_up(&r, 1, IWANT, NULL, 0, cap);
    rig_ids(&r, 1, IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[1].heard.messages, 0);
    rig_beat(&r, 2);
    rig_ids(&r, 1, IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[1].heard.messages, 1);
    rig_fini(&r);
}

static void test_T31_ids_of_any_size_and_none(void **state)
{
    static uint8_t rpc[P2P__CAP_GOSSIP_ID + 200];
    static uint8_t big[P2P__CAP_GOSSIP_ID + 1];
    struct rig r;

    (void)state;
    start(&r, 1);
    for (size_t i = 0; i < 3; i++) {
        size_t len = i == 0 ? 0 : sizeof big - (i == 1);
        struct p2p__pbw w;
        size_t outer, inner;

        p2p__pbw_init(&w, rpc, sizeof rpc);
        outer = p2p__pbw_open(&w, P2P__RPC_CONTROL);
        inner = p2p__pbw_open(&w, IHAVE);
        p2p__pbw_text(&w, P2P__RPC_TOPIC, T);
        p2p__pbw_bytes(&w, P2P__RPC_IHAVE_IDS, big, len);
        p2p__pbw_close(&w, inner);
        p2p__pbw_close(&w, outer);
        assert_true(p2p__pbw_end(&w) > 0);
        rig_say(&r, 0, rpc, w.len);
        assert_int_equal(r.rx, 0);
    }
    /* Neither the empty one nor the last can be an id. */
    assert_int_equal(r.peers[0].heard.iwant_ids, 1);
    rig_beat(&r, 2);
    rig_fini(&r);
}

/* A message of `len` bytes by peer 9, brought by peer `via`. */
static void send_sized(struct rig *r, unsigned via, size_t len,
                       struct rig_id *id)
{
    static const uint8_t data[4096];
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = data, .data_len = len};

    assert_true(len <= sizeof data);
    rig_send(r, via, &m, id);
}

static void test_a_large_message_is_declined_in_the_mesh(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 3);
    rig_add(&r, 3, P2P__GOSSIP_V11, false);
    rig_sub(&r, 3, T, true);
    rig_pull(&r);
    rig_forget(&r);
    send_sized(&r, 0, 1023, &id);
    assert_int_equal(r.peers[1].heard.idontwants, 0);
    send_sized(&r, 0, 1024, &id);
    assert_int_equal(r.peers[0].heard.idontwants, 0); /* it sent it */
    assert_int_equal(r.peers[1].heard.idontwant_ids, 1);
    assert_memory_equal(r.peers[1].heard.ids[0].bytes, id.bytes, id.len);
    assert_int_equal(r.peers[2].heard.idontwant_ids, 1);
    assert_int_equal(r.peers[3].heard.idontwants, 0); /* v1.1 */
    /* Once: the second copy is no news. */
    rig_fini(&r);
}

static void test_a_forged_message_is_not_declined(void **state)
{
    static const uint8_t data[2048];
    const struct rig_msg m = {.author = 9,
                              .topic = T,
                              .data = data,
                              .data_len = sizeof data,
                              .bad_signature = true};
    struct rig r;

    (void)state;
    start(&r, 3);
    rig_send(&r, 0, &m, NULL);
    assert_int_equal(r.peers[1].heard.idontwants, 0);
    rig_fini(&r);
}

static void test_what_a_peer_declined_is_not_sent(void **state)
{
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 3);
    (void)rig_encode(&r, &m, r.buf, &id);
    rig_ids(&r, 1, IDONTWANT, NULL, &id, 1);
    rig_send(&r, 0, &m, NULL);
    assert_int_equal(r.peers[1].heard.messages, 0);
    assert_int_equal(r.peers[2].heard.messages, 1);
    /* Not even when it asks, as go has it. */
    rig_ids(&r, 1, IWANT, NULL, &id, 1);
    assert_int_equal(r.peers[1].heard.messages, 0);
    rig_fini(&r);
}

static void test_declining_lasts_three_heartbeats(void **state)
{
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};
    struct rig_id id;

    (void)state;
    for (unsigned beats = 2; beats <= 3; beats++) {
        struct rig r;

        start(&r, 2);
        (void)rig_encode(&r, &m, r.buf, &id);
        rig_ids(&r, 1, IDONTWANT, NULL, &id, 1);
        rig_beat(&r, beats);
        rig_send(&r, 0, &m, NULL);
        assert_int_equal(r.peers[1].heard.messages, beats == 3);
        rig_fini(&r);
    }
}

static void test_declining_late_still_empties_the_queue(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r, 2);
    r.peers[1].deaf = true;
    rig_hello(&r, 0, T, NULL);
    rig_hello(&r, 0, T, &id);
    rig_ids(&r, 1, IDONTWANT, NULL, &id, 1);
    r.peers[1].deaf = false;
    p2p__gossip_tx_done(r.g, r.peers[1].gp);
    rig_pull(&r);
    assert_int_equal(r.peers[1].heard.messages, 0);
    rig_fini(&r);
}

static void test_T30_idontwant_floods_are_bounded(void **state)
{
    struct rig r;
    uint64_t before;

    (void)state;
    start(&r, 1);
    before = r.peers[0].quota.used[P2P__Q_MEMORY];
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_IDONTWANT_MESSAGES + 100; i++) {
        rig_made_up(&r, 0, IDONTWANT, NULL, i * 100,
                    P2P__CAP_GOSSIP_IDONTWANT_IDS + 10);
    }
    assert_in_range(r.peers[0].quota.used[P2P__Q_MEMORY], before,
                    before + P2P__CAP_GOSSIP_UNWANTED * 48U);
    assert_int_equal(p2p__gossip_stats(r.g)->limited,
                     P2P__CAP_GOSSIP_IDONTWANT_MESSAGES + 100);
    rig_beat(&r, 4);
    assert_int_equal(r.peers[0].quota.used[P2P__Q_MEMORY], before);
    rig_fini(&r);
}

static void test_T30_idontwants_are_heard_a_thousand_times(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 1);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_IDONTWANT_MESSAGES; i++) {
        rig_made_up(&r, 0, IDONTWANT, NULL, i, 1);
    }
    assert_int_equal(p2p__gossip_stats(r.g)->limited, 0);
    rig_made_up(&r, 0, IDONTWANT, NULL, 0, 1);
    assert_int_equal(p2p__gossip_stats(r.g)->limited, 1);
    rig_beat(&r, 1);
    rig_made_up(&r, 0, IDONTWANT, NULL, 0, 1);
    assert_int_equal(p2p__gossip_stats(r.g)->limited, 1);
    rig_fini(&r);
}

static void test_other_kinds_of_ids_are_understood(void **state)
{
    struct rig_id id, js;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.alias_fn = p2p__gossip_id_key_seqno;
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 5, T);
    rig_pull(&r);
    rig_hello(&r, 0, T, &id);
    js.len = id.len - 2;
    memcpy(js.bytes, id.bytes + 2, js.len);
    rig_forget(&r);
    rig_ids(&r, 1, IHAVE, T, &js, 1);
    assert_int_equal(r.peers[1].heard.iwants, 0);
    rig_ids(&r, 2, IWANT, NULL, &js, 1);
    assert_int_equal(r.peers[2].heard.messages, 1);
    rig_fini(&r);
}

static void test_peers_are_told_ids_of_their_kind(void **state)
{
    struct rig_id id, js;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.alias_fn = p2p__gossip_id_key_seqno;
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 7, T);
    rig_pull(&r);
    rig_hello(&r, 0, T, &id);
    js.len = id.len - 2;
    memcpy(js.bytes, id.bytes + 2, js.len);
    rig_forget(&r);
    rig_ids(&r, 4, IHAVE, T, &js, 1);                 /* learnt */
    p2p__gossip_peer_alias(r.g, r.peers[5].gp, true); /* told */
    rig_beat(&r, 1);
    assert_int_equal(r.peers[4].heard.ids[0].len, js.len);
    assert_memory_equal(r.peers[4].heard.ids[0].bytes, js.bytes, js.len);
    assert_memory_equal(r.peers[5].heard.ids[0].bytes, js.bytes, js.len);
    assert_memory_equal(r.peers[6].heard.ids[0].bytes, id.bytes, id.len);
    /* IDONTWANT too. */
    rig_ids(&r, 1, IWANT, NULL, &js, 1);
    rig_forget(&r);
    send_sized(&r, 0, 2000, &id);
    assert_int_equal(r.peers[1].heard.ids[0].len, js.len);
    assert_int_equal(r.peers[2].heard.ids[0].len, id.len);
    /* And back. */
    rig_ids(&r, 1, IDONTWANT, NULL, &id, 1);
    rig_forget(&r);
    send_sized(&r, 0, 2000, NULL);
    assert_int_equal(r.peers[1].heard.ids[0].len, id.len);
    rig_fini(&r);
}

static void test_control_fits_into_frames_that_go_takes(void **state)
{
    char topic[64];
    struct rig r;

    (void)state;
    start(&r, 2);
    r.peers[1].deaf = true;
    rig_hello(&r, 0, T, NULL); /* blocks its stream */
    for (unsigned i = 0; i < 3000; i++) {
        (void)snprintf(topic, sizeof topic, "%040u", i);
        rig_join(&r, topic);
        if (i < P2P__CAP_GOSSIP_PEER_TOPICS - 1) {
            rig_sub(&r, 1, topic, true);
        }
    }
    rig_made_up(&r, 1, IHAVE, T, 0, P2P__CAP_GOSSIP_IHAVE_IDS);
    for (unsigned i = 0; i < 5000; i++) {
        const struct p2p__slice data = p2p__slice_of("x", 1);

        (void)p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL);
    }
    for (unsigned i = 0; i < 40; i++) {
        send_sized(&r, 0, 2000, NULL);
    }
    rig_prune(&r, 1, T, 1);
    rig_beat(&r, 1);
    r.peers[1].deaf = false;
    p2p__gossip_tx_done(r.g, r.peers[1].gp);
    rig_pull(&r);
    assert_int_equal(r.peers[1].heard.subs, 3000);
    assert_int_equal(r.peers[1].heard.iwant_ids, P2P__CAP_GOSSIP_IHAVE_IDS);
    assert_int_equal(r.peers[1].heard.ihave_ids, P2P__CAP_GOSSIP_IHAVE_IDS);
    assert_in_range(r.peers[1].heard.largest, 250 * 1024, 1024 * 1024);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gossip_goes_to_d_lazy_peers_outside_the_mesh),
        cmocka_unit_test(test_gossip_goes_to_a_quarter_of_many),
        cmocka_unit_test(test_gossip_names_three_heartbeats_of_messages),
        cmocka_unit_test(test_gossip_does_not_name_what_the_peer_sent),
        cmocka_unit_test(
            test_who_comes_into_the_mesh_is_told_of_what_went_before),
        cmocka_unit_test(test_iwant_is_served_for_five_heartbeats),
        cmocka_unit_test(test_T30_the_same_message_is_served_three_times),
        cmocka_unit_test(test_what_we_lack_is_asked_for),
        cmocka_unit_test(test_the_same_id_is_asked_for_once_a_message),
        cmocka_unit_test(test_T30_ihaves_are_heard_ten_times_a_heartbeat),
        cmocka_unit_test(test_T30_five_thousand_ids_are_asked_for_a_heartbeat),
        cmocka_unit_test(test_T30_iwants_are_looked_at_up_to_a_cap),
        cmocka_unit_test(test_T31_ids_of_any_size_and_none),
        cmocka_unit_test(test_a_large_message_is_declined_in_the_mesh),
        cmocka_unit_test(test_a_forged_message_is_not_declined),
        cmocka_unit_test(test_what_a_peer_declined_is_not_sent),
        cmocka_unit_test(test_declining_lasts_three_heartbeats),
        cmocka_unit_test(test_declining_late_still_empties_the_queue),
        cmocka_unit_test(test_T30_idontwant_floods_are_bounded),
        cmocka_unit_test(test_T30_idontwants_are_heard_a_thousand_times),
        cmocka_unit_test(test_other_kinds_of_ids_are_understood),
        cmocka_unit_test(test_peers_are_told_ids_of_their_kind),
        cmocka_unit_test(test_control_fits_into_frames_that_go_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
