/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* /ipfs/id/1.0.0 and /ipfs/id/push/1.0.0: what is told, what is believed, and
 * what a peer cannot make us hold; T15, T17, T18, T19, T24. */
#include <stdlib.h>

#include "hex.h"
#include "marked.h"
#include "proto/identify/reader.h"
#include "proto/identify/writer.h"
#include "proto_pair.h"
#include "test_env.h"
#include "unit.h"
#include "wire/varint.h"

#define BYTES_MAX 100000

struct fixture {
    struct test_env env;
    struct p2p_key *key;   /* the peer's */
    struct p2p_key *other; /* somebody else's */
    struct p2p__identify_peer peer;
    struct p2p_multiaddr addrs[80];
    struct p2p__quota quota;
    struct p2p__identify_reader r;
    struct proto_end end;
    uint8_t bytes[BYTES_MAX];
};

static void id_of(const struct p2p_key *key, struct p2p_peer_id *id)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);

    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, id), 0);
}

static struct p2p_multiaddr addr_of(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    uint8_t seed[32] = {1};
    struct p2p_peer_id id;

    assert_non_null(f);
    test_env_init(&f->env, 1);
    assert_int_equal(p2p_key_from_seed(seed, &f->key), 0);
    seed[0] = 2;
    assert_int_equal(p2p_key_from_seed(seed, &f->other), 0);
    id_of(f->key, &id);
    p2p__identify_peer_init(&f->peer, &id);
    for (size_t i = 0; i < P2P__COUNT(f->addrs); i++) {
        f->addrs[i] = addr_of("/ip6/2001:db8::1/tcp/4901");
        f->addrs[i].bytes[19] = (uint8_t)i; /* the port */
    }
    p2p__quota_init(&f->quota, NULL, "stream");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    p2p_key_free(f->key);
    p2p_key_free(f->other);
    p2p__identify_reader_fini(&f->r); /* twice is fine */
    assert_int_equal(f->quota.used[P2P__Q_MEMORY], 0);
    free(f);
    return 0;
}

static void start_reader(struct fixture *f)
{
    struct p2p__identify_reader_cfg cfg = {.peer = &f->peer,
                                           .quota = &f->quota};

    p2p__identify_reader_init(&f->r, &cfg, 0);
    proto_end_init(&f->end, &p2p__identify_reader_ops, &f->r);
}

/* Hands a message, behind its length, to the reader. */
static int feed_message(struct fixture *f, const void *message, size_t len,
                        struct chunker *plan)
{
    uint8_t head[P2P__VARINT_PB_MAX];
    size_t n = p2p__varint_put(head, len);
    int rv = proto_feed(&f->end, head, n, plan, 1);

    return rv == 0 ? proto_feed(&f->end, message, len, plan, 1) : rv;
}

static const struct p2p__identify_info *finish(struct fixture *f)
{
    const struct p2p__identify_info *info;

    assert_int_equal(p2p__identify_reader_fin(&f->r, 1), 0);
    info = p2p__identify_reader_next(&f->r);
    assert_null(p2p__identify_reader_next(&f->r));
    return info;
}

/* Reads one message from beginning to end. */
static const struct p2p__identify_info *read_one(struct fixture *f,
                                                 const struct p2p__pbw *w)
{
    start_reader(f);
    assert_int_equal(feed_message(f, w->p, w->len, NULL), 0);
    return finish(f);
}

static void assert_text(struct p2p__slice s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.p, text, s.len);
}

static size_t count_addrs(const struct p2p__identify_info *info)
{
    struct p2p__identify_walk walk;
    struct p2p_multiaddr ma;
    size_t n = 0;

    p2p__identify_walk_init(&walk, info);
    while (p2p__identify_next_addr(&walk, &ma)) {
        n++;
    }
    return n;
}

static size_t count_protocols(const struct p2p__identify_info *info)
{
    struct p2p__identify_walk walk;
    struct p2p__slice name;
    size_t n = 0;

    p2p__identify_walk_init(&walk, info);
    while (p2p__identify_next_protocol(&walk, &name)) {
        n++;
    }
    return n;
}

