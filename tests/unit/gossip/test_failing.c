/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A life of the core with every allocation failing once: nothing leaks, the
 * quotas are given back, and nothing but P2P_ENOMEM is said. */
#include "failing_mem.h"
#include "wire/frame.h"
#include "proto/gossip/gossip.h"
#include "proto/gossip/rpc.h"
#include "test_env.h"
#include "unit.h"

#define T     "topic"
#define PEERS 9U

struct life {
    struct test_env env;
    struct p2p__quota quota;
    struct p2p__gossip_cfg cfg;
    struct p2p__gossip_score_params score;
    struct p2p_key *key;
    struct p2p__gossip *g;
    struct p2p__gossip_peer *peers[PEERS];
    p2p_ns now;
    bool shut; /* nobody may be in the topic */
    int rv;    /* the first error */
};

static bool may(void *user, const struct p2p_peer_id *peer,
                const struct p2p__slice *topic)
{
    const struct life *l = user;

    (void)peer;
    (void)topic;
    return !l->shut;
}

static void note(struct life *l, int rv)
{
    if (rv < 0 && l->rv == 0) {
        l->rv = rv;
    }
}

static int begin(struct life *l, bool sign)
{
    uint8_t seed[32] = {9};
    const uint8_t *pub;
    size_t len;
    int rv;

    *l = (struct life){.now = P2P__SEC(10)};
    test_env_init(&l->env, 1);
    p2p__quota_init(&l->quota, NULL, "gossip");
    p2p__gossip_cfg_defaults(&l->cfg);
    p2p__gossip_score_defaults(&l->score);
    rv = p2p_key_from_seed(seed, &l->key);
    if (rv != 0) {
        return rv;
    }
    pub = p2p_key_public(l->key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &l->cfg.self), 0);
    l->cfg.key = l->key;
    l->cfg.quota = &l->quota;
    l->cfg.score = &l->score;
    l->cfg.policy = sign ? P2P__GOSSIP_STRICT_SIGN : P2P__GOSSIP_STRICT_NO_SIGN;
    l->cfg.alias_fn = sign ? p2p__gossip_id_key_seqno : NULL;
    l->cfg.params.flood_publish = false;
    l->cfg.may_fn = may;
    l->cfg.may_user = l;
    return p2p__gossip_new(&l->cfg, &l->env.env, NULL, l->now, &l->g);
}

static void end(struct life *l)
{
    p2p__gossip_free(l->g);
    p2p__quota_fini(&l->quota);
    p2p_key_free(l->key);
}

/* Pulls events and frames; every message is valid. */
static void pump(struct life *l)
{
    struct p2p__gossip_peer *peer;
    struct p2p__gossip_ev ev;
    struct p2p__slice out;

    while (p2p__gossip_next(l->g, &ev)) {
        if (ev.handle != 0) {
            (void)p2p__gossip_validate(l->g, ev.handle, P2P__GOSSIP_ACCEPT,
                                       l->now);
        }
    }
    while ((peer = p2p__gossip_tx_peer(l->g)) != NULL) {
        while (p2p__gossip_tx(l->g, peer, &out, l->now)) {
            p2p__gossip_tx_done(l->g, peer);
        }
    }
}

static void say(struct life *l, unsigned i, const void *rpc, size_t len)
{
    struct p2p__slice in = p2p__slice_of(rpc, len);

    if (l->peers[i] != NULL) {
        note(l, p2p__gossip_rx(l->g, l->peers[i], &in, l->now));
        pump(l);
    }
}

static void arrive(struct life *l, unsigned i)
{
    struct p2p__gossip_peer_info info = {.version = P2P__GOSSIP_V12,
                                         .ip = {10, 0, 0, (uint8_t)i},
                                         .ip_len = i % 2 == 0 ? 4 : 16,
                                         .quota = &l->quota};

    info.id = l->cfg.self;
    info.id.bytes[20] ^= (uint8_t)(i + 1);
    note(l, p2p__gossip_peer_add(l->g, &info, l->now, &l->peers[i]));
}

/* Nobody may be in the topic any more, or everybody again. */
static void turn(struct life *l)
{
    l->shut = !l->shut;
    p2p__gossip_recheck(l->g, l->now);
    pump(l);
}

static void live(struct life *l)
{
    static const char sub[] = "\x0a\x09\x08\x01\x12\x05topic";
    static const char graft[] = "\x1a\x09\x1a\x07\x0a\x05topic";
    static const char prune[] = "\x1a\x0b\x22\x09\x0a\x05topic\x18\x3c";
    static const char ihave[] = "\x1a\x11\x0a\x0f\x0a\x05topic\x12\x06idid12";
    static const char message[] = "\x12\x0a\x12\x01y\x22\x05topic";
    static const char dont[] = "\x1a\x0a\x2a\x08\x0a\x06idid12";
    struct p2p__slice data = p2p__slice_of("data", 4);
    const struct p2p__gossip_topic_cfg tc = {.validate = true,
                                             .score = &l->score.topic};

    for (unsigned i = 0; i < PEERS; i++) {
        arrive(l, i);
        say(l, i, sub, sizeof sub - 1);
    }
    note(l, p2p__gossip_publish(l->g, T, 5, &data, l->now, NULL));
    note(l, p2p__gossip_subscribe(l->g, T, 5, &tc, l->now));
    pump(l);
    data.len = 3;
    note(l, p2p__gossip_publish(l->g, T, 5, &data, l->now, NULL));
    for (unsigned i = 0; i < PEERS; i++) {
        say(l, i, message, sizeof message - 1);
    }
    turn(l);
    say(l, 0, message, sizeof message - 1);
    turn(l);
    say(l, 0, graft, sizeof graft - 1);
    say(l, 1, prune, sizeof prune - 1);
    say(l, 2, ihave, sizeof ihave - 1);
    say(l, 3, dont, sizeof dont - 1);
    for (unsigned i = 0; i < 5; i++) {
        l->now = p2p__gossip_deadline(l->g);
        p2p__gossip_expire(l->g, l->now);
        pump(l);
    }
    for (unsigned i = 0; i < PEERS / 2; i++) {
        if (l->peers[i] != NULL) {
            p2p__gossip_peer_remove(l->g, l->peers[i], l->now);
            l->peers[i] = NULL;
        }
        arrive(l, i);
    }
    (void)p2p__gossip_unsubscribe(l->g, T, 5, l->now);
    pump(l);
}

static int body(void *arg)
{
    struct life l;
    int rv = begin(&l, arg == NULL);

    if (rv == 0) {
        live(&l);
        rv = l.rv;
    }
    end(&l);
    return rv;
}

static void test_every_allocation_may_fail(void **state)
{
    int unsigned_too = 1;

    (void)state;
    assert_true(failing_mem_each(body, NULL) > 60);
    assert_true(failing_mem_each(body, &unsigned_too) > 60);
}

/* One frame of 3000 bytes, in pieces. */
static int frame_body(void *arg)
{
    static uint8_t stream[3002] = {0xb8, 0x17};
    struct p2p__frame f;
    int rv = 0;

    (void)arg;
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    for (size_t at = 0; at < sizeof stream && rv >= 0; at += 100) {
        struct p2p__slice rpc,
            in = p2p__slice_of(stream + at, p2p__min(100, sizeof stream - at));

        rv = p2p__frame_next(&f, &in, &rpc);
    }
    p2p__frame_fini(&f);
    return rv < 0 ? rv : 0;
}

static void test_every_allocation_of_a_frame_may_fail(void **state)
{
    (void)state;
    assert_true(failing_mem_each(frame_body, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_every_allocation_of_a_frame_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
