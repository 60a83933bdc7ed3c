/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two ends of our own: what they agree on, how records travel, what ends a
 * channel. T11, T12. The hostile payloads are in test_noise_identity.c. */
#include "chan/noise/noise.h"

#include <stdlib.h>

#include "failing_mem.h"
#include "sec_pair.h"
#include "unit.h"

static const char *const yamux_mplex[] = {"/yamux/1.0.0", "/mplex/6.7.0"};
static const char *const mplex_yamux[] = {"/mplex/6.7.0", "/yamux/1.0.0"};
static const char *const quic[] = {"/quic"};

static void start(struct sec_pair *p)
{
    assert_int_equal(sec_pair_init(p), 0);
    assert_int_equal(sec_pair_start(p), 0);
}

/* A pair with the handshake behind it. */
static void establish(struct sec_pair *p)
{
    start(p);
    assert_int_equal(sec_pair_run(p, NULL), 0);
    assert_true(p->ends[0].established && p->ends[1].established);
}

static void send_bytes(struct sec_end *e, const uint8_t *p, size_t len)
{
    e->app = p;
    e->app_len = len;
}

static void each_plan(void (*body)(struct chunker *c))
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)plan, seed);
            body(&c);
        }
    }
}

static void handshake(struct chunker *c)
{
    struct sec_pair p;

    start(&p);
    assert_null(p2p__noise_hash(&p.ends[0].n));
    assert_int_equal(sec_pair_run(&p, c), 0);
    for (int i = 0; i < 2; i++) {
        struct sec_end *e = &p.ends[i], *peer = &p.ends[1 - i];
        size_t len;
        const uint8_t *pb = p2p_key_public(peer->key, &len);

        assert_true(e->established);
        assert_true(p2p_peer_id_equal(&e->ev.peer, &peer->peer));
        assert_int_equal(e->pubkey_len, len);
        assert_memory_equal(e->pubkey, pb, len);
        assert_int_equal(e->ev.muxer, -1);
        assert_false(e->ev.announced);
        assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0); /* idle */
        assert_true(p2p__noise_deadline(&e->n) == P2P_NEVER);
    }
    assert_memory_equal(p2p__noise_hash(&p.ends[0].n),
                        p2p__noise_hash(&p.ends[1].n), P2P_SHA256_BYTES);
    sec_pair_fini(&p);
}

static void test_both_learn_who_the_other_is(void **state)
{
    (void)state;
    each_plan(handshake);
}

static void test_handshake_in_small_rooms(void **state)
{
    struct sec_pair p;

    (void)state;
    start(&p);
    for (int i = 0; i < 3; i++) {
        struct sec_end *from = &p.ends[i % 2], *to = &p.ends[(i + 1) % 2];

        assert_int_equal(sec_end_draw(from, 1), 0);
        assert_int_equal(sec_end_feed(to, from->wire, from->wire_len, NULL), 0);
        from->wire_len = 0;
    }
    assert_true(p.ends[0].established && p.ends[1].established);
    sec_pair_fini(&p);
}

/* The sizes that js-libp2p's messages have with the same muxers. */
static void test_messages_have_the_usual_sizes(void **state)
{
    static const size_t sizes[] = {32, 230, 198};
    struct sec_pair p;

    (void)state;
    assert_int_equal(sec_pair_init(&p), 0);
    for (int i = 0; i < 2; i++) {
        struct p2p__sec_cfg cfg = sec_pair_cfg(&p, i);

        cfg.muxers = yamux_mplex;
        cfg.muxer_count = 2;
        assert_int_equal(sec_end_start(&p.ends[i], &cfg), 0);
    }
    for (int i = 0; i < 3; i++) {
        struct sec_end *from = &p.ends[i % 2], *to = &p.ends[(i + 1) % 2];

        assert_int_equal(sec_end_draw(from, 0), 0);
        assert_int_equal(from->wire_len, 2 + sizes[i]);
        assert_int_equal(from->wire[0] << 8 | from->wire[1], sizes[i]);
        assert_int_equal(sec_end_feed(to, from->wire, from->wire_len, NULL), 0);
        from->wire_len = 0;
    }
    sec_pair_fini(&p);
}