static const char *const usual[] = {"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0",
                                    "/ipfs/ping/1.0.0", "/meshsub/1.1.0"};

/* From writer to reader, in pieces and with little room. */
static void exchange(struct fixture *f, size_t n_addrs, struct chunker *plan,
                     size_t room)
{
    struct p2p__identify_self self;
    struct p2p__identify_writer w;
    struct p2p__identify_content content = {.addrs = f->addrs,
                                            .n_addrs = n_addrs,
                                            .protocols = usual,
                                            .n_protocols = P2P__COUNT(usual)};
    struct p2p_multiaddr seen = addr_of("/ip4/198.51.100.7/tcp/999");
    struct p2p__identify_writer_cfg cfg = {.self = &self, .observed = &seen};
    const struct p2p__identify_info *info;
    struct proto_end from;
    size_t key_len;
    const uint8_t *key = p2p_key_public(f->key, &key_len);

    f->peer.has_record = false;
    p2p__identify_self_init(&self, f->key, "agent/1", &f->env.env);
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    p2p__identify_writer_init(&w, &cfg, 0);
    p2p__identify_self_fini(&self); /* the writer keeps what it sends */
    proto_end_init(&from, &p2p__identify_writer_ops, &w);
    start_reader(f);
    while (proto_move(&from, &f->end, plan, room, 1)) {
    }
    assert_int_equal(from.err, 0);
    assert_int_equal(f->end.err, 0);
    info = p2p__identify_reader_next(&f->r);
    assert_non_null(info);
    assert_text(info->version, "ipfs/0.1.0");
    assert_text(info->agent, "agent/1");
    assert_int_equal(info->pubkey.len, key_len);
    assert_memory_equal(info->pubkey.p, key, key_len);
    assert_true(p2p_multiaddr_equal(&info->observed, &seen));
    assert_int_equal(info->record_status, 0);
    assert_true(p2p_peer_id_equal(&info->record.peer, &f->peer.id));
    assert_int_equal(info->record.seq, f->env.wall_ns);
    assert_int_equal(count_addrs(info), n_addrs);
    assert_int_equal(count_protocols(info), P2P__COUNT(usual));
    assert_true(info->has_protocols);
    assert_true(info->has_addrs == (n_addrs > 0));
    assert_int_equal(f->r.messages, n_addrs > 30 ? 2 : 1);
    /* Our side ends when the peer's has. */
    (void)proto_draw(&f->end, f->bytes, 10, 1);
    assert_true(f->end.finished);
    assert_int_equal(p2p__identify_writer_fin(&w, 1), 0);
    assert_true(p2p__identify_writer_deadline(&w) == P2P_NEVER);
    assert_true(p2p__identify_reader_deadline(&f->r) == P2P_NEVER);
    p2p__identify_writer_fini(&w);
    p2p__identify_reader_fini(&f->r);
    assert_int_equal(f->quota.used[P2P__Q_MEMORY], 0);
}

static void test_what_is_written_is_read(void **state)
{
    const size_t rooms[] = {1, 100, 4096};

    for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
        for (size_t i = 0; i < P2P__COUNT(rooms); i++) {
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)plan, i);
            exchange(*state, 2, &c, rooms[i]);
            exchange(*state, 0, &c, rooms[i]);
            exchange(*state, P2P__CAP_IDENTIFY_ADDRS, &c, rooms[i]);
        }
    }
}

