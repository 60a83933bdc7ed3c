/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who may be in a topic: the others are not there, on either side; and what
 * follows when the answer changes. */
#include <stdio.h>
#include <stdlib.h>

#include "proto/gossip/rpc.h"
#include "rig.h"
#include "unit.h"

#define T         "topic"
#define IHAVE     P2P__RPC_CTL_IHAVE
#define IWANT     P2P__RPC_CTL_IWANT
#define IDONTWANT P2P__RPC_CTL_IDONTWANT

struct gate {
    struct rig r;
    bool shut[RIG_PEERS]; /* who may not, but be in "open" */
    unsigned asked;
};

static bool may(void *user, const struct p2p_peer_id *peer,
                const struct p2p__slice *topic)
{
    struct gate *g = user;
    unsigned i = 0;

    g->asked++;
    while (!p2p_peer_id_equal(&g->r.peers[i].id, peer)) {
        i++;
        assert_true(i < RIG_PEERS);
    }
    return !g->shut[i] || (topic->len == 4 && memcmp(topic->p, "open", 4) == 0);
}

static struct gate *make(void)
{
    struct gate *g = calloc(1, sizeof *g);

    assert_non_null(g);
    rig_init(&g->r);
    g->r.cfg.may_fn = may;
    g->r.cfg.may_user = g;
    return g;
}

/* In T, peers [0, n) too, of which `shut` may not. */
static struct gate *start(unsigned n, unsigned shut)
{
    struct gate *g = make();

    rig_start(&g->r);
    g->shut[shut] = true;
    rig_join(&g->r, T);
    rig_crowd(&g->r, n, T);
    rig_pull(&g->r);
    return g;
}

static void end(struct gate *g)
{
    rig_fini(&g->r);
    free(g);
}

/* Another answer for a peer. */
static void turn(struct gate *g, unsigned i, bool shut)
{
    g->shut[i] = shut;
    p2p__gossip_recheck(g->r.g, g->r.now);
    rig_pull(&g->r);
}

static int publish(struct gate *g, const char *topic)
{
    const struct p2p__slice data = p2p__slice_of("data", 4);
    int rv = p2p__gossip_publish(g->r.g, topic, strlen(topic), &data, g->r.now,
                                 NULL);

    rig_pull(&g->r);
    return rv;
}

static size_t present(struct gate *g, const char *topic)
{
    return p2p__gossip_topic_peers(g->r.g, topic, strlen(topic), false, NULL,
                                   0);
}

static void assert_hears_nothing(const struct gate *g, unsigned i)
{
    assert_int_equal(g->r.peers[i].heard.frames, 0);
}

/* Peer i says all that there is, and the others talk for a while. Returns to
 * how many a message of our own went. */
static int all_talk(struct gate *g, unsigned i)
{
    struct rig_id id;
    int count;

    rig_sub(&g->r, i, T, true);
    rig_hello(&g->r, 0, T, &id);
    count = publish(g, T);
    rig_ids(&g->r, i, IWANT, NULL, &id, 1);
    rig_made_up(&g->r, i, IHAVE, T, 1, 3);
    rig_made_up(&g->r, i, IDONTWANT, NULL, 10, 3);
    rig_beat(&g->r, 3);
    return count;
}

static void test_who_may_not_hears_nothing(void **state)
{
    const enum p2p__gossip_version versions[] = {
        P2P__GOSSIP_FLOODSUB, P2P__GOSSIP_V10, P2P__GOSSIP_V12};

    (void)state;
    for (unsigned k = 0; k < 2 * P2P__COUNT(versions); k++) {
        struct gate *g = start(4, 4);

        g->shut[4] = k % 2 == 0;
        rig_add(&g->r, 4, versions[k / 2], true);
        assert_int_equal(all_talk(g, 4), g->shut[4] ? 4 : 5);
        assert_int_equal(present(g, T), g->shut[4] ? 4 : 5);
        if (g->shut[4]) {
            assert_hears_nothing(g, 4);
            assert_int_equal(p2p__gossip_stats(g->r.g)->iwant_served, 0);
        } else {
            const struct rig_heard *h = &g->r.peers[4].heard;

            assert_int_equal(h->subs, 1);
            assert_int_equal(h->messages,
                             versions[k / 2] == P2P__GOSSIP_FLOODSUB ? 3 : 2);
            assert_int_equal(h->iwant_ids, 3);
        }
        end(g);
    }
}