/* The last message of the dialer and its first record leave together. */
static void test_dialer_need_not_wait_to_send(void **state)
{
    struct sec_pair p;
    static const uint8_t hello[] = "hello";

    (void)state;
    start(&p);
    send_bytes(&p.ends[0], hello, sizeof hello);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
    assert_int_equal(p.ends[0].wire_len, 34); /* nothing in the clear */
    assert_int_equal(
        sec_end_feed(&p.ends[1], p.ends[0].wire, p.ends[0].wire_len, NULL), 0);
    p.ends[0].wire_len = 0;
    assert_int_equal(sec_end_draw(&p.ends[1], 0), 0);
    assert_int_equal(
        sec_end_feed(&p.ends[0], p.ends[1].wire, p.ends[1].wire_len, NULL), 0);
    p.ends[1].wire_len = 0;
    assert_true(p.ends[0].established);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
    assert_int_equal(
        sec_end_feed(&p.ends[1], p.ends[0].wire, p.ends[0].wire_len, NULL), 0);
    assert_int_equal(p.ends[1].got_len, sizeof hello);
    assert_memory_equal(p.ends[1].got, hello, sizeof hello);
    sec_pair_fini(&p);
}

/* Runs a handshake with lists of muxers; -1 of `count` is two. */
static int run_muxers(struct sec_pair *p, const char *const *lists[2],
                      const size_t counts[2])
{
    assert_int_equal(sec_pair_init(p), 0);
    for (int i = 0; i < 2; i++) {
        struct p2p__sec_cfg cfg = sec_pair_cfg(p, i);

        cfg.muxers = lists[i];
        cfg.muxer_count = counts[i];
        assert_int_equal(sec_end_start(&p->ends[i], &cfg), 0);
    }
    return sec_pair_run(p, NULL);
}

static void test_the_dialers_order_of_muxers_decides(void **state)
{
    static const struct {
        const char *const *lists[2];
        size_t counts[2];
        int rv, picked[2];
        bool announced[2];
    } rows[] = {
        {{yamux_mplex, mplex_yamux}, {2, 2}, 0, {0, 1}, {true, true}},
        {{mplex_yamux, yamux_mplex}, {2, 2}, 0, {0, 1}, {true, true}},
        {{yamux_mplex, yamux_mplex}, {2, 2}, 0, {0, 0}, {true, true}},
        {{yamux_mplex, mplex_yamux}, {2, 1}, 0, {1, 0}, {true, true}},
        {{yamux_mplex, NULL}, {2, 0}, 0, {-1, -1}, {false, true}},
        {{NULL, yamux_mplex}, {0, 2}, 0, {-1, -1}, {true, false}},
        {{quic, yamux_mplex}, {1, 2}, P2P_ENOPROTO, {0, 0}, {0, 0}},
    };

    (void)state;
    for (size_t row = 0; row < P2P__COUNT(rows); row++) {
        const char *const *lists[2] = {rows[row].lists[0], rows[row].lists[1]};
        struct sec_pair p;

        assert_int_equal(run_muxers(&p, lists, rows[row].counts), rows[row].rv);
        for (int i = 0; i < 2 && rows[row].rv == 0; i++) {
            assert_int_equal(p.ends[i].ev.muxer, rows[row].picked[i]);
            assert_int_equal(p.ends[i].ev.announced, rows[row].announced[i]);
        }
        sec_pair_fini(&p);
    }
}

static void test_too_many_muxers_are_refused(void **state)
{
    const char *many[100];
    struct sec_pair p;
    struct p2p__sec_cfg cfg;

    (void)state;
    assert_int_equal(sec_pair_init(&p), 0);
    cfg = sec_pair_cfg(&p, 0);
    for (size_t i = 0; i < P2P__COUNT(many); i++) {
        many[i] = yamux_mplex[0];
    }
    cfg.muxers = many;
    cfg.muxer_count = P2P__COUNT(many);
    assert_int_equal(sec_end_start(&p.ends[0], &cfg), P2P_EINVAL);
    cfg.muxer_count = 70;
    assert_int_equal(sec_end_start(&p.ends[0], &cfg), 0);
    sec_pair_fini(&p);
}

