/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A rendezvous point and who asks it, over a stream. */
#include "ident/record.h"
#include "proto/ask/ask.h"
#include "proto/rendezvous/server.h"
#include "proto_pair.h"
#include "unit.h"

struct fixture {
    struct p2p_key *key;
    struct p2p_peer_id peer;
    struct p2p__quota quota;
    struct p2p__rendezvous_registry registry;
    uint8_t record[1024];
    size_t record_len;
};

static int setup(void **state)
{
    static struct fixture f;
    static const char addr[] = "/ip4/192.0.2.1/tcp/4901";
    const struct p2p__rendezvous_registry_cfg cfg = {.quota = &f.quota,
                                                     .seed = {1, 2}};
    const uint8_t seed[32] = {1};
    struct p2p_multiaddr ma;
    const struct p2p__record_content content = {
        .seq = 1, .addrs = &ma, .count = 1};
    const uint8_t *pub;
    size_t len;
    int n;

    f = (struct fixture){0};
    assert_int_equal(p2p_key_from_seed(seed, &f.key), 0);
    pub = p2p_key_public(f.key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, &f.peer), 0);
    assert_int_equal(p2p_multiaddr_from_text(addr, strlen(addr), &ma), 0);
    n = p2p__record_seal(f.key, &content, f.record, sizeof f.record);
    assert_true(n > 0);
    f.record_len = (size_t)n;
    p2p__quota_init(&f.quota, NULL, "host");
    p2p__rendezvous_registry_init(&f.registry, &cfg);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    p2p__rendezvous_registry_fini(&f->registry);
    p2p__quota_fini(&f->quota);
    p2p_key_free(f->key);
    return 0;
}

static const struct p2p__addr at = {.family = 4, .ip = {8, 0, 0, 1}};

static void server_init(struct fixture *f, struct p2p__rendezvous_server *s,
                        const struct p2p_peer_id *peer)
{
    const struct p2p__fair_who who = {peer, &at};
    const struct p2p__rendezvous_server_cfg cfg = {
        .registry = &f->registry, .who = &who, .quota = &f->quota};

    p2p__rendezvous_server_init(s, &cfg, 1);
}

/* Who asks, and what he hears. */
struct asker {
    struct p2p__ask core;
    struct p2p__rendezvous_msg answer;
};

static void asker_init(struct fixture *f, struct asker *c,
                       const struct p2p__rendezvous_msg *request)
{
    struct p2p__ask_cfg cfg = {.timeout = P2P__RENDEZVOUS_TIMEOUT,
                               .quota = &f->quota};

    assert_int_equal(p2p__rendezvous_request(request, &cfg.request), 0);
    if (request->type != P2P__RENDEZVOUS_UNREGISTER) {
        cfg.cap = P2P__CAP_RENDEZVOUS_ANSWER_BYTES;
    }
    p2p__ask_init(&c->core, &cfg, 1);
}

/* Asks over a stream that cuts; how it ended. The answer is good until fini. */
static int ask(struct fixture *f, const struct p2p_peer_id *who,
               const struct p2p__rendezvous_msg *request, struct asker *c,
               struct chunker *plan)
{
    struct p2p__rendezvous_server s;
    struct p2p__slice answer;
    struct proto_end a, b;

    server_init(f, &s, who);
    asker_init(f, c, request);
    proto_end_init(&a, &p2p__ask_ops, &c->core);
    proto_end_init(&b, &p2p__serve_ops, &s.serve);
    while (proto_move(&a, &b, plan, 50, 1) || proto_move(&b, &a, plan, 50, 1)) {
    }
    p2p__serve_fini(&s.serve);
    assert_true(a.finished);
    if (b.err != 0 || a.err != 0) {
        return b.err != 0 ? b.err : a.err;
    }
    assert_true(p2p__ask_next(&c->core, &answer));
    assert_false(p2p__ask_next(&c->core, &answer));
    return p2p__rendezvous_answer(answer, request->type, &c->answer);
}

static struct p2p__rendezvous_msg registers(const struct fixture *f,
                                            const char *ns)
{
    return (struct p2p__rendezvous_msg){
        .type = P2P__RENDEZVOUS_REGISTER,
        .ns = p2p__slice_of(ns, strlen(ns)),
        .record = p2p__slice_of(f->record, f->record_len),
        .ttl_s = 60};
}