static void test_walks_hand_out_what_is_there(void **state)
{
    struct fixture *f = *state;
    const struct p2p__identify_info *info;
    struct p2p__identify_walk walk;
    struct p2p_multiaddr own = f->addrs[1], foreign = f->addrs[2], ma;
    struct p2p_peer_id other;
    struct p2p__slice name;
    struct p2p__pbw w;

    id_of(f->other, &other);
    assert_int_equal(p2p_multiaddr_append_peer(&own, &f->peer.id), 0);
    assert_int_equal(p2p_multiaddr_append_peer(&foreign, &other), 0);
    p2p__pbw_init(&w, f->bytes, BYTES_MAX);
    p2p__pbw_bytes(&w, 2, own.bytes, own.len);
    p2p__pbw_bytes(&w, 2, "junk", 4);
    p2p__pbw_text(&w, 3, "");
    p2p__pbw_bytes(&w, 2, foreign.bytes, foreign.len);
    p2p__pbw_text(&w, 3, "/a");
    p2p__pbw_uint(&w, 2, 7);
    p2p__pbw_text(&w, 99, "from the future");
    p2p__pbw_bytes(&w, 2, f->addrs[3].bytes, f->addrs[3].len);
    p2p__pbw_text(&w, 3, "/b");
    info = read_one(f, &w);
    p2p__identify_walk_init(&walk, info);
    assert_true(p2p__identify_next_addr(&walk, &ma));
    assert_true(p2p_multiaddr_equal(&ma, &f->addrs[1]));
    assert_true(p2p__identify_next_addr(&walk, &ma));
    assert_true(p2p_multiaddr_equal(&ma, &f->addrs[3]));
    assert_false(p2p__identify_next_addr(&walk, &ma));
    p2p__identify_walk_init(&walk, info);
    assert_true(p2p__identify_next_protocol(&walk, &name));
    assert_text(name, "/a");
    assert_true(p2p__identify_next_protocol(&walk, &name));
    assert_text(name, "/b");
    assert_false(p2p__identify_next_protocol(&walk, &name));
    assert_int_equal(info->record_status, P2P_ENOTFOUND);
    assert_int_equal(info->observed.len, 0);
    p2p__identify_reader_fini(&f->r);
}

static void test_messages_are_one_message(void **state)
{
    struct fixture *f = *state;
    const struct p2p__identify_info *info;

    start_reader(f);
    assert_int_equal(feed_message(f,
                                  "\x32\x01"
                                  "a\x1a\x02/x",
                                  7, NULL),
                     0);
    assert_int_equal(feed_message(f, "", 0, NULL), 0);
    assert_int_equal(feed_message(f,
                                  "\x32\x01"
                                  "b\x1a\x02/y",
                                  7, NULL),
                     0);
    info = finish(f);
    assert_text(info->agent, "b");
    assert_int_equal(count_protocols(info), 2);
    p2p__identify_reader_fini(&f->r);
}

static void test_a_push_tells_what_it_does_not_have(void **state)
{
    struct fixture *f = *state;
    const struct p2p__identify_info *info;

    start_reader(f);
    assert_int_equal(feed_message(f, "\x1a\x02/x", 4, NULL), 0);
    info = finish(f);
    assert_true(info->has_protocols);
    assert_false(info->has_addrs);
    assert_int_equal(info->agent.len, 0);
    p2p__identify_reader_fini(&f->r);
}

static void test_texts_are_cut(void **state)
{
    struct fixture *f = *state;
    const struct p2p__identify_info *info;
    char text[4096];
    struct p2p__pbw w;

    memset(text, 'x', sizeof text);
    p2p__pbw_init(&w, f->bytes, BYTES_MAX);
    p2p__pbw_bytes(&w, 5, text, sizeof text);
    p2p__pbw_bytes(&w, 6, text, P2P__CAP_IDENTIFY_TEXT_BYTES - 1);
    p2p__pbw_bytes(&w, 3, text, P2P__CAP_IDENTIFY_NAME_BYTES);
    p2p__pbw_bytes(&w, 3, text, P2P__CAP_IDENTIFY_NAME_BYTES + 1);
    info = read_one(f, &w);
    assert_int_equal(info->version.len, P2P__CAP_IDENTIFY_TEXT_BYTES);
    assert_int_equal(info->agent.len, P2P__CAP_IDENTIFY_TEXT_BYTES - 1);
    assert_int_equal(count_protocols(info), 1);
    p2p__identify_reader_fini(&f->r);
}