static void test_expected_peer(void **state)
{
    (void)state;
    for (int right = 0; right < 2; right++) {
        for (int who = 0; who < 2; who++) {
            struct sec_pair p;

            assert_int_equal(sec_pair_init(&p), 0);
            for (int i = 0; i < 2; i++) {
                struct p2p__sec_cfg cfg = sec_pair_cfg(&p, i);

                if (i == who) {
                    cfg.expected = &p.ends[right ? 1 - who : who].peer;
                }
                assert_int_equal(sec_end_start(&p.ends[i], &cfg), 0);
            }
            assert_int_equal(sec_pair_run(&p, NULL), right ? 0 : P2P_EPEER);
            assert_int_equal(p.ends[who].established, right);
            sec_pair_fini(&p);
        }
    }
}

static void test_handshake_has_a_deadline(void **state)
{
    struct sec_pair p;

    (void)state;
    start(&p);
    assert_true(p2p__noise_deadline(&p.ends[1].n) == P2P__NOISE_TIMEOUT);
    assert_int_equal(p2p__noise_expire(&p.ends[1].n, P2P__NOISE_TIMEOUT - 1),
                     0);
    assert_int_equal(p2p__noise_expire(&p.ends[1].n, P2P__NOISE_TIMEOUT),
                     P2P_ETIMEDOUT);
    assert_int_equal(p.ends[1].quota.used[P2P__Q_MEMORY], 0);
    sec_pair_fini(&p);
}

static void test_dripping_bytes_buy_no_time(void **state)
{
    struct sec_pair p;

    (void)state;
    start(&p);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
    for (size_t i = 0; i < p.ends[0].wire_len; i++) {
        struct p2p__slice in = p2p__slice_of(p.ends[0].wire + i, 1), up;

        assert_int_equal(p2p__noise_rx(&p.ends[1].n, &in, &up, P2P__SEC(i % 9)),
                         0);
    }
    assert_true(p2p__noise_deadline(&p.ends[1].n) == P2P__NOISE_TIMEOUT);
    sec_pair_fini(&p);
}

static void no_run(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

static void test_messages_mark_the_owner(void **state)
{
    struct p2p__job jobs[2];
    struct p2p__runq q;
    struct sec_pair p;

    (void)state;
    p2p__runq_init(&q, NULL);
    assert_int_equal(sec_pair_init(&p), 0);
    for (int i = 0; i < 2; i++) {
        struct p2p__sec_cfg cfg = sec_pair_cfg(&p, i);

        p2p__job_init(&jobs[i], &q, no_run);
        cfg.owner = &jobs[i];
        assert_int_equal(sec_end_start(&p.ends[i], &cfg), 0);
    }
    for (int i = 0; i < 3; i++) {
        struct sec_end *from = &p.ends[i % 2], *to = &p.ends[(i + 1) % 2];

        assert_true(jobs[i % 2].queued);
        p2p__job_fini(&jobs[i % 2]);
        assert_false(jobs[(i + 1) % 2].queued);
        assert_int_equal(sec_end_draw(from, 0), 0);
        assert_int_equal(sec_end_feed(to, from->wire, from->wire_len, NULL), 0);
        from->wire_len = 0;
    }
    assert_false(jobs[1].queued); /* nothing left to say */
    sec_pair_fini(&p);
}

/* Bytes that differ everywhere. */
static uint8_t *pattern(size_t len)
{
    uint8_t *p = malloc(len + 1);
    struct p2p__rng rng;

    assert_non_null(p);
    p2p__rng_seed(&rng, 7);
    p2p__rng_fill(&rng, p, len);
    return p;
}

static void both_ways(struct chunker *c)
{
    static const size_t lens[] = {
        0, 1, 17, 5000, P2P__NOISE_PLAIN_MAX, P2P__NOISE_PLAIN_MAX + 1, 150000};
    uint8_t *bytes = pattern(150000);
    struct sec_pair p;
    size_t total = 0;

    establish(&p);
    for (size_t k = 0; k < P2P__COUNT(lens); k++) {
        for (int i = 0; i < 2; i++) {
            send_bytes(&p.ends[i], bytes, lens[k]);
        }
        assert_int_equal(sec_pair_run(&p, c), 0);
        total += lens[k];
        for (int i = 0; i < 2; i++) {
            assert_int_equal(p.ends[i].got_len, total);
            if (lens[k] > 0) {
                assert_memory_equal(p.ends[i].got + total - lens[k], bytes,
                                    lens[k]);
            }
            assert_int_equal(p.ends[i].quota.used[P2P__Q_MEMORY], 0);
        }
    }
    sec_pair_fini(&p);
    free(bytes);
}

static void test_bytes_travel_both_ways(void **state)
{
    struct chunker c;

    (void)state;
    for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
        chunker_init(&c, (enum chunk_plan)plan, 3);
        both_ways(&c);
    }
}