/* Direct peers get everything, but not that. */
static void test_the_filter_is_above_what_was_agreed(void **state)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12,
                                         .direct = true};
    struct gate *g = start(4, 4);

    (void)state;
    rig_add_as(&g->r, 4, &info);
    assert_int_equal(all_talk(g, 4), 4);
    assert_hears_nothing(g, 4);
    end(g);
}

static void test_its_graft_is_answered_with_a_short_prune(void **state)
{
    struct gate *g = make();

    (void)state;
    g->r.cfg.score = &g->r.score;
    rig_start(&g->r);
    rig_join(&g->r, T);
    g->shut[0] = true;
    rig_add(&g->r, 0, P2P__GOSSIP_V12, false);
    /* Whenever it asks; that costs it nothing. */
    for (unsigned n = 1; n <= 5; n++) {
        rig_graft(&g->r, 0, T);
        assert_int_equal(g->r.peers[0].heard.prunes, n);
        assert_int_equal(g->r.peers[0].heard.backoff_s, 10);
        assert_false(rig_in_mesh(&g->r, T, 0));
    }
    assert_true(rig_score(&g->r, 0) >= 0);
    rig_graft(&g->r, 0, "unknown");
    assert_int_equal(g->r.peers[0].heard.prunes, 5);
    end(g);
}

/* The same message is new when another one brings it. */
static void test_what_it_sends_is_not_seen(void **state)
{
    const struct rig_msg forged = {.author = 2,
                                   .topic = T,
                                   .data = "x",
                                   .data_len = 1,
                                   .bad_signature = true};
    struct rig_msg m = {
        .author = 1, .topic = T, .data = "x", .data_len = 1, .seqno = 9};
    struct gate *g = make();

    (void)state;
    g->r.cfg.score = &g->r.score;
    rig_start(&g->r);
    g->shut[4] = true;
    rig_join(&g->r, T);
    rig_crowd(&g->r, 4, T);
    rig_add(&g->r, 4, P2P__GOSSIP_V12, false); /* says no subscription */
    rig_forget(&g->r);
    rig_send(&g->r, 4, &m, NULL);
    rig_hello(&g->r, 4, T, NULL);
    for (unsigned n = 0; n < 2 * P2P__CAP_GOSSIP_INVALID; n++) {
        rig_send(&g->r, 4, &forged, NULL);
    }
    assert_int_equal(g->r.ev.messages, 0);
    assert_int_equal(p2p__gossip_stats(g->r.g)->invalid, 0);
    assert_true(rig_score(&g->r, 4) >= 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_hears_nothing(g, i);
    }
    rig_send(&g->r, 0, &m, NULL);
    assert_int_equal(g->r.ev.messages, 1);
    assert_int_equal(g->r.peers[2].heard.messages, 1);
    /* Where it may, it is heard. */
    rig_join(&g->r, "open");
    rig_hello(&g->r, 4, "open", NULL);
    assert_int_equal(g->r.ev.messages, 2);
    end(g);
}

/* It is the peer that may or not, whoever wrote the message. */
static void test_authors_are_not_asked_for(void **state)
{
    const struct rig_msg m = {
        .author = 4, .topic = T, .data = "x", .data_len = 1};
    struct gate *g = start(4, 4);

    (void)state;
    rig_send(&g->r, 0, &m, NULL);
    assert_int_equal(g->r.ev.messages, 1);
    end(g);
}

static void test_topics_are_asked_for_one_by_one(void **state)
{
    struct gate *g = start(0, 0);

    (void)state;
    rig_join(&g->r, "open");
    rig_crowd(&g->r, 1, T);
    rig_sub(&g->r, 0, "open", true);
    assert_int_equal(g->r.peers[0].heard.subs, 1);
    assert_true(rig_in_mesh(&g->r, "open", 0));
    assert_false(rig_in_mesh(&g->r, T, 0));
    assert_int_equal(publish(g, "open"), 1);
    assert_int_equal(publish(g, T), 0);
    /* That we leave is said of what it knew alone. */
    assert_int_equal(p2p__gossip_unsubscribe(g->r.g, T, strlen(T), g->r.now),
                     0);
    rig_pull(&g->r);
    assert_int_equal(g->r.peers[0].heard.unsubs, 0);
    assert_int_equal(p2p__gossip_unsubscribe(g->r.g, "open", 4, g->r.now), 0);
    rig_pull(&g->r);
    assert_int_equal(g->r.peers[0].heard.unsubs, 1);
    end(g);
}