static void test_a_key_is_that_of_the_peer(void **state)
{
    struct fixture *f = *state;
    size_t len;
    const uint8_t *key = p2p_key_public(f->other, &len);
    struct p2p__pbw w;

    p2p__pbw_init(&w, f->bytes, BYTES_MAX);
    p2p__pbw_bytes(&w, 1, key, len);
    assert_int_equal(read_one(f, &w)->pubkey.len, 0);
    p2p__identify_reader_fini(&f->r);
}

/* A message with a record of a key. */
static int read_record(struct fixture *f, const struct p2p_key *key,
                       uint64_t seq, size_t damage)
{
    struct p2p__record_content content = {
        .seq = seq, .addrs = f->addrs, .count = 2};
    uint8_t sealed[1024];
    struct p2p__pbw w;
    int len = p2p__record_seal(key, &content, sealed, sizeof sealed);
    int status;

    assert_true(len > 0);
    sealed[(size_t)len - 1] ^= (uint8_t)damage;
    p2p__pbw_init(&w, f->bytes, BYTES_MAX);
    p2p__pbw_bytes(&w, 8, sealed, (size_t)len);
    status = read_one(f, &w)->record_status;
    p2p__identify_reader_fini(&f->r);
    return status;
}

static void test_T15_records_of_others_are_not_used(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_record(f, f->other, 5, 0), P2P_EPEER);
    assert_int_equal(read_record(f, f->key, 5, 1), P2P_EAUTH);
    assert_false(f->peer.has_record);
    assert_int_equal(read_record(f, f->key, 5, 0), 0);
}

static void test_T19_old_records_are_ignored(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_record(f, f->key, 0, 0), 0);
    assert_int_equal(read_record(f, f->key, 0, 0), P2P_EDUP);
    assert_int_equal(read_record(f, f->key, 9, 0), 0);
    assert_int_equal(read_record(f, f->key, 8, 0), P2P_EDUP);
    assert_int_equal(read_record(f, f->key, 9, 0), P2P_EDUP);
    assert_int_equal(f->peer.seq, 9);
    assert_int_equal(read_record(f, f->key, 10, 0), 0);
    /* One of somebody else changes nothing. */
    assert_int_equal(read_record(f, f->other, 99, 0), P2P_EPEER);
    assert_int_equal(f->peer.seq, 10);
}

static void test_T17_messages_are_limited(void **state)
{
    struct fixture *f = *state;
    uint8_t *big = calloc(1, P2P__CAP_IDENTIFY_MESSAGE_BYTES + 1);
    const size_t len = P2P__CAP_IDENTIFY_MESSAGE_BYTES;
    uint8_t head[P2P__VARINT_PB_MAX];

    assert_non_null(big);
    /* Field 15, of that many zeros, but for its own head. */
    memcpy(big, "\x7a\xfd\x3f", 3);
    start_reader(f);
    for (unsigned i = 0; i < P2P__CAP_IDENTIFY_MESSAGES; i++) {
        assert_int_equal(feed_message(f, big, len, NULL), 0);
    }
    assert_true(f->quota.used[P2P__Q_MEMORY] <=
                len * P2P__CAP_IDENTIFY_MESSAGES);
    assert_int_equal(feed_message(f, "", 0, NULL), P2P_ELIMIT);
    p2p__identify_reader_fini(&f->r);
    start_reader(f);
    assert_int_equal(feed_message(f, big, len + 1, NULL), P2P_ETOOBIG);
    p2p__identify_reader_fini(&f->r);
    /* The length alone takes no memory. */
    start_reader(f);
    assert_int_equal(
        proto_feed(&f->end, head, p2p__varint_put(head, len), NULL, 1), 0);
    assert_int_equal(f->quota.used[P2P__Q_MEMORY], 0);
    p2p__identify_reader_fini(&f->r);
    free(big);
}

