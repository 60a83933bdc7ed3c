/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages: who gets them, when, and in what order; signatures; ids. */
#include "p2p/hash.h"
#include "proto/gossip/rpc.h"
#include "rig.h"
#include "unit.h"

#define T "topic"

static void start(struct rig *r, unsigned crowd)
{
    rig_init(r);
    rig_start(r);
    rig_join(r, T);
    rig_crowd(r, crowd, T);
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

static void test_a_message_goes_to_the_mesh_but_not_back(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 10);
    assert_int_equal(rig_mesh(&r, T), 4);
    rig_hello(&r, 9, T, NULL); /* is not in the mesh */
    assert_int_equal(r.ev.messages, 1);
    assert_memory_equal(r.ev.data, "hello", 5);
    assert_int_equal(r.ev.seqno, 1);
    assert_true(p2p_peer_id_equal(&r.ev.from, &r.peers[9].id));
    assert_int_equal(heard(&r), 4);
    rig_forget(&r);
    for (unsigned i = 0; i < 10; i++) {
        if (rig_in_mesh(&r, T, i)) {
            rig_hello(&r, i, T, NULL);
            assert_int_equal(r.peers[i].heard.messages, 0);
            break;
        }
    }
    assert_int_equal(heard(&r), 3);
    rig_fini(&r);
}

static void test_nothing_goes_back_to_the_author(void **state)
{
    const struct rig_msg m = {
        .author = 0, .topic = T, .data = "x", .data_len = 1};
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_send(&r, 3, &m, NULL);
    assert_int_equal(r.peers[0].heard.messages, 0);
    assert_int_equal(heard(&r), 2);
    rig_fini(&r);
}

static void test_a_duplicate_is_dropped(void **state)
{
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_send(&r, 0, &m, NULL);
    rig_send(&r, 1, &m, NULL);
    rig_send(&r, 0, &m, NULL);
    assert_int_equal(r.ev.messages, 1);
    assert_int_equal(p2p__gossip_stats(r.g)->duplicates, 2);
    /* So it is for two minutes, and then it is new. */
    rig_beat(&r, 119);
    rig_send(&r, 1, &m, NULL);
    assert_int_equal(r.ev.messages, 1);
    rig_beat(&r, 2);
    rig_send(&r, 1, &m, NULL);
    assert_int_equal(r.ev.messages, 2);
    rig_fini(&r);
}

static void test_a_peer_that_sends_it_meanwhile_is_not_sent_it(void **state)
{
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .seqno = 77};
    struct rig r;

    (void)state;
    start(&r, 4);
    r.peers[1].deaf = true; /* a first message blocks its stream */
    rig_hello(&r, 0, T, NULL);
    rig_send(&r, 0, &m, NULL); /* a second one waits */
    rig_send(&r, 1, &m, NULL); /* it has it already */
    r.peers[1].deaf = false;
    p2p__gossip_tx_done(r.g, r.peers[1].gp);
    rig_pull(&r);
    assert_int_equal(r.peers[1].heard.messages, 0);
    assert_int_equal(p2p__gossip_stats(r.g)->suppressed, 1);
    rig_fini(&r);
}

static void test_other_topics_are_ignored(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_hello(&r, 0, "other", NULL);
    assert_int_equal(r.ev.messages, 0);
    assert_int_equal(p2p__gossip_stats(r.g)->ignored, 1);
    assert_int_equal(p2p__gossip_stats(r.g)->invalid, 0);
    rig_fini(&r);
}

static void test_floodsub_peers_get_every_message(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_add(&r, 20, P2P__GOSSIP_FLOODSUB, false);
    rig_sub(&r, 20, T, true);
    rig_hello(&r, 0, T, NULL);
    assert_int_equal(r.peers[20].heard.messages, 1);
    /* And are heard. */
    rig_hello(&r, 20, T, NULL);
    assert_int_equal(r.ev.messages, 2);
    rig_fini(&r);
}

