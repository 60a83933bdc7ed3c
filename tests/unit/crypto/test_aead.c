/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ChaCha20-Poly1305 with Noise's nonces. */
#include <sodium.h>

#include "crypto/crypto.h"
#include "hex.h"
#include "unit.h"

/* RFC 8439, appendix A.5. Its nonce is Noise's for this counter. */
#define RFC_COUNTER 0x0807060504030201U
static const char rfc_key[] =
    "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0";
static const char rfc_ad[] = "f33388860000000000004e91";
static const char rfc_text[] =
    "Internet-Drafts are draft documents valid for a maximum of six months "
    "and may be updated, replaced, or obsoleted by other documents at any "
    "time. It is inappropriate to use Internet-Drafts as reference material "
    "or to cite them other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
static const char rfc_sealed[] =
    "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
    "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
    "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
    "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
    "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
    "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
    "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
    "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
    "a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38";

struct fixture {
    struct p2p__crypto *c;
    uint8_t key[P2P__KEY_BYTES];
    uint8_t ad_bytes[12];
    struct p2p__slice ad;
    uint8_t buf[512];
    size_t len;
};

static int setup(void **state)
{
    static struct fixture f;

    assert_int_equal(p2p__crypto_new(&f.c), 0);
    assert_int_equal(p2p__crypto_ready(f.c), 0);
    assert_int_equal(p2p__crypto_ready(f.c), 0); /* once is enough */
    unhex(rfc_key, f.key, sizeof f.key);
    unhex(rfc_ad, f.ad_bytes, sizeof f.ad_bytes);
    f.ad = p2p__slice_of(f.ad_bytes, sizeof f.ad_bytes);
    f.len = unhex(rfc_sealed, f.buf, sizeof f.buf);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    p2p__crypto_free(((struct fixture *)*state)->c);
    return 0;
}

static void test_seals_the_rfc_vector(void **state)
{
    struct fixture *f = *state;
    size_t text_len = sizeof rfc_text - 1;

    memcpy(f->buf, rfc_text, text_len);
    assert_int_equal(
        p2p__crypto_seal(f->c, f->key, RFC_COUNTER, &f->ad, f->buf, text_len),
        0);
    assert_hex(f->buf, text_len + P2P__TAG_BYTES, rfc_sealed);
}

static void test_opens_the_rfc_vector(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        p2p__crypto_open(f->c, f->key, RFC_COUNTER, &f->ad, f->buf, f->len), 0);
    assert_memory_equal(f->buf, rfc_text, sizeof rfc_text - 1);
}

static void test_every_flipped_bit_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[512];

    memcpy(sealed, f->buf, f->len);
    for (size_t i = 0; i < f->len; i++) {
        memcpy(f->buf, sealed, f->len);
        f->buf[i] ^= (uint8_t)(1U << (i % 8));
        assert_int_equal(
            p2p__crypto_open(f->c, f->key, RFC_COUNTER, &f->ad, f->buf, f->len),
            P2P_EAUTH);
    }
}

static void test_wrong_ad_nonce_or_key_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[512];

    memcpy(sealed, f->buf, f->len);
    assert_int_equal(
        p2p__crypto_open(f->c, f->key, RFC_COUNTER + 1, &f->ad, f->buf, f->len),
        P2P_EAUTH);
    memcpy(f->buf, sealed, f->len);
    assert_int_equal(
        p2p__crypto_open(f->c, f->key, RFC_COUNTER, NULL, f->buf, f->len),
        P2P_EAUTH);
    memcpy(f->buf, sealed, f->len);
    f->key[0] ^= 1;
    assert_int_equal(
        p2p__crypto_open(f->c, f->key, RFC_COUNTER, &f->ad, f->buf, f->len),
        P2P_EAUTH);
}

static void test_shorter_than_a_tag_is_malformed(void **state)
{
    struct fixture *f = *state;

    for (size_t len = 0; len < P2P__TAG_BYTES; len++) {
        assert_int_equal(p2p__crypto_open(f->c, f->key, 0, NULL, f->buf, len),
                         P2P_EFORMAT);
    }
}

static void test_empty_text_has_a_tag(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(p2p__crypto_seal(f->c, f->key, 7, &f->ad, f->buf, 0), 0);
    assert_int_equal(
        p2p__crypto_open(f->c, f->key, 7, &f->ad, f->buf, P2P__TAG_BYTES), 0);
    f->buf[0] ^= 1;
    assert_int_equal(
        p2p__crypto_open(f->c, f->key, 7, &f->ad, f->buf, P2P__TAG_BYTES),
        P2P_EAUTH);
}

/* One object serves all connections: a failure in one must not spill over. */
static void test_rekeying_forgets_the_record_before(void **state)
{
    struct fixture *f = *state;
    uint8_t other[P2P__KEY_BYTES] = {9};
    uint8_t junk[40] = {0};
    uint8_t text[24] = "twenty-four bytes, okay";

    assert_int_equal(p2p__crypto_open(f->c, other, 1, NULL, junk, sizeof junk),
                     P2P_EAUTH);
    memcpy(junk, text, sizeof text);
    assert_int_equal(p2p__crypto_seal(f->c, other, 2, NULL, junk, sizeof text),
                     0);
    assert_int_equal(
        p2p__crypto_open(f->c, f->key, RFC_COUNTER, &f->ad, f->buf, f->len), 0);
    assert_memory_equal(f->buf, rfc_text, sizeof rfc_text - 1);
    assert_int_equal(p2p__crypto_open(f->c, other, 2, NULL, junk, sizeof junk),
                     0);
    assert_memory_equal(junk, text, sizeof text);
}

/* Short records are made by one library, long ones by the other: all are what
 * the first one makes of them. */
static void test_both_libraries_make_the_same(void **state)
{
    static uint8_t ours[2000 + P2P__TAG_BYTES], sodiums[sizeof ours];
    uint8_t iv[12] = {0, 0, 0, 0, 149};
    struct fixture *f = *state;

    for (size_t len = 0; len <= 2000; len += len < 700 ? 33 : 1) {
        for (size_t i = 0; i < len; i++) {
            ours[i] = sodiums[i] = (uint8_t)(i * 7);
        }
        assert_int_equal(crypto_aead_chacha20poly1305_ietf_encrypt_detached(
                             sodiums, sodiums + len, NULL, sodiums, len,
                             f->ad.p, f->ad.len, NULL, iv, f->key),
                         0);
        assert_int_equal(p2p__crypto_seal(f->c, f->key, 149, &f->ad, ours, len),
                         0);
        assert_memory_equal(ours, sodiums, len + P2P__TAG_BYTES);
        assert_int_equal(p2p__crypto_open(f->c, f->key, 149, &f->ad, ours,
                                          len + P2P__TAG_BYTES),
                         0);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(ours[i], (uint8_t)(i * 7));
        }
        sodiums[len / 2] ^= 1; /* of the text, or of the tag */
        assert_int_equal(p2p__crypto_open(f->c, f->key, 149, &f->ad, sodiums,
                                          len + P2P__TAG_BYTES),
                         P2P_EAUTH);
    }
}

static void test_no_objects_are_freed_without_harm(void **state)
{
    (void)state;
    p2p__crypto_free(NULL);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_seals_the_rfc_vector),
        T(test_opens_the_rfc_vector),
        T(test_every_flipped_bit_is_refused),
        T(test_wrong_ad_nonce_or_key_is_refused),
        T(test_shorter_than_a_tag_is_malformed),
        T(test_empty_text_has_a_tag),
        T(test_rekeying_forgets_the_record_before),
        T(test_both_libraries_make_the_same),
        T(test_no_objects_are_freed_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