/* One frame has all of it. */
static void test_who_may_now_comes_in_at_once(void **state)
{
    const struct rig_heard *h;
    struct gate *g = start(1, 1);

    (void)state;
    rig_add(&g->r, 1, P2P__GOSSIP_V12, false);
    rig_sub(&g->r, 1, T, true);
    rig_hello(&g->r, 0, T, NULL);
    assert_int_equal(g->r.ev.subscribed, 1);
    assert_hears_nothing(g, 1);
    turn(g, 1, false);
    h = &g->r.peers[1].heard;
    assert_int_equal(h->frames, 1);
    assert_int_equal(h->subs, 1);
    assert_int_equal(h->grafts, 1);
    assert_int_equal(h->ihave_ids, 1);
    assert_int_equal(g->r.ev.subscribed, 2);
    assert_true(rig_in_mesh(&g->r, T, 1));
    assert_int_equal(publish(g, T), 2);
    /* And the same answer again is no news. */
    rig_forget(&g->r);
    turn(g, 1, false);
    assert_hears_nothing(g, 0);
    assert_hears_nothing(g, 1);
    end(g);
}

/* A mesh that is full does not take it in, but it is told what there was. */
static void test_who_may_now_is_told_of_what_went_before(void **state)
{
    struct gate *g = start(5, 4);
    struct rig_id id;

    (void)state;
    rig_hello(&g->r, 0, T, &id);
    assert_hears_nothing(g, 4);
    turn(g, 4, false);
    assert_false(rig_in_mesh(&g->r, T, 4));
    assert_int_equal(g->r.peers[4].heard.ihave_ids, 1);
    rig_ids(&g->r, 4, IWANT, NULL, &id, 1);
    assert_int_equal(g->r.peers[4].heard.messages, 1);
    end(g);
}

/* It did not say yet that it is subscribed: it hears that we are. */
static void test_who_may_now_is_told_of_our_subscription(void **state)
{
    struct gate *g = start(0, 0);

    (void)state;
    rig_add(&g->r, 0, P2P__GOSSIP_V12, false);
    rig_pull(&g->r);
    assert_hears_nothing(g, 0);
    rig_beat(&g->r, 40); /* what was noted of it is forgotten */
    turn(g, 0, false);
    assert_int_equal(g->r.peers[0].heard.subs, 1);
    assert_int_equal(g->r.peers[0].heard.grafts, 0);
    rig_sub(&g->r, 0, T, true);
    assert_true(rig_in_mesh(&g->r, T, 0));
    end(g);
}

static void test_who_may_no_more_is_out(void **state)
{
    struct gate *g = start(3, RIG_PEERS - 1);

    (void)state;
    assert_true(rig_in_mesh(&g->r, T, 2));
    rig_forget(&g->r);
    turn(g, 2, true);
    assert_int_equal(g->r.peers[2].heard.prunes, 1);
    assert_int_equal(g->r.peers[2].heard.backoff_s, 10);
    assert_int_equal(g->r.peers[2].heard.unsubs, 1);
    assert_int_equal(g->r.ev.pruned, 1);
    assert_int_equal(g->r.ev.unsubscribed, 1);
    assert_int_equal(present(g, T), 2);
    rig_forget(&g->r);
    assert_int_equal(all_talk(g, 2), 2);
    assert_hears_nothing(g, 2);
    /* It goes of itself, and that is no news either. */
    rig_sub(&g->r, 2, T, false);
    assert_int_equal(g->r.ev.unsubscribed, 0);
    turn(g, 2, false);
    assert_int_equal(present(g, T), 2);
    end(g);
}

/* Neither what waits for it, nor the frame that its stream did not take yet. */
static void test_what_waits_for_it_is_dropped(void **state)
{
    struct gate *g = start(3, RIG_PEERS - 1);
    struct rig_id id;

    (void)state;
    rig_join(&g->r, "open");
    rig_sub(&g->r, 2, "open", true);
    rig_forget(&g->r);
    g->r.peers[2].deaf = true;
    rig_hello(&g->r, 0, T, &id);
    rig_hello(&g->r, 1, T, NULL);
    assert_int_equal(publish(g, T), 3);
    rig_ids(&g->r, 2, IWANT, NULL, &id, 1);
    rig_hello(&g->r, 0, "open", NULL);
    g->r.peers[2].deaf = false;
    turn(g, 2, true);
    assert_int_equal(g->r.peers[2].heard.messages, 1); /* in "open" */
    assert_int_equal(g->r.peers[2].heard.prunes, 1);
    end(g);
}

