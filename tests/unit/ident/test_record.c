/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Peer records: libp2p RFC 0003. */
#include "ident/record.h"
#include "hex.h"
#include "unit.h"

#define BUF_BYTES P2P__CAP_ENVELOPE_BYTES

static const uint8_t record_type[] = {0x03, 0x01};
static const struct p2p__envelope_kind record_kind = {
    .domain = "libp2p-peer-record",
    .type = record_type,
    .type_len = 2};

struct fixture {
    struct p2p_key *key;
    struct p2p_key *other;
    struct p2p_peer_id peer;
    struct p2p_peer_id other_peer;
    struct p2p_multiaddr addrs[P2P__CAP_RECORD_ADDRS + 1];
    uint8_t buf[BUF_BYTES];
};

static void id_of(const struct p2p_key *key, struct p2p_peer_id *id)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);

    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, id), 0);
}

static int setup(void **state)
{
    static struct fixture f;
    uint8_t seed[32] = {1};

    assert_int_equal(p2p_key_from_seed(seed, &f.key), 0);
    seed[0] = 2;
    assert_int_equal(p2p_key_from_seed(seed, &f.other), 0);
    id_of(f.key, &f.peer);
    id_of(f.other, &f.other_peer);
    for (size_t i = 0; i < P2P__COUNT(f.addrs); i++) {
        static const char text[] = "/ip4/192.0.2.1/tcp/4901";

        assert_int_equal(
            p2p_multiaddr_from_text(text, sizeof text - 1, &f.addrs[i]), 0);
        f.addrs[i].bytes[7] = (uint8_t)i; /* the port */
    }
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    p2p_key_free(f->key);
    p2p_key_free(f->other);
    return 0;
}

static struct p2p__slice seal(struct fixture *f, uint64_t seq, size_t count)
{
    struct p2p__record_content c = {
        .seq = seq, .addrs = f->addrs, .count = count};
    int len = p2p__record_seal(f->key, &c, f->buf, sizeof f->buf);

    assert_true(len > 0);
    return p2p__slice_of(f->buf, (size_t)len);
}

/* A payload of the test's own making, sealed as a record. */
static struct p2p__slice seal_payload(struct fixture *f,
                                      const struct p2p__pbw *w)
{
    int len =
        p2p__envelope_seal(f->key, &record_kind, p2p__slice_of(w->p, w->len),
                           f->buf, sizeof f->buf);

    assert_true(len > 0);
    return p2p__slice_of(f->buf, (size_t)len);
}

static size_t count_addrs(const struct p2p__record *r)
{
    struct p2p__record_walk walk;
    struct p2p_multiaddr ma;
    size_t count = 0;

    p2p__record_walk_init(&walk, r);
    while (p2p__record_walk_next(&walk, &ma)) {
        count++;
    }
    return count;
}

static void test_a_record_comes_back(void **state)
{
    struct fixture *f = *state;
    struct p2p__record r;
    struct p2p__record_walk walk;
    struct p2p_multiaddr ma;

    assert_int_equal(p2p__record_open(seal(f, UINT64_MAX, 3), &r), 0);
    assert_true(p2p_peer_id_equal(&r.peer, &f->peer));
    assert_true(r.seq == UINT64_MAX);
    p2p__record_walk_init(&walk, &r);
    for (size_t i = 0; i < 3; i++) {
        assert_true(p2p__record_walk_next(&walk, &ma));
        assert_true(p2p_multiaddr_equal(&ma, &f->addrs[i]));
    }
    assert_false(p2p__record_walk_next(&walk, &ma));
    assert_false(p2p__record_walk_next(&walk, &ma));
}

static void test_the_payload_is_that_of_the_rfc(void **state)
{
    struct fixture *f = *state;
    struct p2p__record r;
    uint8_t head[] = {0x0a, 38};

    assert_int_equal(p2p__record_open(seal(f, 300, 1), &r), 0);
    assert_memory_equal(r.payload.p, head, 2);
    assert_memory_equal(r.payload.p + 2, f->peer.bytes, 38);
    assert_hex(r.payload.p + 40, r.payload.len - 40,
               "10ac02 1a0a0a08 04c0000201061300");
}

static void test_the_form_of_rust_is_read_and_written(void **state)
{
    struct fixture *f = *state;
    const struct p2p__envelope_kind k = {
        .domain = "libp2p-routing-state",
        .type = (const uint8_t *)"/libp2p/routing-state-record",
        .type_len = 28};
    struct p2p__record_content c = {
        .seq = 7, .addrs = f->addrs, .count = 2, .rust = true};
    struct p2p__envelope e;
    struct p2p__record r;
    int len = p2p__record_seal(f->key, &c, f->buf, sizeof f->buf);
    const struct p2p__slice sealed = p2p__slice_of(f->buf, (size_t)len);

    assert_true(len > 0);
    assert_int_equal(p2p__envelope_open(sealed, &k, &e), 0);
    assert_int_equal(p2p__record_open(sealed, &r), 0);
    assert_true(p2p_peer_id_equal(&r.peer, &f->peer));
    assert_true(r.seq == 7 && count_addrs(&r) == 2);
    f->buf[len - 1] ^= 1; /* of the signature */
    assert_int_equal(p2p__record_open(sealed, &r), P2P_EAUTH);
}

static void test_a_record_may_have_no_addresses(void **state)
{
    struct fixture *f = *state;
    struct p2p__record r;

    assert_int_equal(p2p__record_open(seal(f, 0, 0), &r), 0);
    assert_true(r.seq == 0);
    assert_int_equal(count_addrs(&r), 0);
}