static void test_own_messages_are_signed_as_others_expect(void **state)
{
    static const char prefix[] = "libp2p-pubsub:";
    const struct p2p__slice data = p2p__slice_of("payload", 7);
    struct p2p__gossip_id id;
    struct p2p__slice frame;
    struct p2p__pb_field f;
    struct p2p__rpc_msg m;
    struct p2p__pb pb;
    uint8_t buf[512];
    size_t key_len;
    struct rig r;

    (void)state;
    start(&r, 1);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, &id),
                     1);
    assert_true(p2p__gossip_tx(r.g, r.peers[0].gp, &frame, r.now));
    assert_int_equal(frame.p[0], frame.len - 2); /* two bytes of prefix */
    assert_int_equal(frame.p[1], 1);
    p2p__slice_skip(&frame, 2);
    (void)f;
    p2p__pb_init(&pb, frame);
    assert_true(p2p__pb_next(&pb, &f));
    assert_int_equal(p2p__rpc_msg_read(f.bytes, &m), 0);
    assert_int_equal(m.view.seqno.len, 8);
    assert_memory_equal(m.view.from.p, r.cfg.self.bytes, r.cfg.self.len);
    assert_memory_equal(m.view.key.p, p2p_key_public(r.key, &key_len),
                        m.view.key.len);
    memcpy(buf, prefix, sizeof prefix - 1);
    memcpy(buf + sizeof prefix - 1, m.body.p, m.signed_len);
    assert_int_equal(
        p2p_pubkey_verify(m.view.key.p, m.view.key.len, buf,
                          sizeof prefix - 1 + m.signed_len, m.view.signature.p,
                          m.view.signature.len),
        0);
    /* The id is from ‖ seqno. */
    assert_int_equal(id.len, m.view.from.len + 8);
    assert_memory_equal(id.bytes, m.view.from.p, m.view.from.len);
    assert_memory_equal(id.bytes + m.view.from.len, m.view.seqno.p, 8);
    p2p__gossip_tx_done(r.g, r.peers[0].gp);
    rig_fini(&r);
}

static void test_sequence_numbers_increase_though_the_clock_stands(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    struct p2p__gossip_id a, b, c;
    struct rig r;

    (void)state;
    start(&r, 0);
    (void)p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, &a);
    (void)p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, &b);
    r.env.wall_ns -= 1000000000;
    (void)p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, &c);
    assert_true(memcmp(a.bytes, b.bytes, a.len) < 0);
    assert_true(memcmp(b.bytes, c.bytes, a.len) < 0);
    rig_fini(&r);
}

static void test_a_former_life_of_ours_is_nobodys_fault(void **state)
{
    struct p2p__gossip_score_view v;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.score = &r.score;
    r.cfg.self = r.peers[5].id;
    p2p_key_free(r.key);
    {
        const uint8_t seed[32] = {5, 0, 7};

        assert_int_equal(p2p_key_from_seed(seed, &r.key), 0);
        r.cfg.key = r.key;
    }
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 2, T);
    {
        const struct rig_msg m = {
            .author = 5, .topic = T, .data = "x", .data_len = 1};

        rig_send(&r, 0, &m, NULL);
    }
    assert_int_equal(r.ev.messages, 0);
    p2p__gossip_score(r.g, r.peers[0].gp, r.now, &v);
    assert_true(v.score >= 0);
    rig_fini(&r);
}

static void send_bad(struct rig *r, struct rig_msg m, unsigned want_invalid)
{
    m.author = 9;
    m.topic = T;
    m.data = "x";
    m.data_len = 1;
    rig_send(r, 0, &m, NULL);
    assert_int_equal(r->ev.messages, 0);
    assert_int_equal(heard(r), 0);
    assert_int_equal(p2p__gossip_stats(r->g)->invalid, want_invalid);
    rig_beat(r, 2);
    rig_forget(r);
}

static void test_T31_what_is_not_signed_right_is_refused(void **state)
{
    struct rig r;
    struct rig_msg ok = {.author = 9, .topic = T, .seqno = 5};

    (void)state;
    start(&r, 4);
    send_bad(&r, (struct rig_msg){.no_signature = true, .seqno = 5}, 1);
    send_bad(&r, (struct rig_msg){.bad_signature = true, .seqno = 5}, 2);
    send_bad(&r, (struct rig_msg){.other_key = true, .seqno = 5}, 3);
    send_bad(&r, (struct rig_msg){.no_from = true, .seqno = 5}, 4);
    send_bad(&r, (struct rig_msg){.no_seqno = true, .seqno = 5}, 5);
    send_bad(&r, (struct rig_msg){.seqno_len = 7, .seqno = 5}, 6);
    send_bad(&r, (struct rig_msg){.seqno_len = 16, .seqno = 5}, 7);
    /* A good signature, but another's name; with the key and without. */
    send_bad(&r, (struct rig_msg){.forged = true, .seqno = 5}, 8);
    send_bad(&r, (struct rig_msg){.forged = true, .no_key = true, .seqno = 5},
             9);
    /* None of them stands in the way of the true one, empty as it is. */
    rig_send(&r, 0, &ok, NULL);
    assert_int_equal(r.ev.messages, 1);
    assert_int_equal(r.ev.data_len, 0);
    rig_fini(&r);
}