static void run_round(struct fixture *f, struct chunker *plan)
{
    const struct p2p__rendezvous_msg in = registers(f, "mesh");
    const struct p2p__rendezvous_msg find = {.type = P2P__RENDEZVOUS_DISCOVER,
                                             .ns = in.ns};
    const struct p2p__rendezvous_msg out = {.type = P2P__RENDEZVOUS_UNREGISTER,
                                            .ns = in.ns};
    struct asker c;
    struct p2p__rendezvous_found one;
    struct p2p__rendezvous_walk walk;
    struct p2p__record record;

    assert_int_equal(ask(f, &f->peer, &in, &c, plan), 0);
    assert_int_equal(c.answer.status, P2P__RENDEZVOUS_OK);
    assert_int_equal(c.answer.ttl_s, 60);
    p2p__ask_fini(&c.core);

    assert_int_equal(ask(f, &f->peer, &find, &c, plan), 0);
    assert_int_equal(c.answer.status, P2P__RENDEZVOUS_OK);
    assert_int_equal(c.answer.cookie.len, P2P__RENDEZVOUS_COOKIE_BYTES);
    p2p__rendezvous_walk_init(&walk, &c.answer);
    assert_true(p2p__rendezvous_walk_next(&walk, &one));
    assert_int_equal(p2p__record_open(one.record, &record), 0);
    assert_true(p2p_peer_id_equal(&record.peer, &f->peer));
    assert_false(p2p__rendezvous_walk_next(&walk, &one));
    p2p__ask_fini(&c.core);

    assert_int_equal(ask(f, &f->peer, &out, &c, plan), 0);
    assert_true(p2p__ask_deadline(&c.core) == 1 + P2P__RENDEZVOUS_TIMEOUT);
    p2p__ask_fini(&c.core);
    assert_int_equal(f->registry.count, 0);
}

static void test_register_discover_unregister(void **state)
{
    for (size_t i = 0; i < CHUNK_PLANS * 8; i++) {
        struct chunker plan;

        chunker_init(&plan, (enum chunk_plan)(i % CHUNK_PLANS), i);
        run_round(*state, &plan);
    }
}

static void test_T33_nobody_registers_for_another(void **state)
{
    struct fixture *f = *state;
    struct p2p__rendezvous_msg in = registers(f, "mesh");
    struct p2p_peer_id other = f->peer;
    struct asker c;
    struct chunker plan;

    chunker_init(&plan, CHUNK_ALL, 0);
    other.bytes[other.len - 1] ^= 1;
    assert_int_equal(ask(f, &other, &in, &c, &plan), 0);
    assert_int_equal(c.answer.status, P2P__RENDEZVOUS_INVALID_RECORD);
    p2p__ask_fini(&c.core);
    f->record[f->record_len - 1] ^= 1; /* of the signature */
    assert_int_equal(ask(f, &f->peer, &in, &c, &plan), 0);
    assert_int_equal(c.answer.status, P2P__RENDEZVOUS_INVALID_RECORD);
    p2p__ask_fini(&c.core);
    assert_int_equal(f->registry.count, 0);
}

/* What a point says to bytes; 0, or how it ended. */
static int say(struct fixture *f, const char *bytes, size_t len)
{
    struct p2p__rendezvous_server s;
    const struct p2p__slice in = p2p__slice_of(bytes, len);
    int rv;

    server_init(f, &s, &f->peer);
    rv = p2p__serve_rx(&s.serve, &in, 1);
    p2p__serve_fini(&s.serve);
    return rv;
}

static void test_what_is_no_request_ends_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(say(f, "\x02\x08\x01", 3), P2P_EPROTO); /* an answer */
    assert_int_equal(say(f, "\x02\x08\x04", 3), P2P_EPROTO);
    assert_int_equal(say(f, "\x02\x08\x05", 3), P2P_EFORMAT);
    assert_int_equal(say(f, "\x02\x12\x00", 3), P2P_EFORMAT); /* no type */
    assert_int_equal(say(f, "\x01\x0b", 2), P2P_EFORMAT);     /* a group */
    assert_int_equal(say(f, "\x02\x08\x03\x02\x08\x03", 6), P2P_EPROTO);
    assert_int_equal(say(f, "\x80\x40", 2), 0);
    assert_int_equal(P2P__CAP_RENDEZVOUS_REQUEST_BYTES, 8192);
    assert_int_equal(say(f, "\x81\x40", 2), P2P_ETOOBIG);
}

static void test_T33_requests_of_a_stream_have_a_cap(void **state)
{
    struct fixture *f = *state;
    static const uint8_t request[] = {2, 8, 3};
    const struct p2p__slice in = p2p__slice_of(request, sizeof request);
    struct p2p__rendezvous_server s;
    uint8_t buf[128];
    int rv = 0, i = 0;

    assert_int_equal(P2P__CAP_RENDEZVOUS_REQUESTS, 64);
    server_init(f, &s, &f->peer);
    for (; rv == 0 && i < 100; i++) {
        struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};

        rv = p2p__serve_rx(&s.serve, &in, 1);
        if (rv == 0) {
            (void)p2p__serve_tx(&s.serve, &out, 1);
        }
    }
    p2p__serve_fini(&s.serve);
    assert_int_equal(rv, P2P_ELIMIT);
    assert_int_equal(i, 65);
}