/* Our GRAFT and our subscription did not leave yet: nothing is to be unsaid. */
static void test_what_was_not_said_is_not_unsaid(void **state)
{
    struct gate *g = make();

    (void)state;
    rig_start(&g->r);
    rig_crowd(&g->r, 1, T);
    rig_join(&g->r, T);
    assert_true(rig_in_mesh(&g->r, T, 0));
    turn(g, 0, true);
    assert_false(rig_in_mesh(&g->r, T, 0));
    assert_hears_nothing(g, 0);
    end(g);
}

/* Its stream begins again: what it knew before is taken back once more. */
static void test_a_new_stream_does_not_open_the_gate(void **state)
{
    struct gate *g = start(3, 2);

    (void)state;
    p2p__gossip_peer_restart(g->r.g, g->r.peers[2].gp);
    p2p__gossip_peer_version(g->r.g, g->r.peers[2].gp, P2P__GOSSIP_FLOODSUB);
    assert_int_equal(all_talk(g, 2), 2);
    assert_hears_nothing(g, 2);
    turn(g, 1, true);
    rig_forget(&g->r);
    p2p__gossip_peer_restart(g->r.g, g->r.peers[1].gp);
    rig_pull(&g->r);
    assert_int_equal(g->r.peers[1].heard.subs, 0);
    assert_int_equal(g->r.peers[1].heard.grafts, 0);
    end(g);
}

static void test_fanouts_follow(void **state)
{
    struct gate *g = make();

    (void)state;
    g->r.cfg.params.flood_publish = false;
    rig_start(&g->r);
    rig_crowd(&g->r, 3, T);
    assert_int_equal(publish(g, T), 3);
    turn(g, 1, true);
    assert_int_equal(publish(g, T), 2);
    turn(g, 1, false);
    rig_beat(&g->r, 1); /* which fills fan-outs */
    assert_int_equal(publish(g, T), 3);
    end(g);
}

/* What we asked it for cannot come any more. */
static void test_its_promises_are_forgiven(void **state)
{
    (void)state;
    for (unsigned shut = 0; shut < 2; shut++) {
        struct gate *g = make();

        g->r.cfg.score = &g->r.score;
        rig_start(&g->r);
        rig_join(&g->r, T);
        rig_crowd(&g->r, 2, T);
        rig_made_up(&g->r, 0, IHAVE, T, 1, 1);
        rig_made_up(&g->r, 1, IHAVE, T, 1, 1); /* the same */
        rig_made_up(&g->r, 1, IHAVE, T, 2, 1);
        turn(g, 1, shut == 1);
        rig_beat(&g->r, 6);
        assert_int_equal(p2p__gossip_stats(g->r.g)->broken_promises,
                         shut == 1 ? 1 : 3);
        end(g);
    }
}

static void test_the_answer_counts_until_asked_again(void **state)
{
    struct gate *g = start(2, RIG_PEERS - 1);
    unsigned asked = g->asked;

    (void)state;
    assert_int_equal(asked, 2);
    g->shut[0] = true;
    (void)all_talk(g, 1);
    rig_hello(&g->r, 0, T, NULL);
    assert_int_equal(g->asked, asked);
    assert_true(rig_in_mesh(&g->r, T, 0));
    p2p__gossip_recheck(g->r.g, g->r.now);
    assert_int_equal(g->asked, asked + 2);
    assert_false(rig_in_mesh(&g->r, T, 0));
    end(g);
}

/* One that went with a back-off is remembered, but not what it might. */
static void test_who_returns_is_asked_for_anew(void **state)
{
    (void)state;
    for (unsigned shut = 0; shut < 2; shut++) {
        struct gate *g = start(2, shut);

        rig_prune(&g->r, 1, T, 60);
        g->shut[1] = shut == 0;
        rig_remove(&g->r, 1);
        p2p__gossip_recheck(g->r.g, g->r.now);
        rig_forget(&g->r);
        rig_add(&g->r, 1, P2P__GOSSIP_V12, false);
        rig_sub(&g->r, 1, T, true);
        assert_int_equal(g->r.peers[1].heard.subs, shut);
        assert_int_equal(g->r.peers[1].heard.unsubs, 0);
        assert_int_equal(g->r.ev.subscribed, shut);
        end(g);
    }
}