static void send_seqno(struct rig *r, unsigned via, uint64_t seqno,
                       unsigned want)
{
    const struct rig_msg m = {.author = 9, .topic = T, .seqno = seqno};

    rig_send(r, via, &m, NULL);
    assert_int_equal(r->ev.messages, want);
}

static void test_T31_old_sequence_numbers_are_replays(void **state)
{
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.increasing_seqno = true;
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 3, T);
    send_seqno(&r, 0, 1000, 1);
    send_seqno(&r, 0, 999, 2); /* one that was overtaken */
    rig_beat(&r, 119);
    send_seqno(&r, 0, 998, 3); /* by two minutes, even */
    rig_beat(&r, 122);
    send_seqno(&r, 1, 1000, 3);
    send_seqno(&r, 1, 998, 3);
    send_seqno(&r, 1, 1001, 4);
    assert_int_equal(p2p__gossip_stats(r.g)->invalid, 0);
    /* Silent authors are forgotten, and the quota is given back. */
    rig_beat(&r, 3700);
    send_seqno(&r, 1, 1000, 5);
    rig_fini(&r);
}

/* Peer `via` brings a message of another author. */
static void hello_by(struct rig *r, unsigned author, unsigned via)
{
    const struct rig_msg m = {.author = author, .topic = T};

    rig_send(r, via, &m, NULL);
}

static void test_T31_authors_have_a_cap(void **state)
{
    uint64_t at_cap;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.increasing_seqno = true;
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 1, T);
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_AUTHORS + 50; i++) {
        uint8_t seed[32] = {(uint8_t)i, (uint8_t)(i >> 8), 99};
        struct p2p_key *was = r.peers[9].key;
        const uint8_t *pub;
        size_t len;

        assert_int_equal(p2p_key_from_seed(seed, &r.peers[9].key), 0);
        pub = p2p_key_public(r.peers[9].key, &len);
        assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &r.peers[9].id), 0);
        p2p_key_free(was);
        hello_by(&r, 9, 0);
        if (i % 16 == 0) {
            rig_beat(&r, 1);
        }
    }
    assert_int_equal(p2p__gossip_stats(r.g)->limited, 50);
    rig_beat(&r, 130);
    at_cap = r.quota.used[P2P__Q_MEMORY];
    assert_in_range(at_cap, P2P__CAP_GOSSIP_AUTHORS * 100U,
                    P2P__CAP_GOSSIP_AUTHORS * 200U);
    rig_fini(&r);
}

static void test_T31_same_id_with_other_data_is_a_duplicate(void **state)
{
    struct rig_msg m = {
        .author = 9, .topic = T, .data = "a", .data_len = 1, .seqno = 5};
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_send(&r, 0, &m, NULL);
    m.data = "b";
    rig_send(&r, 1, &m, NULL);
    assert_int_equal(r.ev.messages, 1);
    assert_memory_equal(r.ev.data, "a", 1);
    rig_fini(&r);
}

static void test_T31_data_up_to_the_cap_and_not_above(void **state)
{
    size_t cap = P2P__CAP_GOSSIP_DATA;
    uint8_t *data = test_calloc(cap + 1, 1);
    struct rig_msg m = {
        .author = 9, .topic = T, .data = data, .data_len = cap - 4096};
    struct p2p__slice big = p2p__slice_of(data, cap + 1);
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_send(&r, 0, &m, NULL);
    assert_int_equal(r.ev.messages, 1);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &big, r.now, NULL),
                     P2P_ETOOBIG);
    big.len = cap;
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &big, r.now, NULL),
                     4);
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.message_len, cap);
    rig_beat(&r, 2);
    test_free(data);
    rig_fini(&r);
}

static void test_a_key_inside_the_id_need_not_be_sent(void **state)
{
    const struct rig_msg m = {
        .author = 9, .topic = T, .data = "x", .data_len = 1, .no_key = true};
    struct rig r;

    (void)state;
    start(&r, 4);
    rig_send(&r, 0, &m, NULL);
    assert_int_equal(r.ev.messages, 1);
    rig_fini(&r);
}

