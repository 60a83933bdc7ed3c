/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signed envelopes: libp2p RFC 0002. */
#include "ident/envelope.h"
#include "hex.h"
#include "spec_keys.h"
#include "unit.h"

static const uint8_t type_bytes[] = {0x05, 0x09};
static const struct p2p__envelope_kind kind = {.domain = "test-domain",
                                               .type = type_bytes,
                                               .type_len = 2};

static struct p2p_key *spec_key(size_t k)
{
    static uint8_t pb[P2P_PRIVKEY_MAX];
    struct p2p_key *key;
    size_t len = unhex(spec_keys[k].priv, pb, sizeof pb);

    assert_int_equal(p2p_key_decode(pb, len, &key), 0);
    return key;
}

/* Seals `text` with the spec's key k; returns the length. */
static size_t seal(size_t k, const char *text, uint8_t *buf, size_t cap)
{
    struct p2p_key *key = spec_key(k);
    int len = p2p__envelope_seal(key, &kind, p2p__slice_of(text, strlen(text)),
                                 buf, cap);

    assert_true(len > 0);
    p2p_key_free(key);
    return (size_t)len;
}

/* Seals nothing as another kind. */
static size_t seal_as(const struct p2p__envelope_kind *other, uint8_t *buf,
                      size_t cap)
{
    struct p2p_key *key = spec_key(0);
    int len = p2p__envelope_seal(key, other, p2p__slice_of(NULL, 0), buf, cap);

    assert_true(len > 0);
    p2p_key_free(key);
    return (size_t)len;
}

static int open_it(const uint8_t *buf, size_t len)
{
    struct p2p__envelope e;

    return p2p__envelope_open(p2p__slice_of(buf, len), &kind, &e);
}

static void test_what_was_sealed_opens(void **state)
{
    uint8_t buf[8192];
    uint8_t pub[P2P_PUBKEY_MAX];

    (void)state;
    for (size_t k = 0; k < P2P__COUNT(spec_keys); k++) {
        size_t len = seal(k, "hello", buf, sizeof buf);
        struct p2p__envelope e;
        struct p2p_peer_id id;
        size_t pub_len = unhex(spec_keys[k].pub, pub, sizeof pub);

        assert_int_equal(p2p__envelope_open(p2p__slice_of(buf, len), &kind, &e),
                         0);
        assert_int_equal(e.payload.len, 5);
        assert_memory_equal(e.payload.p, "hello", 5);
        assert_int_equal(e.pubkey.len, pub_len);
        assert_memory_equal(e.pubkey.p, pub, pub_len);
        assert_int_equal(p2p_peer_id_from_pubkey(pub, pub_len, &id), 0);
        assert_true(p2p_peer_id_equal(&e.signer, &id));
    }
}

/* Every byte as the RFC says, put together by hand. */
static void test_the_bytes_are_those_of_the_rfc(void **state)
{
    static const char text[] =
        "\x0b"
        "test-domain"
        "\x02\x05\x09"
        "\x05"
        "hello";
    struct p2p_key *key = spec_key(0);
    uint8_t sig[P2P_SIGNATURE_MAX];
    uint8_t want[512];
    uint8_t buf[512];
    size_t sig_len;
    size_t n;

    (void)state;
    assert_int_equal(p2p_key_sign(key, text, sizeof text - 1, sig, &sig_len),
                     0);
    want[0] = 0x0a;
    want[1] = 36;
    n = 2 + unhex(spec_keys[0].pub, want + 2, 64);
    memcpy(want + n, "\x12\x02\x05\x09\x1a\x05hello\x2a\x40", 13);
    n += 13;
    memcpy(want + n, sig, sig_len);
    n += sig_len;
    assert_int_equal(seal(0, "hello", buf, sizeof buf), n);
    assert_memory_equal(buf, want, n);
    p2p_key_free(key);
}

static void test_an_empty_payload_is_one(void **state)
{
    uint8_t buf[512];
    size_t len = seal(0, "", buf, sizeof buf);

    (void)state;
    assert_int_equal(open_it(buf, len), 0);
    /* proto3 leaves empty fields out */
    assert_memory_equal(buf + 38 + 4, "\x1a\x00", 2);
    memmove(buf + 42, buf + 44, len - 44);
    assert_int_equal(open_it(buf, len - 2), 0);
}