static void test_records_are_of_the_chosen_size(void **state)
{
    uint8_t *bytes = pattern(200000);
    struct sec_pair p;
    size_t at = 0, records = 0;

    (void)state;
    establish(&p);
    send_bytes(&p.ends[0], bytes, 200000);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
    while (at < p.ends[0].wire_len) {
        size_t len = (size_t)p.ends[0].wire[at] << 8 | p.ends[0].wire[at + 1];

        assert_true(len <= P2P__NOISE_PLAIN_MAX + P2P__TAG_BYTES);
        at += 2 + len;
        records++;
    }
    assert_int_equal(records, 5); /* in one draw */
    sec_pair_fini(&p);
    free(bytes);
}

static void test_small_rooms_get_small_records(void **state)
{
    uint8_t *bytes = pattern(3000);
    struct sec_pair p;

    (void)state;
    for (size_t room = P2P__NOISE_OVERHEAD + 1; room < 700; room += 13) {
        establish(&p);
        send_bytes(&p.ends[0], bytes, 3000);
        assert_int_equal(sec_end_draw(&p.ends[0], room), 0);
        assert_int_equal(p.ends[0].app_len, 0);
        assert_int_equal(
            sec_end_feed(&p.ends[1], p.ends[0].wire, p.ends[0].wire_len, NULL),
            0);
        assert_int_equal(p.ends[1].got_len, 3000);
        assert_memory_equal(p.ends[1].got, bytes, 3000);
        sec_pair_fini(&p);
    }
    establish(&p); /* no room for a record at all */
    send_bytes(&p.ends[0], bytes, 3000);
    assert_int_equal(sec_end_draw(&p.ends[0], P2P__NOISE_OVERHEAD), 0);
    assert_int_equal(p.ends[0].wire_len, 0);
    sec_pair_fini(&p);
    free(bytes);
}

/* Whole records are decrypted where they lie, and cost no memory. */
static void test_whole_records_are_not_copied(void **state)
{
    static const uint8_t text[] = "in place";
    struct sec_pair p;
    struct sec_end *from = &p.ends[0], *to = &p.ends[1];
    struct p2p__slab *slab = p2p__slab_new(1000);
    struct p2p__slice in, up;
    size_t live;

    (void)state;
    establish(&p);
    send_bytes(from, text, sizeof text);
    assert_int_equal(sec_end_draw(from, 0), 0);
    memcpy(slab->data, from->wire, from->wire_len);
    in = (struct p2p__slice){
        .p = slab->data, .len = from->wire_len, .slab = slab};
    live = failing_mem_live();
    assert_int_equal(p2p__noise_rx(&to->n, &in, &up, 0), 0);
    assert_int_equal(failing_mem_live(), live);
    assert_ptr_equal(up.p, slab->data + 2);
    assert_ptr_equal(up.slab, slab);
    assert_int_equal(up.len, sizeof text);
    assert_memory_equal(up.p, text, sizeof text);
    assert_int_equal(in.len, 0);
    p2p__slab_unref(slab);
    sec_pair_fini(&p);
}

