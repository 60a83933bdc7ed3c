/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What hostile peers have done to other implementations, and what each peer
 * and all of them together can make us hold. */
#include "proto/gossip/rpc.h"
#include "rig.h"
#include "unit.h"

#include <stdio.h>

#define T "topic"

static void start(struct rig *r, unsigned crowd)
{
    rig_init(r);
    r->cfg.score = &r->score;
    rig_start(r);
    rig_join(r, T);
    rig_crowd(r, crowd, T);
    rig_pull(r);
    rig_forget(r);
}

static void name(char *out, size_t cap, unsigned i, unsigned k)
{
    (void)snprintf(out, cap, "t-%u-%u", i, k);
}

static void test_T26_a_backoff_of_all_ones_is_capped(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 1);
    rig_prune(&r, 0, T, UINT64_MAX);
    rig_beat(&r, 3);
    assert_false(rig_in_mesh(&r, T, 0));
    /* An hour later it is over. */
    r.now += P2P__SEC(P2P__CAP_GOSSIP_BACKOFF_S);
    p2p__gossip_expire(r.g, r.now);
    rig_beat(&r, 3);
    assert_true(rig_in_mesh(&r, T, 0));
    rig_fini(&r);
}

static void test_T27_large_but_legal_backoffs_pass_heartbeats(void **state)
{
    static const uint64_t s[] = {1ULL << 32,        UINT64_MAX / 1000,
                                 UINT64_MAX / 2,    18446744073ULL,
                                 UINT64_MAX - 1000, 9223372036ULL};
    struct rig r;

    (void)state;
    start(&r, 6);
    for (unsigned i = 0; i < P2P__COUNT(s); i++) {
        rig_prune(&r, i, T, s[i]);
        rig_graft(&r, i, T);
        rig_prune(&r, i, T, s[i]);
        rig_beat(&r, 3);
    }
    assert_int_equal(rig_mesh(&r, T), 0);
    r.now = P2P_NEVER - P2P__SEC(100); /* the end of time is no overflow */
    for (int i = 0; i < 3; i++) {
        p2p__gossip_expire(r.g, r.now);
        rig_pull(&r);
        rig_prune(&r, 0, T, UINT64_MAX);
    }
    rig_fini(&r);
}

/* A GRAFT or a PRUNE of a topic that is not ours leaves no trace: rust noted
 * the topics of the first, and the back-offs of the second. */
static void test_T28_grafts_of_foreign_topics_leave_nothing(void **state)
{
    uint64_t before;
    char topic[32];
    struct rig r;

    (void)state;
    start(&r, 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_add(&r, 1, P2P__GOSSIP_V12, false);
    rig_sub(&r, 1, "theirs", true); /* known, and not ours */
    rig_beat(&r, 1);
    rig_forget(&r);
    before = r.quota.used[P2P__Q_MEMORY] + r.peers[0].quota.used[P2P__Q_MEMORY];
    for (unsigned k = 0; k < 5000; k++) {
        name(topic, sizeof topic, 0, k);
        rig_graft(&r, 0, topic);
        rig_prune(&r, 0, topic, 3600);
        rig_graft(&r, 0, "theirs");
        rig_prune(&r, 0, "theirs", 3600);
        if (k % 20 == 0) {
            rig_beat(&r, 1);
        }
    }
    assert_int_equal(
        r.quota.used[P2P__Q_MEMORY] + r.peers[0].quota.used[P2P__Q_MEMORY],
        before);
    assert_int_equal(p2p__gossip_topic_peers(r.g, "theirs", 6, false, NULL, 0),
                     1);
    assert_int_equal(r.peers[0].heard.prunes, 0);
    rig_remove(&r, 0);
    rig_remove(&r, 1);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_T29_unknown_topics_are_bounded_and_reclaimed(void **state)
{
    uint64_t before;
    char topic[32];
    struct rig r;

    (void)state;
    start(&r, 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_pull(&r);
    before = r.quota.used[P2P__Q_MEMORY];
    /* Over many heartbeats: as many topics as it likes. */
    for (unsigned k = 0; k < 1000; k++) {
        name(topic, sizeof topic, 0, k);
        rig_sub(&r, 0, topic, true);
        if (k % 100 == 0) {
            rig_beat(&r, 2);
        }
    }
    assert_int_equal(r.ev.subscribed, P2P__CAP_GOSSIP_PEER_TOPICS);
    /* Unsubscribed: all of it is given back. */
    for (unsigned k = 0; k < 1000; k++) {
        name(topic, sizeof topic, 0, k);
        rig_sub(&r, 0, topic, false);
        if (k % 100 == 0) {
            rig_beat(&r, 2);
        }
    }
    rig_beat(&r, 2);
    assert_int_equal(r.ev.unsubscribed, P2P__CAP_GOSSIP_PEER_TOPICS);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], before, before + 4096);
    /* And so it is when the peer just goes. */
    for (unsigned k = 0; k < 200; k++) {
        name(topic, sizeof topic, 1, k);
        rig_sub(&r, 0, topic, true);
    }
    rig_remove(&r, 0);
    rig_beat(&r, 2);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], before, before + 65536);
    rig_fini(&r);
}