static void test_T15_another_peers_record_is_refused(void **state)
{
    struct fixture *f = *state;
    struct p2p__record r;
    struct p2p__pbw w;
    uint8_t payload[64];

    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, 1, f->other_peer.bytes, f->other_peer.len);
    p2p__pbw_uint(&w, 2, 1);
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), P2P_EPEER);
    assert_int_equal(r.peer.len, 0);
    /* the control: the same with its own id */
    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, 1, f->peer.bytes, f->peer.len);
    p2p__pbw_uint(&w, 2, 1);
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), 0);
}

static void test_T15_a_record_without_a_peer_is_refused(void **state)
{
    struct fixture *f = *state;
    struct p2p__record r;
    struct p2p__pbw w;
    uint8_t payload[128];

    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_uint(&w, 2, 1);
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), P2P_EFORMAT);
    p2p__pbw_bytes(&w, 1, "", 0);
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), P2P_EFORMAT);
    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, 1, f->peer.bytes, f->peer.len);
    p2p__pbw_bytes(&w, 1, f->peer.bytes, f->peer.len);
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), P2P_EFORMAT);
}

static void test_T19_an_old_number_is_not_newer(void **state)
{
    struct p2p__record r = {.seq = 7};

    (void)state;
    assert_false(p2p__record_newer(&r, 7));
    assert_false(p2p__record_newer(&r, 8));
    assert_true(p2p__record_newer(&r, 6));
    r.seq = UINT64_MAX;
    assert_true(p2p__record_newer(&r, UINT64_MAX - 1));
    assert_false(p2p__record_newer(&r, UINT64_MAX));
}

static void test_T19_two_numbers_are_refused(void **state)
{
    struct fixture *f = *state;
    struct p2p__record r;
    struct p2p__pbw w;
    uint8_t payload[64];

    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, 1, f->peer.bytes, f->peer.len);
    p2p__pbw_uint(&w, 2, 0);
    p2p__pbw_uint(&w, 2, 9);
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), P2P_EFORMAT);
}

static void test_other_envelopes_are_no_records(void **state)
{
    struct fixture *f = *state;
    struct p2p__envelope_kind k = record_kind;
    struct p2p__record r;
    int len;

    k.domain = "libp2p-relay-rsvp";
    len = p2p__envelope_seal(f->key, &k, p2p__slice_of("", 0), f->buf,
                             sizeof f->buf);
    assert_int_equal(p2p__record_open(p2p__slice_of(f->buf, (size_t)len), &r),
                     P2P_EAUTH);
    assert_int_equal(p2p__record_open(p2p__slice_of("", 0), &r), P2P_EFORMAT);
}

static void test_unknown_addresses_are_passed_over(void **state)
{
    static const char *const infos[] = {
        "0a087f000001060001",   "0a03840101", "0a00", "", "0a0804c000", "0b",
        "12080401020304060001",
    };
    struct fixture *f = *state;
    struct p2p__record r;
    struct p2p__pbw w;
    uint8_t payload[512];
    uint8_t info[32];

    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, 1, f->peer.bytes, f->peer.len);
    for (size_t i = 0; i < P2P__COUNT(infos); i++) {
        p2p__pbw_bytes(&w, 3, info, unhex(infos[i], info, sizeof info));
    }
    p2p__pbw_bytes(&w, 3, info, unhex("0a080401020304060001", info, 32));
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), 0);
    assert_int_equal(count_addrs(&r), 1);
}

static void test_T17_addresses_have_a_cap(void **state)
{
    struct fixture *f = *state;
    struct p2p__record_content c = {.addrs = f->addrs,
                                    .count = P2P__CAP_RECORD_ADDRS + 1};
    struct p2p__record r;
    struct p2p__pbw w;
    static uint8_t payload[32768];

    assert_int_equal(p2p__record_seal(f->key, &c, f->buf, sizeof f->buf),
                     P2P_EINVAL);
    assert_int_equal(p2p__record_open(seal(f, 1, P2P__CAP_RECORD_ADDRS), &r),
                     0);
    assert_int_equal(count_addrs(&r), P2P__CAP_RECORD_ADDRS);
    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, 1, f->peer.bytes, f->peer.len);
    for (int i = 0; i < 1000; i++) {
        size_t mark = p2p__pbw_open(&w, 3);

        p2p__pbw_bytes(&w, 1, f->addrs[0].bytes, f->addrs[0].len);
        p2p__pbw_close(&w, mark);
    }
    assert_int_equal(p2p__record_open(seal_payload(f, &w), &r), 0);
    assert_int_equal(count_addrs(&r), P2P__CAP_RECORD_ADDRS);
}

static void test_a_small_buffer_is_told(void **state)
{
    struct fixture *f = *state;
    struct p2p__record_content c = {.addrs = f->addrs, .count = 2};
    struct p2p__slice sealed = seal(f, 0, 2);

    assert_int_equal(p2p__record_seal(f->key, &c, f->buf, sealed.len - 1),
                     P2P_ETOOBIG);
    assert_int_equal(p2p__record_seal(f->key, &c, f->buf, sealed.len),
                     sealed.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_comes_back),
        cmocka_unit_test(test_the_payload_is_that_of_the_rfc),
        cmocka_unit_test(test_the_form_of_rust_is_read_and_written),
        cmocka_unit_test(test_a_record_may_have_no_addresses),
        cmocka_unit_test(test_T15_another_peers_record_is_refused),
        cmocka_unit_test(test_T15_a_record_without_a_peer_is_refused),
        cmocka_unit_test(test_T19_an_old_number_is_not_newer),
        cmocka_unit_test(test_T19_two_numbers_are_refused),
        cmocka_unit_test(test_other_envelopes_are_no_records),
        cmocka_unit_test(test_unknown_addresses_are_passed_over),
        cmocka_unit_test(test_T17_addresses_have_a_cap),
        cmocka_unit_test(test_a_small_buffer_is_told),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