/* A parked record has a buffer of its size, until the call after. */
static void test_incomplete_record_is_parked_and_let_go(void **state)
{
    static const uint8_t text[100] = "parked";
    struct sec_pair p;
    struct sec_end *from = &p.ends[0], *to = &p.ends[1];
    struct p2p__slice in, up, kept;

    (void)state;
    establish(&p);
    send_bytes(from, text, sizeof text);
    assert_int_equal(sec_end_draw(from, 0), 0);
    assert_int_equal(sec_end_feed(to, from->wire, 2, NULL), 0);
    assert_int_equal(to->quota.used[P2P__Q_MEMORY], 0); /* a length: nothing */
    assert_int_equal(sec_end_feed(to, from->wire + 2, 10, NULL), 0);
    assert_int_equal(to->quota.used[P2P__Q_MEMORY],
                     116 + sizeof(struct p2p__slab));
    in = p2p__slice_of(from->wire + 12, from->wire_len - 12);
    assert_int_equal(p2p__noise_rx(&to->n, &in, &up, 0), 0);
    assert_int_equal(up.len, 100);
    assert_non_null(up.slab);
    assert_int_equal(p2p__slice_keep(&up, &kept), 0);
    assert_ptr_equal(kept.p, up.p); /* a reference, not a copy */
    assert_int_equal(p2p__noise_rx(&to->n, &in, &up, 0), 0);
    assert_int_equal(up.len, 0);
    assert_int_equal(to->quota.used[P2P__Q_MEMORY], 0);
    assert_memory_equal(kept.p, text, sizeof text);
    p2p__slice_drop(&kept);
    sec_pair_fini(&p);
}

/* Seals a record of `len` text bytes as the end would; returns its size. */
static size_t seal(struct sec_pair *p, struct sec_end *e, uint8_t *buf,
                   size_t len)
{
    size_t wire = len + P2P__TAG_BYTES;

    buf[0] = (uint8_t)(wire >> 8);
    buf[1] = (uint8_t)wire;
    assert_int_equal(p2p__crypto_seal(p->crypto, e->n.tx_key, e->n.tx_nonce++,
                                      NULL, buf + 2, len),
                     0);
    return 2 + wire;
}

static void test_longest_and_empty_records_are_read(void **state)
{
    uint8_t *buf = pattern(2 + P2P__NOISE_RECORD_MAX);
    struct sec_pair p;
    struct chunker c;

    (void)state;
    establish(&p);
    chunker_init(&c, CHUNK_RANDOM, 1);
    for (int i = 0; i < 2; i++) {
        size_t n = seal(&p, &p.ends[0], buf, 0);

        assert_int_equal(sec_end_feed(&p.ends[1], buf, n, NULL), 0);
        n = seal(&p, &p.ends[0], buf, P2P__NOISE_RECORD_MAX - P2P__TAG_BYTES);
        assert_int_equal(sec_end_feed(&p.ends[1], buf, n, i ? &c : NULL), 0);
    }
    assert_int_equal(p.ends[1].got_len,
                     2 * (P2P__NOISE_RECORD_MAX - P2P__TAG_BYTES));
    sec_pair_fini(&p);
    free(buf);
}

