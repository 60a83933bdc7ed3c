/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is held is given back: after everything, a core that lives on holds
 * not a byte, and a long life takes no more than a short one. */
#include "proto/gossip/rpc.h"
#include "rig.h"
#include "unit.h"

#define T "topic"

/* A busy minute with everything that peers can do. */
static void busy(struct rig *r, unsigned peers)
{
    static const uint8_t data[2000];
    struct rig_msg m = {.topic = T, .data = data, .data_len = sizeof data};
    const struct p2p__slice own = p2p__slice_of(data, 500);

    rig_crowd(r, peers, T);
    for (unsigned k = 0; k < 60; k++) {
        m.author = 40 + k % 10;
        rig_send(r, k % peers, &m, NULL);
        m.bad_signature = k % 7 == 0;
        rig_hello(r, (k + 1) % peers, T, NULL);
        rig_made_up(r, k % peers, P2P__RPC_CTL_IHAVE, T, k * 10, 3);
        rig_made_up(r, k % peers, P2P__RPC_CTL_IWANT, NULL, k, 3);
        rig_made_up(r, k % peers, P2P__RPC_CTL_IDONTWANT, NULL, k, 3);
        rig_prune(r, k % peers, T, 30);
        rig_graft(r, (k * 3) % peers, T);
        rig_sub(r, k % peers, "another", k % 2 == 0);
        (void)p2p__gossip_publish(r->g, T, strlen(T), &own, r->now, NULL);
        (void)p2p__gossip_publish(r->g, "else", 4, &own, r->now, NULL);
        rig_beat(r, 1);
    }
    for (unsigned i = 0; i < peers; i++) {
        rig_remove(r, i);
    }
}

static void init(struct rig *r)
{
    rig_init(r);
    r->cfg.score = &r->score;
    r->cfg.increasing_seqno = true;
    r->cfg.alias_fn = p2p__gossip_id_key_seqno;
    r->cfg.params.flood_publish = false;
    rig_start(r);
}

static void test_T29_after_everything_nothing_is_held(void **state)
{
    const struct p2p__gossip_topic_cfg tc = {.validate = true};
    struct rig r;

    (void)state;
    init(&r);
    assert_int_equal(p2p__gossip_subscribe(r.g, T, strlen(T), &tc, r.now), 0);
    busy(&r, 20);
    assert_true(r.quota.used[P2P__Q_MEMORY] > 0);
    assert_int_equal(p2p__gossip_unsubscribe(r.g, T, strlen(T), r.now), 0);
    rig_beat(&r, 130);  /* ids, fan-out, history, verdicts */
    rig_beat(&r, 3700); /* scores, authors */
    assert_int_equal(r.quota.used[P2P__Q_MEMORY], 0);
    rig_fini(&r);
}

static void test_a_long_life_holds_no_more_than_a_short_one(void **state)
{
    uint64_t first = 0;
    struct rig r;

    (void)state;
    init(&r);
    rig_join(&r, T);
    for (int i = 0; i < 5; i++) {
        uint64_t held;

        busy(&r, 20);
        rig_beat(&r, 4000);
        held = r.quota.used[P2P__Q_MEMORY];
        first = i == 0 ? held : first;
        assert_int_equal(held, first);
    }
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T29_after_everything_nothing_is_held),
        cmocka_unit_test(test_a_long_life_holds_no_more_than_a_short_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
