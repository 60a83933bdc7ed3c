/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reservation vouchers. Spec: libp2p circuit relay v2. */
#include "ident/voucher.h"
#include "unit.h"
#include "wire/pb.h"

static void id_of(const struct p2p_key *key, struct p2p_peer_id *id)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);

    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, id), 0);
}

struct fixture {
    struct p2p_key *relay;
    struct p2p_key *peer;
    struct p2p__voucher v;
    uint8_t buf[512];
};

static int setup(void **state)
{
    static struct fixture f;
    uint8_t seed[32] = {1};

    assert_int_equal(p2p_key_from_seed(seed, &f.relay), 0);
    seed[0] = 2;
    assert_int_equal(p2p_key_from_seed(seed, &f.peer), 0);
    id_of(f.relay, &f.v.relay);
    id_of(f.peer, &f.v.peer);
    f.v.expire_s = 1795000000;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    p2p_key_free(f->relay);
    p2p_key_free(f->peer);
    return 0;
}

static void test_what_was_sealed_is_opened(void **state)
{
    struct fixture *f = *state;
    int len = p2p__voucher_seal(f->relay, &f->v, f->buf, sizeof f->buf);
    struct p2p__voucher got;

    assert_true(len > 0);
    assert_int_equal(
        p2p__voucher_open(p2p__slice_of(f->buf, (size_t)len), &got), 0);
    assert_true(p2p_peer_id_equal(&got.relay, &f->v.relay));
    assert_true(p2p_peer_id_equal(&got.peer, &f->v.peer));
    assert_int_equal(got.expire_s, 1795000000);
    assert_int_equal(p2p__voucher_seal(f->relay, &f->v, f->buf, 20),
                     P2P_ETOOBIG);
}

static void test_every_byte_matters(void **state)
{
    struct fixture *f = *state;
    int len = p2p__voucher_seal(f->relay, &f->v, f->buf, sizeof f->buf);
    struct p2p__voucher got;

    for (int i = 0; i < len; i++) {
        f->buf[i] ^= 1;
        assert_int_not_equal(
            p2p__voucher_open(p2p__slice_of(f->buf, (size_t)len), &got), 0);
        f->buf[i] ^= 1;
    }
}

static void test_a_relay_signs_for_itself_alone(void **state)
{
    struct fixture *f = *state;
    int len = p2p__voucher_seal(f->peer, &f->v, f->buf, sizeof f->buf);
    struct p2p__voucher got;

    assert_true(len > 0);
    assert_int_equal(
        p2p__voucher_open(p2p__slice_of(f->buf, (size_t)len), &got), P2P_EPEER);
}

/* Seals a payload of our own making, and opens it. */
static int open_payload(struct fixture *f, const char *domain,
                        struct p2p__slice payload)
{
    static const uint8_t type[] = {0x03, 0x02};
    const struct p2p__envelope_kind kind = {
        .domain = domain, .type = type, .type_len = sizeof type};
    struct p2p__voucher got;
    int len =
        p2p__envelope_seal(f->relay, &kind, payload, f->buf, sizeof f->buf);

    assert_true(len > 0);
    return p2p__voucher_open(p2p__slice_of(f->buf, (size_t)len), &got);
}

static void test_domain_and_fields_are_those_of_the_spec(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[256];
    struct p2p__pbw w;
    size_t relay, peer;

    p2p__pbw_init(&w, bytes, sizeof bytes);
    p2p__pbw_bytes(&w, 1, f->v.relay.bytes, f->v.relay.len);
    relay = w.len;
    p2p__pbw_bytes(&w, 2, f->v.peer.bytes, f->v.peer.len);
    peer = w.len;
    p2p__pbw_uint(&w, 3, 77);
    assert_int_equal(
        open_payload(f, "libp2p-relay-rsvp", p2p__slice_of(bytes, w.len)), 0);
    assert_int_equal(
        open_payload(f, "libp2p-peer-record", p2p__slice_of(bytes, w.len)),
        P2P_EAUTH);
    assert_int_equal(
        open_payload(f, "libp2p-relay-rsvp", p2p__slice_of(bytes, relay)),
        P2P_EFORMAT);
    assert_int_equal(open_payload(f, "libp2p-relay-rsvp",
                                  p2p__slice_of(bytes + relay, peer - relay)),
                     P2P_EFORMAT);
    p2p__pbw_uint(&w, 3, 78);
    assert_int_equal(
        open_payload(f, "libp2p-relay-rsvp", p2p__slice_of(bytes, w.len)),
        P2P_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_is_opened),
        cmocka_unit_test(test_every_byte_matters),
        cmocka_unit_test(test_a_relay_signs_for_itself_alone),
        cmocka_unit_test(test_domain_and_fields_are_those_of_the_spec),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