static void test_T17_protocols_and_addresses_are_limited(void **state)
{
    struct fixture *f = *state;
    const struct p2p__identify_info *info;
    struct p2p__pbw w;

    start_reader(f);
    for (int m = 0; m < 5; m++) {
        p2p__pbw_init(&w, f->bytes, BYTES_MAX);
        for (int i = 0; i < 400; i++) {
            p2p__pbw_text(&w, 3, "/some/name");
        }
        for (size_t i = 0; i < 20; i++) {
            p2p__pbw_bytes(&w, 2, f->addrs[i].bytes, f->addrs[i].len);
        }
        assert_int_equal(feed_message(f, w.p, w.len, NULL), 0);
    }
    info = finish(f);
    assert_int_equal(count_protocols(info), P2P__CAP_IDENTIFY_PROTOCOLS);
    assert_int_equal(count_addrs(info), P2P__CAP_IDENTIFY_ADDRS);
    p2p__identify_reader_fini(&f->r);
}

static void test_T18_pushes_are_limited(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < P2P__CAP_IDENTIFY_PUSHES; i++) {
        assert_true(p2p__identify_push_allowed(&f->peer, 1));
    }
    assert_false(p2p__identify_push_allowed(&f->peer, 1));
    assert_true(p2p__identify_push_allowed(&f->peer,
                                           1 + P2P__CAP_IDENTIFY_PUSHES_EACH));
    assert_false(p2p__identify_push_allowed(&f->peer,
                                            1 + P2P__CAP_IDENTIFY_PUSHES_EACH));
}

static void test_T24_malformed_messages_are_refused(void **state)
{
    static const char *const bad[] = {
        "0b",       /* a group */
        "02 00",    /* field 0 */
        "1a 05 2f", /* a field past the end */
        "1a ffffffffffffffffff01",
        "ffffffffffff",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        uint8_t p[32];
        size_t len = unhex(bad[i], p, sizeof p);

        start_reader(f);
        assert_int_equal(feed_message(f, p, len, NULL), 0);
        assert_int_equal(p2p__identify_reader_fin(&f->r, 1), P2P_EFORMAT);
        assert_null(p2p__identify_reader_next(&f->r));
        p2p__identify_reader_fini(&f->r);
    }
}

static void test_ends_in_the_wrong_place_are_refused(void **state)
{
    static const char *const bad[] = {"", "80", "05", "05 1a03"};
    static const char *const lengths[] = {"8000", "808001"};
    struct fixture *f = *state;
    uint8_t p[8];

    for (size_t i = 0; i < P2P__COUNT(bad); i++) {
        start_reader(f);
        assert_int_equal(
            proto_feed(&f->end, p, unhex(bad[i], p, sizeof p), NULL, 1), 0);
        assert_int_equal(p2p__identify_reader_fin(&f->r, 1), P2P_EPROTO);
        p2p__identify_reader_fini(&f->r);
    }
    for (size_t i = 0; i < P2P__COUNT(lengths); i++) {
        start_reader(f);
        assert_int_equal(
            proto_feed(&f->end, p, unhex(lengths[i], p, sizeof p), NULL, 1),
            i == 0 ? P2P_EFORMAT : P2P_ETOOBIG);
        p2p__identify_reader_fini(&f->r);
    }
}

static void test_who_does_not_end_is_taken_at_his_word(void **state)
{
    struct fixture *f = *state;

    start_reader(f);
    assert_int_equal(feed_message(f, "\x1a\x02/x", 4, NULL), 0);
    assert_int_equal(proto_draw(&f->end, f->bytes, 1, 1), 0);
    assert_false(f->end.finished);
    assert_int_equal(p2p__identify_reader_expire(&f->r, P2P__SEC(9)), 0);
    assert_null(p2p__identify_reader_next(&f->r));
    assert_int_equal(p2p__identify_reader_expire(&f->r, P2P__SEC(10)), 0);
    assert_non_null(p2p__identify_reader_next(&f->r));
    (void)proto_draw(&f->end, f->bytes, 1, P2P__SEC(10));
    assert_true(f->end.finished);
    assert_int_equal(p2p__identify_reader_expire(&f->r, P2P__SEC(20)),
                     P2P_ETIMEDOUT);
    p2p__identify_reader_fini(&f->r);
    /* Half a message is no word. */
    start_reader(f);
    assert_int_equal(proto_feed(&f->end, "\x05\x1a", 2, NULL, 1), 0);
    assert_int_equal(p2p__identify_reader_expire(&f->r, P2P__SEC(10)),
                     P2P_ETIMEDOUT);
    p2p__identify_reader_fini(&f->r);
    start_reader(f);
    assert_int_equal(p2p__identify_reader_expire(&f->r, P2P__SEC(10)),
                     P2P_ETIMEDOUT);
    p2p__identify_reader_fini(&f->r);
}