static void test_strict_no_sign_wants_none_of_it(void **state)
{
    const struct rig_msg signed_one = {
        .author = 9, .topic = T, .data = "x", .data_len = 1};
    const struct p2p__slice data = p2p__slice_of("x", 1);
    static const char bare[] = "\x12\x0a\x12\x01y\x22\x05topic";
    struct p2p__gossip_id id;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.policy = P2P__GOSSIP_STRICT_NO_SIGN;
    r.cfg.key = NULL;
    rig_start(&r);
    rig_join(&r, T);
    rig_crowd(&r, 4, T);
    rig_send(&r, 0, &signed_one, NULL);
    assert_int_equal(r.ev.messages, 0);
    assert_int_equal(p2p__gossip_stats(r.g)->invalid, 1);
    rig_say(&r, 0, bare, sizeof bare - 1);
    assert_int_equal(r.ev.messages, 1);
    assert_int_equal(r.ev.from.len, 0);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, &id),
                     4);
    assert_int_equal(id.len, P2P_SHA256_BYTES);
    /* The same content is the same message. */
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL),
                     P2P_EDUP);
    rig_fini(&r);
}

static void test_js_ids_are_key_and_seqno(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    struct p2p__gossip_id id;
    size_t len;
    struct rig r;

    (void)state;
    rig_init(&r);
    r.cfg.id_fn = p2p__gossip_id_key_seqno;
    rig_start(&r);
    assert_int_equal(p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, &id),
                     0);
    /* For Ed25519 that is `from` without its first two bytes. */
    (void)p2p_key_public(r.key, &len);
    assert_int_equal(id.len, len + 8);
    assert_memory_equal(id.bytes, r.cfg.self.bytes + 2, len);
    rig_fini(&r);
}

static void test_a_slow_peer_loses_what_is_forwarded(void **state)
{
    struct rig r;

    (void)state;
    start(&r, 2);
    r.peers[1].deaf = true;
    for (unsigned i = 0; i < P2P__CAP_GOSSIP_QUEUE + 50; i++) {
        rig_hello(&r, 0, T, NULL);
    }
    assert_int_equal(p2p__gossip_stats(r.g)->dropped, 49);
    /* What we say ourselves still has room, and goes first. */
    {
        const struct p2p__slice data = p2p__slice_of("own", 3);

        assert_int_equal(
            p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL), 2);
    }
    r.peers[1].deaf = false;
    p2p__gossip_tx_done(r.g, r.peers[1].gp);
    rig_pull(&r);
    assert_int_equal(r.peers[1].heard.messages, P2P__CAP_GOSSIP_QUEUE + 1);
    rig_fini(&r);
}

static void test_a_slow_peer_pins_few_bytes(void **state)
{
    size_t len = 256 * 1024;
    uint8_t *data = test_calloc(len, 1);
    struct rig_msg m = {.author = 0, .topic = T, .data = data, .data_len = len};
    struct rig r;

    (void)state;
    start(&r, 2);
    r.peers[1].deaf = true;
    for (int i = 0; i < 30; i++) {
        rig_send(&r, 0, &m, NULL);
    }
    rig_beat(&r, 6); /* the history lets go of them */
    assert_in_range(r.quota.used[P2P__Q_MEMORY], 1,
                    P2P__CAP_GOSSIP_QUEUE_BYTES + 512 * 1024);
    rig_remove(&r, 1);
    assert_in_range(r.quota.used[P2P__Q_MEMORY], 1, 64 * 1024);
    test_free(data);
    rig_fini(&r);
}

static void test_a_broken_stream_is_told_again(void **state)
{
    struct p2p__slice frame;
    struct rig r;

    (void)state;
    start(&r, 2);
    rig_hello(&r, 0, T, NULL);
    rig_hello(&r, 1, T, NULL);
    rig_forget(&r);
    p2p__gossip_peer_restart(r.g, r.peers[0].gp);
    assert_true(p2p__gossip_tx(r.g, r.peers[0].gp, &frame, r.now));
    p2p__gossip_peer_restart(r.g, r.peers[0].gp); /* that one is lost */
    rig_pull(&r);
    assert_int_equal(r.peers[0].heard.subs, 1);
    assert_int_equal(r.peers[0].heard.grafts, 1);
    assert_int_equal(r.peers[0].heard.ihaves, 1);
    assert_int_equal(r.peers[0].heard.ihave_ids, 1); /* not its own */
    rig_fini(&r);
}

