/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The application's word on messages: accept, ignore, reject, and silence. */
#include "rig.h"
#include "unit.h"

#define T "topic"

static void start(struct rig *r)
{
    const struct p2p__gossip_topic_cfg tc = {.validate = true};

    rig_init(r);
    rig_start(r);
    assert_int_equal(p2p__gossip_subscribe(r->g, T, strlen(T), &tc, r->now), 0);
    rig_crowd(r, 4, T);
    rig_pull(r);
    rig_forget(r);
}

static unsigned heard(const struct rig *r)
{
    unsigned count = 0;

    for (unsigned i = 0; i < RIG_PEERS; i++) {
        count += r->peers[i].heard.messages;
    }
    return count;
}

static int judge(struct rig *r, enum p2p__gossip_verdict verdict)
{
    int rv = p2p__gossip_validate(r->g, r->ev.handle, verdict, r->now);

    rig_pull(r);
    return rv;
}

static void test_nothing_is_forwarded_before_the_verdict(void **state)
{
    struct rig_id id;
    struct rig r;

    (void)state;
    start(&r);
    rig_hello(&r, 0, T, &id);
    assert_int_equal(r.ev.messages, 1);
    assert_true(r.ev.handle != 0);
    rig_ids(&r, 1, 2, NULL, &id, 1); /* nor served */
    assert_int_equal(heard(&r), 0);
    assert_int_equal(judge(&r, P2P__GOSSIP_ACCEPT), 0);
    assert_int_equal(r.ev.messages, 1);
    assert_int_equal(heard(&r), 3);
    assert_int_equal(judge(&r, P2P__GOSSIP_ACCEPT), P2P_ENOTFOUND);
    rig_fini(&r);
}

static void test_ignored_and_rejected_go_nowhere(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    rig_hello(&r, 0, T, NULL);
    assert_int_equal(judge(&r, P2P__GOSSIP_IGNORE), 0);
    rig_hello(&r, 0, T, NULL);
    assert_int_equal(judge(&r, P2P__GOSSIP_REJECT), 0);
    rig_beat(&r, 2);
    assert_int_equal(heard(&r), 0);
    assert_int_equal(p2p__gossip_stats(r.g)->ignored, 1);
    assert_int_equal(p2p__gossip_stats(r.g)->invalid, 1);
    rig_fini(&r);
}

static void test_silence_is_ignoring(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    rig_hello(&r, 0, T, NULL);
    rig_beat(&r, 10);
    assert_int_equal(p2p__gossip_stats(r.g)->ignored, 0);
    rig_beat(&r, 1); /* 10 s */
    assert_int_equal(p2p__gossip_stats(r.g)->ignored, 1);
    assert_int_equal(judge(&r, P2P__GOSSIP_ACCEPT), P2P_ENOTFOUND);
    assert_int_equal(heard(&r), 0);
    rig_fini(&r);
}

static void test_only_so_many_wait(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_PENDING + 10; i++) {
        rig_hello(&r, 0, T, NULL);
    }
    assert_int_equal(r.ev.messages, P2P__CAP_GOSSIP_PENDING);
    assert_int_equal(r.rx, P2P_ELIMIT);
    assert_int_equal(p2p__gossip_stats(r.g)->ignored, 10);
    rig_fini(&r);
}

static void test_only_so_many_bytes_wait(void **state)
{
    size_t len = 1000 * 1000;
    uint8_t *data = test_calloc(len, 1);
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = data, .data_len = len};
    struct rig r;

    (void)state;
    start(&r);
    for (unsigned i = 0; i < 20; i++) {
        rig_send(&r, 0, &m, NULL);
    }
    assert_int_equal(r.ev.messages, P2P__CAP_GOSSIP_PENDING_BYTES / len);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], 1,
                    P2P__CAP_GOSSIP_PENDING_BYTES + 3 * 1024 * 1024);
    test_free(data);
    rig_fini(&r);
}

static void test_the_sender_may_go_before_the_verdict(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    rig_hello(&r, 0, T, NULL);
    rig_remove(&r, 0);
    assert_int_equal(judge(&r, P2P__GOSSIP_ACCEPT), 0);
    assert_int_equal(heard(&r), 3);
    rig_fini(&r);
}

static void test_the_topic_may_go_before_the_verdict(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    rig_hello(&r, 0, T, NULL);
    assert_int_equal(p2p__gossip_unsubscribe(r.g, T, strlen(T), r.now), 0);
    for (unsigned i = 0; i < 4; i++) {
        rig_remove(&r, i);
    }
    rig_beat(&r, 3);
    assert_int_equal(judge(&r, P2P__GOSSIP_ACCEPT), 0);
    assert_int_equal(heard(&r), 0);
    rig_fini(&r);
}

static void test_the_end_may_come_before_the_verdict(void **state)
{
    struct rig r;

    (void)state;
    start(&r);
    rig_hello(&r, 0, T, NULL);
    rig_hello(&r, 1, T, NULL);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_forwarded_before_the_verdict),
        cmocka_unit_test(test_ignored_and_rejected_go_nowhere),
        cmocka_unit_test(test_silence_is_ignoring),
        cmocka_unit_test(test_only_so_many_wait),
        cmocka_unit_test(test_only_so_many_bytes_wait),
        cmocka_unit_test(test_the_sender_may_go_before_the_verdict),
        cmocka_unit_test(test_the_topic_may_go_before_the_verdict),
        cmocka_unit_test(test_the_end_may_come_before_the_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