static void test_T11_forged_record_ends_the_channel(void **state)
{
    static const uint8_t text[40] = "forged";
    size_t size = 2 + sizeof text + P2P__TAG_BYTES;

    (void)state;
    for (size_t at = 2; at <= size; at++) { /* the last one is not flipped */
        struct sec_pair p;
        struct sec_end *to = &p.ends[1];
        uint8_t zero[P2P__KEY_BYTES] = {0};

        establish(&p);
        send_bytes(&p.ends[0], text, sizeof text);
        assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
        assert_int_equal(p.ends[0].wire_len, size);
        p.ends[0].wire[at % size] ^= at < size ? 1 : 0;
        assert_int_equal(sec_end_feed(to, p.ends[0].wire, size, NULL),
                         at < size ? P2P_EAUTH : 0);
        assert_int_equal(to->got_len, at < size ? 0 : sizeof text);
        assert_true(to->n.rx_nonce == (at < size ? 0 : 1));
        assert_int_equal(memcmp(to->n.rx_key, zero, sizeof zero) == 0,
                         at < size);
        assert_int_equal(to->quota.used[P2P__Q_MEMORY], 0);
        send_bytes(to, text, sizeof text);
        assert_int_equal(sec_end_draw(to, 0), 0);
        assert_int_equal(to->wire_len, at < size ? 0 : size); /* silence */
        sec_pair_fini(&p);
    }
}

static void test_T11_replayed_and_reordered_records(void **state)
{
    uint8_t one[64] = "one", two[64] = "two";
    struct sec_pair p;
    size_t n;

    (void)state;
    establish(&p);
    n = seal(&p, &p.ends[0], one, 3);
    assert_int_equal(sec_end_feed(&p.ends[1], one, n, NULL), 0);
    assert_int_equal(sec_end_feed(&p.ends[1], one, n, NULL), P2P_EAUTH);
    sec_pair_fini(&p);
    establish(&p);
    (void)seal(&p, &p.ends[0], one, 3);
    n = seal(&p, &p.ends[0], two, 3);
    assert_int_equal(sec_end_feed(&p.ends[1], two, n, NULL), P2P_EAUTH);
    sec_pair_fini(&p);
    establish(&p); /* one's own record, sent back */
    n = seal(&p, &p.ends[0], one, 3);
    assert_int_equal(sec_end_feed(&p.ends[0], one, n, NULL), P2P_EAUTH);
    sec_pair_fini(&p);
}

static void test_T11_counters_end(void **state)
{
    uint8_t buf[64] = "last";
    struct sec_pair p;
    size_t n;

    (void)state;
    establish(&p);
    p.ends[0].n.tx_nonce = p.ends[1].n.rx_nonce = UINT64_MAX - 1;
    send_bytes(&p.ends[0], buf, 4);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), P2P_ELIMIT);
    /* One record left before the counter's end, and it was good. */
    assert_int_equal(p.ends[0].wire_len, 4 + P2P__NOISE_OVERHEAD);
    assert_int_equal(
        sec_end_feed(&p.ends[1], p.ends[0].wire, p.ends[0].wire_len, NULL), 0);
    assert_int_equal(p.ends[1].got_len, 4);
    n = seal(&p, &p.ends[0], buf, 4);
    assert_int_equal(sec_end_feed(&p.ends[1], buf, n, NULL), P2P_ELIMIT);
    sec_pair_fini(&p);
}

static void test_T11_record_too_short_for_a_tag(void **state)
{
    (void)state;
    for (uint8_t len = 0; len < P2P__TAG_BYTES; len++) {
        uint8_t buf[2 + P2P__TAG_BYTES] = {0, len};
        struct sec_pair p;

        establish(&p);
        assert_int_equal(sec_end_feed(&p.ends[1], buf, sizeof buf, NULL),
                         P2P_EPROTO);
        sec_pair_fini(&p);
    }
}

/* Feeds an end that waits for a message with one of length `len`. */
static int feed_length(int end, size_t len)
{
    uint8_t *buf = calloc(1, 2 + len);
    struct sec_pair p;
    uint64_t held;
    int rv;

    start(&p);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
    buf[0] = (uint8_t)(len >> 8);
    buf[1] = (uint8_t)len;
    held = p.ends[end].quota.used[P2P__Q_MEMORY];
    rv = sec_end_feed(&p.ends[end], buf, 2, NULL);
    if (rv == 0) {
        rv = sec_end_feed(&p.ends[end], buf + 2, len, NULL);
    } else {
        held = 0;
    }
    assert_true(p.ends[end].quota.used[P2P__Q_MEMORY] <= held + 1024);
    assert_false(p.ends[end].established);
    sec_pair_fini(&p);
    free(buf);
    return rv;
}