static void test_T29_all_peers_together_are_bounded(void **state)
{
    char topic[32];
    struct rig r;

    (void)state;
    start(&r, 0);
    for (unsigned i = 0; i < 40; i++) {
        rig_add(&r, i, P2P__GOSSIP_V12, false);
        for (unsigned k = 0; k < P2P__CAP_GOSSIP_PEER_TOPICS; k++) {
            name(topic, sizeof topic, i, k);
            rig_sub(&r, i, topic, true);
        }
    }
    /* One of them is our own. */
    assert_int_equal(r.ev.subscribed, P2P__CAP_GOSSIP_TOPICS - 1);
    rig_beat(&r, 2);
    /* Our own topics still have room. */
    rig_join(&r, "ours");
    rig_fini(&r);
}

static void test_T29_only_known_topics_when_told_so(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.known_topics_only = true;
    rig_start(&r);
    rig_join(&r, T);
    assert_int_equal(p2p__gossip_know(r.g, "later", 5), 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    rig_sub(&r, 0, "other", true);
    assert_int_equal(r.ev.subscribed, 0);
    rig_sub(&r, 0, T, true);
    rig_sub(&r, 0, "later", true);
    assert_int_equal(r.ev.subscribed, 2);
    rig_join(&r, "later");
    assert_int_equal(rig_mesh(&r, "later"), 1);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_T29_subscription_churn_is_bounded(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    for (unsigned k = 0; k < P2P__CAP_GOSSIP_PEER_SUBS; k++) {
        rig_sub(&r, 0, T, k % 2 == 0);
    }
    rig_forget(&r);
    rig_sub(&r, 0, T, true);
    assert_int_equal(r.ev.subscribed, 0);
    rig_beat(&r, 2);
    rig_sub(&r, 0, T, true);
    assert_int_equal(r.ev.subscribed, 1);
    rig_fini(&r);
}

static void test_T29_topic_names_of_odd_sizes(void **state)
{
    char topic[P2P__CAP_GOSSIP_TOPIC + 2];
    struct rig r;

    (void)state;
    start(&r, 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    memset(topic, 'x', sizeof topic);
    topic[P2P__CAP_GOSSIP_TOPIC + 1] = 0;
    rig_sub(&r, 0, topic, true);
    rig_sub(&r, 0, "", true);
    assert_int_equal(r.ev.subscribed, 0);
    rig_graft(&r, 0, topic);
    rig_prune(&r, 0, "", 5);
    topic[P2P__CAP_GOSSIP_TOPIC] = 0;
    rig_sub(&r, 0, topic, true);
    assert_int_equal(r.ev.subscribed, 1);
    rig_beat(&r, 2);
    assert_int_equal(p2p__gossip_subscribe(
                         r.g, topic, P2P__CAP_GOSSIP_TOPIC + 1, NULL, r.now),
                     P2P_EINVAL);
    assert_int_equal(p2p__gossip_subscribe(r.g, "", 0, NULL, r.now),
                     P2P_EINVAL);
    rig_fini(&r);
}

static void test_T30_graft_floods_in_the_backoff_are_punished(void **state)
{
    struct rig r;
    unsigned n = P2P__CAP_GOSSIP_GRAFTS + 50;

    (void)state;
    start(&r, 1);
    rig_prune(&r, 0, T, 60);
    rig_forget(&r);
    for (unsigned i = 0; i < n; i++) {
        rig_graft(&r, 0, T);
    }
    /* No more answers than the cap, the PRUNE above included; and soon none
     * at all. */
    assert_in_range(r.peers[0].heard.prunes, 1, P2P__CAP_GOSSIP_GRAFTS - 1);
    assert_true(rig_score(&r, 0) < r.score.graylist_threshold);
    assert_int_equal(r.ev.graylisted, 1);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_T30_grafts_are_capped_without_scores(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 1, T);
    rig_prune(&r, 0, T, 60);
    rig_forget(&r);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_GRAFTS + 50; i++) {
        rig_graft(&r, 0, T);
    }
    assert_int_equal(r.peers[0].heard.prunes, P2P__CAP_GOSSIP_GRAFTS - 1);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_T30_graft_of_unknown_topics_is_not_answered(void **state)
{
    char topic[32];
    struct rig r;

    (void)state;
    start(&r, 1);
    for (unsigned k = 0; k < 100; k++) {
        name(topic, sizeof topic, 0, k);
        rig_graft(&r, 0, topic);
        rig_prune(&r, 0, topic, 60);
    }
    rig_beat(&r, 2);
    assert_int_equal(r.peers[0].heard.prunes, 0);
    assert_int_equal(rig_mesh(&r, T), 1);
    rig_fini(&r);
}

static void test_T30_peer_exchange_is_not_read(void **state)
{
    /* PRUNE of the topic with peers that are no protobuf at all. */
    static const char rpc[] =
        "\x1a\x0f\x22\x0d\x0a\x05topic\x12\x04\xff\xff"
        "\xff\xff";
    struct rig r;

    (void)state;
    start(&r, 1);
    rig_say(&r, 0, rpc, sizeof rpc - 1);
    assert_int_equal(r.rx, 0);
    assert_false(rig_in_mesh(&r, T, 0));
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_T31_invalid_messages_cost_few_checks(void **state)
{
    const struct rig_msg bad = {.author = 9,
                                .topic = T,
                                .data = "x",
                                .data_len = 1,
                                .bad_signature = true};
    struct rig r;

    (void)state;
    rig_init(&r); /* no scores to help */
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 2, T);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_INVALID + 20; i++) {
        rig_send(&r, 0, &bad, NULL);
    }
    assert_int_equal(p2p__gossip_stats(r.g)->invalid, P2P__CAP_GOSSIP_INVALID);
    /* Nothing of it is heard until the next heartbeat; others are. */
    rig_hello(&r, 0, T, NULL);
    assert_int_equal(r.ev.messages, 0);
    rig_hello(&r, 1, T, NULL);
    assert_int_equal(r.ev.messages, 1);
    rig_beat(&r, 2);
    rig_hello(&r, 0, T, NULL);
    assert_int_equal(r.ev.messages, 2);
    rig_fini(&r);
}

static void test_T24_what_is_no_rpc_is_said_so(void **state)
{
    static const char *const bad[] = {"\x0b", "\x1a\x02\x0b\x0b",
                                      "\x0a\x02\x12\x09", "\xff\xff\xff"};
    static const size_t lens[] = {1, 4, 4, 3};
    struct rig r;

    (void)state;
    start(&r, 1);
    for (unsigned i = 0; i < P2P__COUNT(bad); i++) {
        struct p2p__slice in = p2p__slice_of(bad[i], lens[i]);

        assert_int_equal(p2p__gossip_rx(r.g, r.peers[0].gp, &in, r.now),
                         P2P_EFORMAT);
        rig_beat(&r, 2);
    }
    rig_fini(&r);
}

static void test_T24_amplification_by_empty_parts(void **state)
{
    /* Two bytes each, half a million of them. */
    size_t len = P2P__CAP_GOSSIP_FRAME / 2 * 2;
    uint8_t *rpc = test_malloc(len);
    static const uint8_t tags[] = {0x0a, 0x12, 0x1a};
    struct rig r;
    uint64_t before;

    (void)state;
    start(&r, 1);
    before = r.quota.used[P2P__Q_MEMORY] + r.peers[0].quota.used[P2P__Q_MEMORY];
    for (unsigned t = 0; t < sizeof tags; t++) {
        for (size_t i = 0; i < len; i += 2) {
            rpc[i] = tags[t];
            rpc[i + 1] = 0;
        }
        rig_say(&r, 0, rpc, len);
        rig_beat(&r, 2);
    }
    assert_in_range(
        r.quota.used[P2P__Q_MEMORY] + r.peers[0].quota.used[P2P__Q_MEMORY], 1,
        before + 8192);
    test_free(rpc);
    rig_fini(&r);
}

static void test_members_of_one_peer_are_bounded(void **state)
{
    char topic[32];
    struct rig r;

    (void)state;
    rig_init(&r);
    rig_start(&r);
    for (unsigned k = 0; k < P2P__CAP_GOSSIP_PEER_MEMBERS + 40; k++) {
        name(topic, sizeof topic, 0, k);
        rig_join(&r, topic);
    }
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    for (unsigned k = 0; k < P2P__CAP_GOSSIP_PEER_MEMBERS + 40; k++) {
        name(topic, sizeof topic, 0, k);
        rig_prune(&r, 0, topic, 3600); /* a back-off each */
    }
    assert_int_equal(p2p__gossip_stats(r.g)->limited, 40);
    assert_in_range(r.peers[0].quota.used[P2P__Q_MEMORY], 1,
                    P2P__CAP_GOSSIP_PEER_MEMBERS * 400U);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_retired_peers_are_bounded(void **state)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12};
    struct p2p__gossip_peer *gp;
    uint64_t at_cap = 0;
    struct rig r;

    (void)state;
    start(&r, 0);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_RETAINED + 100; i++) {
        struct p2p__slice in =
            p2p__slice_of("\x1a\x0b\x22\x09\x0a\x05topic\x18\x3c", 13);

        info.id = r.peers[0].id;
        memcpy(info.id.bytes + 10, &i, sizeof i);
        assert_int_equal(p2p__gossip_peer_add(r.g, &info, r.now, &gp), 0);
        assert_int_equal(p2p__gossip_rx(r.g, gp, &in, r.now), 0);
        p2p__gossip_peer_remove(r.g, gp, r.now);
        rig_pull(&r);
        if (i == P2P__CAP_GOSSIP_RETAINED) {
            at_cap = r.quota.used[P2P__Q_MEMORY];
        }
    }
    assert_int_equal(r.quota.used[P2P__Q_MEMORY], at_cap);
    /* And forgotten when the back-offs are over. */
    rig_beat(&r, 80);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], 1, 16384);
    rig_fini(&r);
}