/* P2P__CAP_GOSSIP_PEER_TOPICS: topics where it may not be count, too. */
static void test_topics_of_who_may_not_are_bounded(void **state)
{
    struct gate *g = start(1, 0);
    char name[16];
    uint64_t held = 0;

    (void)state;
    for (unsigned n = 0; n < 2 * P2P__CAP_GOSSIP_PEER_TOPICS; n++) {
        (void)snprintf(name, sizeof name, "t%u", n);
        rig_sub(&g->r, 0, name, true);
        if (n + 2 == P2P__CAP_GOSSIP_PEER_TOPICS) {
            held = g->r.peers[0].quota.used[P2P__Q_MEMORY];
        }
    }
    assert_int_equal(g->r.peers[0].quota.used[P2P__Q_MEMORY], held);
    assert_true(p2p__gossip_stats(g->r.g)->limited > 0);
    end(g);
}

/* Without room to note what it was told it is told nothing, until there is. */
static void test_what_cannot_be_noted_is_said_later(void **state)
{
    struct gate *g = make();
    struct p2p__quota *q = &g->r.peers[0].quota;

    (void)state;
    rig_start(&g->r);
    rig_join(&g->r, T);
    rig_join(&g->r, "open");
    rig_add(&g->r, 0, P2P__GOSSIP_V12, false);
    q->limit[P2P__Q_MEMORY] = q->used[P2P__Q_MEMORY] + 8;
    rig_pull(&g->r);
    assert_hears_nothing(g, 0);
    q->limit[P2P__Q_MEMORY] = P2P__Q_UNLIMITED;
    rig_sub(&g->r, 0, T, true);
    assert_int_equal(g->r.peers[0].heard.subs, 2);
    assert_int_equal(g->r.peers[0].heard.grafts, 1);
    end(g);
}

/* Gates that open and shut while everything goes on leave nothing behind. */
static void test_nothing_is_held_in_the_end(void **state)
{
    struct gate *g = make();

    (void)state;
    g->r.cfg.score = &g->r.score;
    g->r.cfg.params.flood_publish = false;
    rig_start(&g->r);
    for (unsigned n = 0; n < 60; n++) {
        struct rig *r = &g->r;

        if (n % 10 == 0) {
            (void)p2p__gossip_unsubscribe(r->g, T, strlen(T), r->now);
        } else if (n % 10 == 3) {
            rig_join(r, T);
        }
        if (r->peers[n % 7].gp == NULL) {
            rig_add(r, n % 7, P2P__GOSSIP_V12, n % 2 == 0);
        } else if (n % 11 == 0) {
            rig_remove(r, n % 7);
            continue;
        }
        rig_sub(r, n % 7, T, n % 5 != 0);
        rig_graft(r, n % 7, T);
        rig_hello(r, n % 7, T, NULL);
        (void)publish(g, T);
        turn(g, n * 3 % 7, n % 2 == 0);
        rig_beat(r, 1);
    }
    for (unsigned i = 0; i < 7; i++) {
        if (g->r.peers[i].gp != NULL) {
            rig_remove(&g->r, i);
        }
    }
    (void)p2p__gossip_unsubscribe(g->r.g, T, strlen(T), g->r.now);
    rig_beat(&g->r, 130);
    rig_beat(&g->r, 3700);
    assert_int_equal(g->r.quota.used[P2P__Q_MEMORY], 0);
    end(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may_not_hears_nothing),
        cmocka_unit_test(test_the_filter_is_above_what_was_agreed),
        cmocka_unit_test(test_its_graft_is_answered_with_a_short_prune),
        cmocka_unit_test(test_what_it_sends_is_not_seen),
        cmocka_unit_test(test_authors_are_not_asked_for),
        cmocka_unit_test(test_topics_are_asked_for_one_by_one),
        cmocka_unit_test(test_who_may_now_comes_in_at_once),
        cmocka_unit_test(test_who_may_now_is_told_of_what_went_before),
        cmocka_unit_test(test_who_may_now_is_told_of_our_subscription),
        cmocka_unit_test(test_who_may_no_more_is_out),
        cmocka_unit_test(test_what_waits_for_it_is_dropped),
        cmocka_unit_test(test_what_was_not_said_is_not_unsaid),
        cmocka_unit_test(test_a_new_stream_does_not_open_the_gate),
        cmocka_unit_test(test_fanouts_follow),
        cmocka_unit_test(test_its_promises_are_forgiven),
        cmocka_unit_test(test_the_answer_counts_until_asked_again),
        cmocka_unit_test(test_who_returns_is_asked_for_anew),
        cmocka_unit_test(test_topics_of_who_may_not_are_bounded),
        cmocka_unit_test(test_what_cannot_be_noted_is_said_later),
        cmocka_unit_test(test_nothing_is_held_in_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