static void test_T12_lengths_of_handshake_messages(void **state)
{
    (void)state;
    for (int end = 0; end < 2; end++) {
        assert_int_equal(feed_length(end, 0), P2P_EPROTO);
        assert_int_equal(feed_length(end, 1), P2P_EPROTO);
        assert_int_equal(feed_length(end, 31), P2P_EPROTO);
        assert_int_equal(feed_length(end, P2P__CAP_NOISE_HANDSHAKE_BYTES + 1),
                         P2P_ETOOBIG);
        assert_int_equal(feed_length(end, 65535), P2P_ETOOBIG);
    }
    assert_int_equal(feed_length(0, 95), P2P_EPROTO);
    assert_int_equal(feed_length(0, 96), P2P_EAUTH);
    assert_int_equal(feed_length(1, P2P__CAP_NOISE_HANDSHAKE_BYTES), P2P_EAUTH);
}

static void test_T12_payload_of_message_1_is_passed_over(void **state)
{
    uint8_t *buf = calloc(1, 2 + P2P__CAP_NOISE_HANDSHAKE_BYTES);
    struct sec_pair p;
    size_t len = P2P__CAP_NOISE_HANDSHAKE_BYTES;

    (void)state;
    start(&p);
    assert_int_equal(sec_end_draw(&p.ends[0], 0), 0);
    memcpy(buf, p.ends[0].wire, p.ends[0].wire_len);
    buf[0] = (uint8_t)(len >> 8);
    buf[1] = (uint8_t)len;
    assert_int_equal(sec_end_feed(&p.ends[1], buf, 2 + len, NULL), 0);
    assert_int_equal(sec_end_draw(&p.ends[1], 0), 0);
    assert_int_equal(p.ends[1].wire_len, 2 + 200);
    sec_pair_fini(&p);
    free(buf);
}

static void test_quota_bounds_what_is_parked(void **state)
{
    uint8_t buf[3] = {0xff, 0xff};
    struct sec_pair p;

    (void)state;
    establish(&p);
    p.ends[1].quota.limit[P2P__Q_MEMORY] = 65535 + sizeof(struct p2p__slab);
    assert_int_equal(sec_end_feed(&p.ends[1], buf, sizeof buf, NULL), 0);
    sec_pair_fini(&p);
    establish(&p);
    p.ends[1].quota.limit[P2P__Q_MEMORY] = 65534 + sizeof(struct p2p__slab);
    assert_int_equal(sec_end_feed(&p.ends[1], buf, sizeof buf, NULL),
                     P2P_ELIMIT);
    sec_pair_fini(&p);
    assert_int_equal(sec_pair_init(&p), 0);
    struct p2p__sec_cfg cfg = sec_pair_cfg(&p, 0);
    p.ends[0].quota.limit[P2P__Q_MEMORY] = 100;
    assert_int_equal(sec_end_start(&p.ends[0], &cfg), P2P_ELIMIT);
    sec_pair_fini(&p);
}

static void test_every_key_type(void **state)
{
    static const enum p2p_key_type types[] = {P2P_KEY_RSA, P2P_KEY_ED25519,
                                              P2P_KEY_SECP256K1, P2P_KEY_ECDSA};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        struct sec_pair p;
        struct p2p__noise_id *id;
        struct p2p_key *key;
        struct p2p__sec_cfg cfg;

        assert_int_equal(sec_pair_init(&p), 0);
        assert_int_equal(p2p_key_generate(types[i], &key), 0);
        assert_int_equal(
            p2p__noise_id_new(p.crypto, &p.ends[0].env.env, key, &id), 0);
        assert_int_equal(sec_pair_start(&p), 0);
        p2p__noise_fini(&p.ends[0].n);
        cfg = sec_pair_cfg(&p, 0);
        cfg.id = id;
        assert_int_equal(sec_end_start(&p.ends[0], &cfg), 0);
        assert_int_equal(sec_pair_run(&p, NULL), 0);
        assert_int_equal(
            p2p_pubkey_check(p.ends[1].pubkey, p.ends[1].pubkey_len), types[i]);
        sec_pair_fini(&p);
        p2p__noise_id_free(id);
        p2p_key_free(key);
    }
}