static void test_events_that_nobody_pulls_stop_rx(void **state)
{
    struct p2p__gossip_ev ev;
    struct rig r;
    uint8_t *one, *rpc;
    struct p2p__slice in;
    struct p2p__pbw w;
    size_t left;

    (void)state;
    start(&r, 0);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    one = test_malloc(RIG_BUF / 2);
    rpc = test_malloc(RIG_BUF);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_EVENTS; i++) {
        p2p__pbw_init(&w, rpc, RIG_BUF);
        p2p__pbw_bytes(
            &w, P2P__RPC_PUBLISH, one,
            rig_encode(&r, &(struct rig_msg){.author = 0, .topic = T}, one,
                       NULL));
        in = p2p__slice_of(rpc, w.len);
        assert_int_equal(p2p__gossip_rx(r.g, r.peers[0].gp, &in, r.now), 0);
        assert_int_equal(in.len, 0);
    }
    in = p2p__slice_of(rpc, w.len);
    left = in.len;
    assert_int_equal(p2p__gossip_rx(r.g, r.peers[0].gp, &in, r.now), 0);
    assert_int_equal(in.len, left);
    assert_true(p2p__gossip_next(r.g, &ev));
    assert_int_equal(p2p__gossip_rx(r.g, r.peers[0].gp, &in, r.now), 0);
    assert_int_equal(in.len, 0);
    test_free(one);
    test_free(rpc);
    rig_pull(&r);
    rig_fini(&r);
}