static void test_a_quota_that_is_spent_ends_it(void **state)
{
    struct fixture *f = *state;

    f->quota.limit[P2P__Q_MEMORY] = 100;
    memset(f->bytes, 0, 200);
    start_reader(f);
    assert_int_equal(feed_message(f, f->bytes, 200, NULL), P2P_ELIMIT);
    p2p__identify_reader_fini(&f->r);
    assert_int_equal(f->quota.used[P2P__Q_MEMORY], 0);
}

/* What js-libp2p 3.3.11 answers on /ipfs/id/1.0.0, less the signed record:
 * its fields, in its order. */
static void test_the_message_of_js_is_read(void **state)
{
    struct fixture *f = *state;
    const struct p2p__identify_info *info;
    struct p2p__pbw w;
    size_t key_len;
    const uint8_t *key = p2p_key_public(f->key, &key_len);

    p2p__pbw_init(&w, f->bytes, BYTES_MAX);
    p2p__pbw_text(&w, 5, "ipfs/0.1.0");
    p2p__pbw_text(&w, 6, "js-libp2p/3.3.11 node/24.21.0");
    p2p__pbw_bytes(&w, 1, key, key_len);
    p2p__pbw_bytes(&w, 2, f->addrs[0].bytes, f->addrs[0].len);
    p2p__pbw_bytes(&w, 4, f->addrs[1].bytes, f->addrs[1].len);
    p2p__pbw_text(&w, 3, "/ipfs/id/1.0.0");
    info = read_one(f, &w);
    assert_text(info->agent, "js-libp2p/3.3.11 node/24.21.0");
    assert_true(p2p_multiaddr_equal(&info->observed, &f->addrs[1]));
    assert_int_equal(count_addrs(info), 1);
    assert_int_equal(info->pubkey.len, key_len);
    p2p__identify_reader_fini(&f->r);
}

static void test_a_writer_hears_nothing(void **state)
{
    struct fixture *f = *state;
    struct p2p__identify_self self;
    struct p2p__identify_writer w;
    struct p2p__identify_content content = {0};
    struct p2p__identify_writer_cfg cfg = {.self = &self};
    struct proto_end e;

    p2p__identify_self_init(&self, f->key, "a", &f->env.env);
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    p2p__identify_writer_init(&w, &cfg, 0);
    proto_end_init(&e, &p2p__identify_writer_ops, &w);
    assert_int_equal(proto_feed(&e, "x", 1, NULL, 0), P2P_EPROTO);
    p2p__identify_writer_fini(&w);
    /* A peer that does not read, and one that does not end, are given up. */
    for (int reads = 0; reads < 2; reads++) {
        p2p__identify_writer_init(&w, &cfg, 0);
        proto_end_init(&e, &p2p__identify_writer_ops, &w);
        if (reads != 0) {
            (void)proto_draw(&e, f->bytes, BYTES_MAX, 1);
            assert_true(e.finished);
        }
        assert_int_equal(p2p__identify_writer_expire(&w, P2P__SEC(9)), 0);
        assert_int_equal(p2p__identify_writer_expire(&w, P2P__SEC(10)),
                         P2P_ETIMEDOUT);
        p2p__identify_writer_fini(&w);
    }
    p2p__identify_self_fini(&self);
}