/* All of it, for the heap that fails. */
static int whole_life(void *arg)
{
    static const uint8_t text[1000] = {1};
    struct sec_pair p;
    struct chunker c;
    int rv = sec_pair_init(&p);

    (void)arg;
    if (rv != 0) {
        return rv;
    }
    chunker_init(&c, CHUNK_RANDOM, 5);
    rv = sec_pair_start(&p);
    if (rv == 0) {
        rv = sec_pair_run(&p, &c);
    }
    if (rv == 0) {
        send_bytes(&p.ends[0], text, sizeof text);
        rv = sec_pair_run(&p, &c);
    }
    sec_pair_fini(&p);
    return rv;
}

static void test_memory_may_fail_anywhere(void **state)
{
    (void)state;
    assert_true(failing_mem_each(whole_life, NULL) > 8);
}

static void test_state_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct p2p__noise) <= 200);
}

static void test_works_as_a_channel(void **state)
{
    const struct p2p__chan_ops *ops = &p2p__noise_ops;
    uint8_t buf[100];
    struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};
    struct p2p__slice in, up;
    struct sec_pair p;

    (void)state;
    start(&p);
    assert_string_equal(ops->protocol, "/noise");
    assert_int_equal(ops->tx(&p.ends[0].n, NULL, &out, 0), 0);
    assert_int_equal(out.len, 34);
    in = p2p__slice_of(buf, out.len);
    assert_int_equal(ops->rx(&p.ends[1].n, &in, &up, 0), 0);
    assert_true(ops->deadline(&p.ends[1].n) == P2P__NOISE_TIMEOUT);
    assert_int_equal(ops->expire(&p.ends[1].n, P2P_NEVER - 1), P2P_ETIMEDOUT);
    ops->fini(&p.ends[1].n);
    sec_pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_learn_who_the_other_is),
        cmocka_unit_test(test_handshake_in_small_rooms),
        cmocka_unit_test(test_messages_have_the_usual_sizes),
        cmocka_unit_test(test_dialer_need_not_wait_to_send),
        cmocka_unit_test(test_the_dialers_order_of_muxers_decides),
        cmocka_unit_test(test_too_many_muxers_are_refused),
        cmocka_unit_test(test_expected_peer),
        cmocka_unit_test(test_handshake_has_a_deadline),
        cmocka_unit_test(test_dripping_bytes_buy_no_time),
        cmocka_unit_test(test_messages_mark_the_owner),
        cmocka_unit_test(test_bytes_travel_both_ways),
        cmocka_unit_test(test_records_are_of_the_chosen_size),
        cmocka_unit_test(test_small_rooms_get_small_records),
        cmocka_unit_test(test_whole_records_are_not_copied),
        cmocka_unit_test(test_incomplete_record_is_parked_and_let_go),
        cmocka_unit_test(test_longest_and_empty_records_are_read),
        cmocka_unit_test(test_T11_forged_record_ends_the_channel),
        cmocka_unit_test(test_T11_replayed_and_reordered_records),
        cmocka_unit_test(test_T11_counters_end),
        cmocka_unit_test(test_T11_record_too_short_for_a_tag),
        cmocka_unit_test(test_T12_lengths_of_handshake_messages),
        cmocka_unit_test(test_T12_payload_of_message_1_is_passed_over),
        cmocka_unit_test(test_quota_bounds_what_is_parked),
        cmocka_unit_test(test_every_key_type),
        cmocka_unit_test(test_memory_may_fail_anywhere),
        cmocka_unit_test(test_state_is_small),
        cmocka_unit_test(test_works_as_a_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