static void test_the_history_has_a_cap(void **state)
{
    uint8_t *data = test_calloc(900000, 1);
    struct rig_msg m = {
        .author = 0, .topic = T, .data = data, .data_len = 900000};
    struct rig r;

    (void)state;
    start(&r, 1);
    for (unsigned i = 0; i < 90; i++) {
        rig_send(&r, 0, &m, NULL);
    }
    assert_int_equal(r.ev.messages, 90);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], 1,
                    P2P__CAP_GOSSIP_CACHE_BYTES + 4 * 1024 * 1024);
    test_free(data);
    rig_fini(&r);
}

static void test_many_small_messages_have_a_cap(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    struct rig r;

    (void)state;
    start(&r, 0);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_CACHE + 100; i++) {
        assert_int_equal(
            p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL), 0);
    }
    assert_int_equal(p2p__gossip_stats(r.g)->limited, 100);
    rig_beat(&r, 6);
    rig_fini(&r);
}

static void test_promises_are_bounded(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 60);
    /* One a message, ten messages a heartbeat, 60 peers: far below the cap
     * of 8192, which needs a thousand peers. */
    for (unsigned i = 0; i < 60; i++) {
        for (unsigned k = 0; k < 20; k++) {
            rig_made_up(&r, i, P2P__RPC_CTL_IHAVE, T, i * 1000 + k * 10, 2);
        }
    }
    rig_beat(&r, 5);
    assert_int_equal(p2p__gossip_stats(r.g)->broken_promises,
                     60 * P2P__CAP_GOSSIP_IHAVE_MESSAGES);
    rig_fini(&r);
}