static void test_T33_an_answer_is_a_page(void **state)
{
    struct fixture *f = *state;
    static const uint8_t request[] = {2, 8, 3};
    static uint8_t record[8000] = {1};
    const struct p2p__slice in = p2p__slice_of(request, sizeof request);
    const struct p2p__rendezvous_found what = {
        .ns = p2p__slice_of("a", 1),
        .record = p2p__slice_of(record, sizeof record)};
    struct p2p__rendezvous_server s;
    struct p2p_peer_id id = f->peer;
    size_t len;

    for (int i = 0; i < 40; i++) {
        uint64_t ttl_s = 60;

        id.bytes[id.len - 1] = (uint8_t)i;
        (void)p2p__rendezvous_register(
            &f->registry, &(struct p2p__fair_who){&id, &at}, &what, &ttl_s, 1);
    }
    server_init(f, &s, &f->peer);
    (void)p2p__serve_rx(&s.serve, &in, 1);
    len = s.serve.len;
    p2p__serve_fini(&s.serve);
    assert_true(len > 200U * 1024 && len < 257U * 1024);
}

static void test_who_says_nothing_is_given_up(void **state)
{
    struct fixture *f = *state;
    const struct p2p__rendezvous_msg find = {.type = P2P__RENDEZVOUS_DISCOVER};
    struct asker c;
    struct p2p__rendezvous_server s;

    server_init(f, &s, &f->peer);
    assert_true(p2p__serve_deadline(&s.serve) == 1 + P2P__SEC(10));
    assert_int_equal(p2p__serve_expire(&s.serve, P2P__SEC(10)), 0);
    assert_int_equal(p2p__serve_expire(&s.serve, 1 + P2P__SEC(10)),
                     P2P_ETIMEDOUT);
    p2p__serve_fini(&s.serve);
    asker_init(f, &c, &find);
    assert_true(p2p__ask_deadline(&c.core) == 1 + P2P__SEC(15));
    assert_int_equal(p2p__ask_expire(&c.core, P2P__SEC(15)), 0);
    assert_int_equal(p2p__ask_expire(&c.core, 1 + P2P__SEC(15)), P2P_ETIMEDOUT);
    assert_int_equal(p2p__ask_fin(&c.core, 1), P2P_EPROTO);
    p2p__ask_fini(&c.core);
}

static void test_an_answer_must_be_to_what_was_asked(void **state)
{
    const struct p2p__rendezvous_msg find = {.type = P2P__RENDEZVOUS_DISCOVER};
    static const uint8_t registered[] = {8, 1}, big[] = {0x81, 0x80, 0x40};
    struct p2p__slice in = p2p__slice_of(registered, sizeof registered);
    struct p2p__rendezvous_msg msg;
    struct asker c;

    assert_int_equal(p2p__rendezvous_answer(in, P2P__RENDEZVOUS_DISCOVER, &msg),
                     P2P_EPROTO);
    assert_int_equal(p2p__rendezvous_answer(in, P2P__RENDEZVOUS_REGISTER, &msg),
                     0);
    assert_int_equal(
        p2p__rendezvous_answer(in, P2P__RENDEZVOUS_UNREGISTER, &msg),
        P2P_EPROTO);
    assert_int_equal(P2P__CAP_RENDEZVOUS_ANSWER_BYTES, 1 << 20);
    in = p2p__slice_of(big, sizeof big);
    asker_init(*state, &c, &find);
    assert_int_equal(p2p__ask_rx(&c.core, &in, 1), P2P_ETOOBIG);
    p2p__ask_fini(&c.core);
}

static void test_a_request_has_a_cap(void **state)
{
    static uint8_t record[P2P__CAP_RENDEZVOUS_REQUEST_BYTES + 1];
    struct p2p__rendezvous_msg in = registers(*state, "mesh");
    struct p2p__slice out;

    in.record = p2p__slice_of(record, sizeof record);
    assert_int_equal(p2p__rendezvous_request(&in, &out), P2P_ETOOBIG);
    assert_int_equal(out.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_register_discover_unregister),
        TEST(test_T33_nobody_registers_for_another),
        TEST(test_what_is_no_request_ends_it),
        TEST(test_T33_requests_of_a_stream_have_a_cap),
        TEST(test_T33_an_answer_is_a_page),
        TEST(test_who_says_nothing_is_given_up),
        TEST(test_an_answer_must_be_to_what_was_asked),
        TEST(test_a_request_has_a_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