static void test_T8_every_byte_counts(void **state)
{
    uint8_t buf[512];
    size_t len = seal(0, "hello", buf, sizeof buf);

    (void)state;
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            buf[i] ^= (uint8_t)(1U << bit);
            assert_true(open_it(buf, len) < 0);
            buf[i] ^= (uint8_t)(1U << bit);
        }
    }
    for (size_t n = 0; n < len; n++) {
        assert_true(open_it(buf, n) < 0);
    }
    assert_int_equal(open_it(buf, len), 0);
}

static void test_another_purpose_does_not_open(void **state)
{
    static const uint8_t other_type[] = {0x05, 0x0a};
    struct p2p__envelope_kind other = kind;
    struct p2p__envelope e;
    uint8_t buf[512];
    size_t len = seal(0, "hello", buf, sizeof buf);
    struct p2p__slice in = p2p__slice_of(buf, len);

    (void)state;
    other.domain = "test-domaim";
    assert_int_equal(p2p__envelope_open(in, &other, &e), P2P_EAUTH);
    other.domain = "test-domai";
    assert_int_equal(p2p__envelope_open(in, &other, &e), P2P_EAUTH);
    other = kind;
    other.type = other_type;
    assert_int_equal(p2p__envelope_open(in, &other, &e), P2P_ENOTSUP);
    other.type_len = 1;
    assert_int_equal(p2p__envelope_open(in, &other, &e), P2P_ENOTSUP);
    other.type = (const uint8_t *)"a";
    len = seal_as(&other, buf, sizeof buf);
    in = p2p__slice_of(buf, len);
    assert_int_equal(p2p__envelope_open(in, &other, &e), 0);
    other.type = (const uint8_t *)"b";
    assert_int_equal(p2p__envelope_open(in, &other, &e), P2P_ENOTSUP);
}

static void test_T9_missing_fields_are_refused(void **state)
{
    uint8_t buf[512];
    size_t len = seal(0, "hello", buf, sizeof buf);

    (void)state;
    assert_int_equal(open_it(buf, 38), P2P_EFORMAT); /* the key alone */
    assert_int_equal(open_it(buf + 38, len - 38), P2P_EFORMAT); /* no key */
    assert_int_equal(open_it(buf, len - 66), P2P_EFORMAT); /* no signature */
    assert_int_equal(open_it(NULL, 0), P2P_EFORMAT);
    buf[len - 65] = 0; /* an empty signature, then unknown fields */
    assert_int_equal(open_it(buf, len - 64), P2P_EAUTH);
}

static void test_fields_that_come_twice_are_refused(void **state)
{
    uint8_t buf[1024];
    size_t len = seal(0, "hello", buf, sizeof buf);

    (void)state;
    memcpy(buf + len, buf, len);
    assert_int_equal(open_it(buf, 2 * len), P2P_EFORMAT);
    memcpy(buf + len, buf + 38, 4); /* the type */
    assert_int_equal(open_it(buf, len + 4), P2P_EFORMAT);
    memcpy(buf + len, "\x1a\x00", 2); /* an empty payload */
    assert_int_equal(open_it(buf, len + 2), P2P_EFORMAT);
    memcpy(buf + len, "\x32\x01z\x20\x07", 5); /* unknown fields are fine */
    assert_int_equal(open_it(buf, len + 5), 0);
}

static void test_T24_groups_are_refused(void **state)
{
    uint8_t buf[1024];
    size_t len = seal(0, "hello", buf, sizeof buf);

    (void)state;
    memcpy(buf + len, "\x33\x34", 2);
    assert_int_equal(open_it(buf, len + 2), P2P_EFORMAT);
}

static void test_large_payloads_up_to_the_cap(void **state)
{
    static uint8_t payload[P2P__CAP_ENVELOPE_BYTES + 1];
    static uint8_t buf[P2P__CAP_ENVELOPE_BYTES + 512];
    struct p2p_key *key = spec_key(0);
    struct p2p__envelope e;
    size_t head = 38 + 4 + 4 + 66;
    int len;

    (void)state;
    memset(payload, 'p', sizeof payload);
    for (size_t n = 2000; n < 2100; n++) {
        len = p2p__envelope_seal(key, &kind, p2p__slice_of(payload, n), buf,
                                 sizeof buf);
        assert_true(len > 0);
        assert_int_equal(open_it(buf, (size_t)len), 0);
    }
    len = p2p__envelope_seal(
        key, &kind, p2p__slice_of(payload, P2P__CAP_ENVELOPE_BYTES - head), buf,
        sizeof buf);
    assert_int_equal(len, P2P__CAP_ENVELOPE_BYTES);
    assert_int_equal(open_it(buf, (size_t)len), 0);
    assert_int_equal(
        p2p__envelope_seal(
            key, &kind,
            p2p__slice_of(payload, P2P__CAP_ENVELOPE_BYTES - head + 1), buf,
            sizeof buf),
        P2P_ETOOBIG);
    assert_int_equal(
        p2p__envelope_seal(key, &kind, p2p__slice_of(payload, sizeof payload),
                           buf, sizeof buf),
        P2P_ETOOBIG);
    assert_int_equal(
        p2p__envelope_open(p2p__slice_of(buf, sizeof buf), &kind, &e),
        P2P_ETOOBIG);
    p2p_key_free(key);
}