/* A thousand peers speak through one puppet, which answers to each name. */
static void test_promises_of_a_thousand_peers_are_bounded(void **state)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12};
    struct rig r;
    uint64_t before;

    (void)state;
    start(&r, 0);
    before = r.quota.used[P2P__Q_MEMORY];
    info.id = r.peers[0].id;
    info.user = &r.peers[0];
    r.peers[0].deaf = true;
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(info.id.bytes + 10, &i, sizeof i);
        assert_int_equal(
            p2p__gossip_peer_add(r.g, &info, r.now, &r.peers[0].gp), 0);
        for (unsigned k = 0; k < P2P__CAP_GOSSIP_IHAVE_MESSAGES; k++) {
            rig_made_up(&r, 0, P2P__RPC_CTL_IHAVE, T, i * 1000 + k * 10, 2);
        }
    }
    assert_int_equal(
        p2p__gossip_stats(r.g)->limited,
        1000 * P2P__CAP_GOSSIP_IHAVE_MESSAGES - P2P__CAP_GOSSIP_PROMISES);
    rig_beat(&r, 5);
    assert_int_equal(p2p__gossip_stats(r.g)->broken_promises,
                     P2P__CAP_GOSSIP_PROMISES);
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(info.id.bytes + 10, &i, sizeof i);
        p2p__gossip_peer_remove(r.g, p2p__gossip_peer_find(r.g, &info.id),
                                r.now);
    }
    r.peers[0].gp = NULL;
    rig_beat(&r, 5);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], before, before + 1024 * 1024);
    rig_fini(&r);
}

/* Peer 0 sends a message without a signature, whose data is a number. */
static void send_number(struct rig *r, unsigned number)
{
    uint8_t buf[64];
    struct p2p__pbw w;
    size_t mark;

    p2p__pbw_init(&w, buf, sizeof buf);
    mark = p2p__pbw_open(&w, P2P__RPC_PUBLISH);
    p2p__pbw_bytes(&w, P2P__RPC_MSG_DATA, &number, sizeof number);
    p2p__pbw_text(&w, P2P__RPC_MSG_TOPIC, T);
    p2p__pbw_close(&w, mark);
    rig_say(r, 0, buf, w.len);
}

/* Twice as many messages as are remembered, in the time that they are. */
static void test_seen_messages_have_a_cap(void **state)
{
    uint64_t at_cap = 0;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.policy = P2P__GOSSIP_STRICT_NO_SIGN;
    r.cfg.key = NULL;
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 1, T);
    for (unsigned i = 0; i < 2 * P2P__CAP_GOSSIP_SEEN; i++) {
        send_number(&r, i);
        if (i % 2500 == 0) {
            rig_beat(&r, 1);
        }
        if (i == P2P__CAP_GOSSIP_SEEN - 1) {
            at_cap = r.quota.used[P2P__Q_MEMORY];
        }
    }
    assert_int_equal(r.ev.messages, 2 * P2P__CAP_GOSSIP_SEEN);
    assert_in_range(at_cap, 40 * P2P__CAP_GOSSIP_SEEN, 16 * 1024 * 1024);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], 1, at_cap + 1024 * 1024);
    rig_fini(&r);
}