static void test_rx_takes_a_bounded_piece(void **state)
{
    struct p2p__slice in;
    struct p2p__pbw w;
    uint8_t *buf = test_malloc(65536), *one = test_malloc(RIG_BUF / 2);
    struct rig_msg m = {.author = 9, .topic = T, .data = "x", .data_len = 1};
    struct rig r;
    unsigned calls = 0;

    (void)state;
    start(&r, 2);
    p2p__pbw_init(&w, buf, 65536);
    for (unsigned i = 0; i < 3 * P2P__CAP_GOSSIP_RX_BATCH; i++) {
        p2p__pbw_bytes(&w, P2P__RPC_PUBLISH, one,
                       rig_encode(&r, &m, one, NULL));
    }
    in = p2p__slice_of(buf, w.len);
    while (in.len > 0) {
        assert_int_equal(p2p__gossip_rx(r.g, r.peers[0].gp, &in, r.now), 0);
        calls++;
        rig_pull(&r);
        assert_int_equal(r.ev.messages, calls * P2P__CAP_GOSSIP_RX_BATCH);
    }
    assert_int_equal(calls, 3);
    test_free(buf);
    test_free(one);
    rig_fini(&r);
}

static void run_nothing(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

/* Whether the job was marked; it is not any more. */
static bool marked(struct p2p__job *job)
{
    bool was = job->queued;

    p2p__job_fini(job);
    return was;
}

static void test_output_and_events_mark_the_owner(void **state)
{
    const struct p2p__slice data = p2p__slice_of("x", 1);
    struct p2p__runq q;
    struct p2p__job job;
    struct rig r;

    (void)state;
    rig_init(&r);
    p2p__runq_init(&q, NULL);
    p2p__job_init(&job, &q, run_nothing);
    assert_int_equal(p2p__gossip_new(&r.cfg, &r.env.env, &job, r.now, &r.g), 0);
    assert_false(marked(&job));
    rig_join(&r, T);
    rig_add(&r, 0, P2P__GOSSIP_V12, false);
    assert_true(marked(&job)); /* our subscription waits */
    rig_pull(&r);
    (void)marked(&job);
    rig_sub(&r, 0, T, true);
    assert_true(marked(&job)); /* an event, and GRAFT */
    (void)p2p__gossip_publish(r.g, T, strlen(T), &data, r.now, NULL);
    assert_true(marked(&job));
    rig_pull(&r);
    (void)marked(&job);
    rig_beat(&r, 2);
    assert_false(marked(&job)); /* nothing to say */
    rig_prune(&r, 0, T, 60);
    (void)marked(&job);
    rig_graft(&r, 0, T);
    assert_true(marked(&job)); /* PRUNE */
    rig_hello(&r, 0, T, NULL);
    assert_true(marked(&job)); /* an event alone */
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_events_mark_the_owner),
        cmocka_unit_test(test_a_message_goes_to_the_mesh_but_not_back),
        cmocka_unit_test(test_nothing_goes_back_to_the_author),
        cmocka_unit_test(test_a_duplicate_is_dropped),
        cmocka_unit_test(test_a_peer_that_sends_it_meanwhile_is_not_sent_it),
        cmocka_unit_test(test_other_topics_are_ignored),
        cmocka_unit_test(test_floodsub_peers_get_every_message),
        cmocka_unit_test(test_own_messages_are_signed_as_others_expect),
        cmocka_unit_test(
            test_sequence_numbers_increase_though_the_clock_stands),
        cmocka_unit_test(test_a_former_life_of_ours_is_nobodys_fault),
        cmocka_unit_test(test_T31_what_is_not_signed_right_is_refused),
        cmocka_unit_test(test_T31_old_sequence_numbers_are_replays),
        cmocka_unit_test(test_T31_authors_have_a_cap),
        cmocka_unit_test(test_T31_same_id_with_other_data_is_a_duplicate),
        cmocka_unit_test(test_T31_data_up_to_the_cap_and_not_above),
        cmocka_unit_test(test_a_key_inside_the_id_need_not_be_sent),
        cmocka_unit_test(test_strict_no_sign_wants_none_of_it),
        cmocka_unit_test(test_js_ids_are_key_and_seqno),
        cmocka_unit_test(test_a_slow_peer_loses_what_is_forwarded),
        cmocka_unit_test(test_a_slow_peer_pins_few_bytes),
        cmocka_unit_test(test_a_broken_stream_is_told_again),
        cmocka_unit_test(test_rx_takes_a_bounded_piece),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