static void test_a_small_buffer_is_told(void **state)
{
    uint8_t buf[512];
    struct p2p_key *key = spec_key(0);
    size_t len = seal(0, "hello", buf, sizeof buf);

    (void)state;
    assert_int_equal(
        p2p__envelope_seal(key, &kind, p2p__slice_of("hello", 5), buf, len - 1),
        P2P_ETOOBIG);
    assert_int_equal(
        p2p__envelope_seal(key, &kind, p2p__slice_of("hello", 5), buf, len),
        len);
    p2p_key_free(key);
}

/* The same by the public interface. */
static void test_the_cap_is_the_public_one(void **state)
{
    (void)state;
    assert_int_equal(P2P__CAP_ENVELOPE_BYTES, P2P_ENVELOPE_MAX);
}

static void test_the_public_face_is_the_same_envelope(void **state)
{
    const struct p2p_envelope_kind pub_kind = {
        .domain = "test-domain", .type = type_bytes, .type_len = 2};
    struct p2p_envelope_kind other = pub_kind;
    struct p2p_key *key = spec_key(0);
    struct p2p_envelope e;
    char name[P2P_ENVELOPE_NAME_MAX + 2];
    uint8_t buf[512];
    uint8_t own[512];
    size_t len = seal(0, "hello", buf, sizeof buf);

    (void)state;
    assert_int_equal(
        p2p_envelope_seal(key, &pub_kind, "hello", 5, own, sizeof own), len);
    assert_memory_equal(buf, own, len);
    assert_int_equal(
        p2p_envelope_seal(key, &pub_kind, "hello", 5, own, len - 1),
        P2P_ETOOBIG);
    assert_int_equal(p2p_envelope_open(buf, len, &pub_kind, &e), 0);
    assert_int_equal(e.payload_len, 5);
    assert_memory_equal(e.payload, "hello", 5);
    assert_int_equal(e.pubkey_len, 36);
    assert_ptr_equal(e.pubkey, buf + 2);
    assert_int_equal(e.signature_len, 64);
    assert_ptr_equal(e.signature, buf + len - 64);
    assert_true(e.signer.len > 0);
    other.domain = "another";
    assert_int_equal(p2p_envelope_open(buf, len, &other, &e), P2P_EAUTH);
    assert_null(e.payload);
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    other.domain = name; /* one too long */
    assert_int_equal(p2p_envelope_open(buf, len, &other, &e), P2P_EINVAL);
    other.domain = name + 1;
    assert_int_equal(p2p_envelope_open(buf, len, &other, &e), P2P_EAUTH);
    other.domain = "";
    assert_int_equal(p2p_envelope_seal(key, &other, "", 0, own, sizeof own),
                     P2P_EINVAL);
    other = pub_kind;
    other.type_len = P2P_ENVELOPE_NAME_MAX + 1;
    assert_int_equal(p2p_envelope_open(buf, len, &other, &e), P2P_EINVAL);
    p2p_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_sealed_opens),
        cmocka_unit_test(test_the_bytes_are_those_of_the_rfc),
        cmocka_unit_test(test_an_empty_payload_is_one),
        cmocka_unit_test(test_T8_every_byte_counts),
        cmocka_unit_test(test_another_purpose_does_not_open),
        cmocka_unit_test(test_T9_missing_fields_are_refused),
        cmocka_unit_test(test_fields_that_come_twice_are_refused),
        cmocka_unit_test(test_T24_groups_are_refused),
        cmocka_unit_test(test_large_payloads_up_to_the_cap),
        cmocka_unit_test(test_a_small_buffer_is_told),
        cmocka_unit_test(test_the_cap_is_the_public_one),
        cmocka_unit_test(test_the_public_face_is_the_same_envelope),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