static void test_a_spent_peer_quota_stops_that_peer_alone(void **state)
{
    char topic[32];
    struct rig r;

    (void)state;
    start(&r, 2);
    r.peers[0].quota.limit[P2P__Q_MEMORY] =
        r.peers[0].quota.used[P2P__Q_MEMORY] + 1000;
    for (unsigned k = 0; k < 20; k++) {
        name(topic, sizeof topic, 0, k);
        rig_sub(&r, 0, topic, true);
        rig_sub(&r, 1, topic, true);
    }
    assert_in_range(r.ev.subscribed, 20, 24);
    rig_beat(&r, 2);
    rig_fini(&r);
}

static void test_peer_ids_that_are_taken_or_empty(void **state)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12};
    struct p2p__gossip_peer *gp;
    struct rig r;

    (void)state;
    start(&r, 1);
    assert_int_equal(p2p__gossip_peer_add(r.g, &info, r.now, &gp), P2P_EINVAL);
    info.id = r.peers[0].id;
    assert_int_equal(p2p__gossip_peer_add(r.g, &info, r.now, &gp), P2P_EEXIST);
    assert_ptr_equal(p2p__gossip_peer_find(r.g, &info.id), r.peers[0].gp);
    info.id = r.peers[1].id;
    info.ip_len = 5;
    assert_int_equal(p2p__gossip_peer_add(r.g, &info, r.now, &gp), P2P_EINVAL);
    assert_null(p2p__gossip_peer_find(r.g, &info.id));
    rig_fini(&r);
}

static void test_peers_have_a_cap(void **state)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12};
    struct p2p__gossip_peer *gp;
    struct rig r;

    (void)state;
    start(&r, 0);
    info.id = r.peers[0].id;
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_PEERS; i++) {
        memcpy(info.id.bytes + 10, &i, sizeof i);
        assert_int_equal(p2p__gossip_peer_add(r.g, &info, r.now, &gp), 0);
    }
    info.id.bytes[20] ^= 1;
    assert_int_equal(p2p__gossip_peer_add(r.g, &info, r.now, &gp), P2P_ELIMIT);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T26_a_backoff_of_all_ones_is_capped),
        cmocka_unit_test(test_T27_large_but_legal_backoffs_pass_heartbeats),
        cmocka_unit_test(test_T28_grafts_of_foreign_topics_leave_nothing),
        cmocka_unit_test(test_T29_unknown_topics_are_bounded_and_reclaimed),
        cmocka_unit_test(test_T29_all_peers_together_are_bounded),
        cmocka_unit_test(test_T29_only_known_topics_when_told_so),
        cmocka_unit_test(test_T29_subscription_churn_is_bounded),
        cmocka_unit_test(test_T29_topic_names_of_odd_sizes),
        cmocka_unit_test(test_T30_graft_floods_in_the_backoff_are_punished),
        cmocka_unit_test(test_T30_grafts_are_capped_without_scores),
        cmocka_unit_test(test_T30_graft_of_unknown_topics_is_not_answered),
        cmocka_unit_test(test_T30_peer_exchange_is_not_read),
        cmocka_unit_test(test_T31_invalid_messages_cost_few_checks),
        cmocka_unit_test(test_T24_what_is_no_rpc_is_said_so),
        cmocka_unit_test(test_T24_amplification_by_empty_parts),
        cmocka_unit_test(test_members_of_one_peer_are_bounded),
        cmocka_unit_test(test_retired_peers_are_bounded),
        cmocka_unit_test(test_events_that_nobody_pulls_stop_rx),
        cmocka_unit_test(test_the_history_has_a_cap),
        cmocka_unit_test(test_many_small_messages_have_a_cap),
        cmocka_unit_test(test_promises_are_bounded),
        cmocka_unit_test(test_promises_of_a_thousand_peers_are_bounded),
        cmocka_unit_test(test_seen_messages_have_a_cap),
        cmocka_unit_test(test_a_spent_peer_quota_stops_that_peer_alone),
        cmocka_unit_test(test_peer_ids_that_are_taken_or_empty),
        cmocka_unit_test(test_peers_have_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