static void test_who_has_output_marks_its_owner(void **state)
{
    struct fixture *f = *state;
    struct marked m;
    struct p2p__identify_self self;
    struct p2p__identify_writer w;
    struct p2p__identify_content content = {0};
    struct p2p__identify_writer_cfg says = {.self = &self, .owner = &m.job};
    struct p2p__identify_reader_cfg hears = {
        .peer = &f->peer, .quota = &f->quota, .owner = &m.job};

    marked_init(&m);
    p2p__identify_self_init(&self, f->key, "a", &f->env.env);
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    p2p__identify_writer_init(&w, &says, 0);
    assert_true(marked_taken(&m));
    p2p__identify_writer_fini(&w);
    p2p__identify_self_fini(&self);
    p2p__identify_reader_init(&f->r, &hears, 0);
    proto_end_init(&f->end, &p2p__identify_reader_ops, &f->r);
    assert_int_equal(feed_message(f, "", 0, NULL), 0);
    assert_false(marked_taken(&m));
    assert_int_equal(p2p__identify_reader_fin(&f->r, 1), 0);
    assert_true(marked_taken(&m)); /* to end our side */
    p2p__identify_reader_fini(&f->r);
}

static void test_a_record_is_signed_once_a_change(void **state)
{
    struct fixture *f = *state;
    struct p2p__identify_self self;
    struct p2p__identify_content content = {
        .addrs = f->addrs, .n_addrs = 2, .protocols = usual, .n_protocols = 2};
    const struct p2p__slab *record;
    uint64_t seq;

    p2p__identify_self_init(&self, f->key, "agent", &f->env.env);
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    assert_int_equal(p2p__identify_self_set(&self, &content), 0);
    record = self.record;
    seq = self.seq;
    content.n_protocols = 3; /* the addresses are the same */
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    assert_ptr_equal(self.record, record);
    assert_int_equal(self.seq, seq);
    content.n_addrs = 1;
    f->env.wall_ns = 5; /* the clock goes back; the number does not */
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    assert_int_equal(self.seq, seq + 1);
    content.addrs = f->addrs + 1;
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    assert_int_equal(self.seq, seq + 2);
    content.n_addrs = 2;
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    assert_int_equal(self.seq, seq + 3);
    p2p__identify_self_fini(&self);
}

static void test_what_is_too_long_to_tell_is_refused(void **state)
{
    struct fixture *f = *state;
    struct p2p__identify_self self;
    char name[512];
    const char *names[8] = {name, name, name, name, name, name, name, name};
    struct p2p__identify_content content = {.protocols = names,
                                            .n_protocols = 6};
    struct p2p__slab *before;

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    p2p__identify_self_init(&self, f->key, "agent", &f->env.env);
    assert_int_equal(p2p__identify_self_set(&self, &content), 1);
    assert_true(self.message->cap + P2P_MULTIADDR_MAX <=
                P2P__CAP_IDENTIFY_OWN_BYTES);
    before = self.message;
    content.n_protocols = 8;
    assert_int_equal(p2p__identify_self_set(&self, &content), P2P_ETOOBIG);
    assert_ptr_equal(self.message, before);
    content.n_protocols = 1;
    content.addrs = f->addrs;
    content.n_addrs = P2P__CAP_RECORD_ADDRS + 1;
    assert_int_equal(p2p__identify_self_set(&self, &content), P2P_EINVAL);
    assert_ptr_equal(self.message, before);
    p2p__identify_self_fini(&self);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_what_is_written_is_read),
        T(test_walks_hand_out_what_is_there),
        T(test_messages_are_one_message),
        T(test_a_push_tells_what_it_does_not_have),
        T(test_texts_are_cut),
        T(test_a_key_is_that_of_the_peer),
        T(test_T15_records_of_others_are_not_used),
        T(test_T19_old_records_are_ignored),
        T(test_T17_messages_are_limited),
        T(test_T17_protocols_and_addresses_are_limited),
        T(test_T18_pushes_are_limited),
        T(test_T24_malformed_messages_are_refused),
        T(test_ends_in_the_wrong_place_are_refused),
        T(test_who_does_not_end_is_taken_at_his_word),
        T(test_a_quota_that_is_spent_ends_it),
        T(test_the_message_of_js_is_read),
        T(test_a_writer_hears_nothing),
        T(test_who_has_output_marks_its_owner),
        T(test_a_record_is_signed_once_a_change),
        T(test_what_is_too_long_to_tell_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
