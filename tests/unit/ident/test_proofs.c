/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signatures are verified once, and no other one is taken for them. */
#include "ident/proofs.h"
#include "ident/record.h"
#include "sec_pair.h"
#include "unit.h"

/* How often a signature was verified (ld --wrap puts ours in its place). */
static unsigned verified;

int __real_p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                             size_t msg_len, const void *sig, size_t sig_len);
int __wrap_p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                             size_t msg_len, const void *sig, size_t sig_len);

int __wrap_p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                             size_t msg_len, const void *sig, size_t sig_len)
{
    verified++;
    return __real_p2p_pubkey_verify(pb, pb_len, msg, msg_len, sig, sig_len);
}

struct fixture {
    struct p2p__proofs proofs;
    struct p2p_key *key;
    uint8_t pub[P2P_PUBKEY_MAX], text[40], sig[P2P_SIGNATURE_MAX];
    struct p2p__proof proof; /* of all these */
};

static void init(struct fixture *f)
{
    const uint8_t seed[32] = {7};
    const uint8_t *pub;
    size_t pub_len, sig_len;

    memset(f, 0, sizeof *f);
    assert_int_equal(p2p_key_from_seed(seed, &f->key), 0);
    pub = p2p_key_public(f->key, &pub_len);
    memcpy(f->pub, pub, pub_len);
    assert_int_equal(
        p2p_key_sign(f->key, f->text, sizeof f->text, f->sig, &sig_len), 0);
    f->proof = (struct p2p__proof){.pubkey = p2p__slice_of(f->pub, pub_len),
                                   .text = p2p__slice_of(f->text, 40),
                                   .sig = p2p__slice_of(f->sig, sig_len)};
    verified = 0;
}

static void fini(struct fixture *f)
{
    p2p_key_free(f->key);
}

static void test_a_signature_is_verified_once(void **state)
{
    struct fixture f;

    (void)state;
    init(&f);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(p2p__proofs_verify(&f.proofs, &f.proof), 0);
    }
    assert_int_equal(verified, 1);
    assert_int_equal(p2p__proofs_verify(NULL, &f.proof), 0);
    assert_int_equal(verified, 2);
    fini(&f);
}

/* Whatever byte is another one: it is wrong, and stays so. */
static void assert_each_byte_counts(struct fixture *f, uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        p[i] ^= 1;
        assert_true(p2p__proofs_verify(&f->proofs, &f->proof) < 0);
        assert_true(p2p__proofs_verify(&f->proofs, &f->proof) < 0);
        p[i] ^= 1;
    }
}

/* Once one was right, nothing that is only like it is. */
static void test_T8_no_other_is_taken_for_it(void **state)
{
    struct p2p__proof other;
    struct fixture f;

    (void)state;
    init(&f);
    assert_int_equal(p2p__proofs_verify(&f.proofs, &f.proof), 0);
    assert_each_byte_counts(&f, f.pub, f.proof.pubkey.len);
    assert_each_byte_counts(&f, f.text, f.proof.text.len);
    assert_each_byte_counts(&f, f.sig, f.proof.sig.len);
    other = f.proof; /* where one part ends and the next begins counts, too */
    other.pubkey.len--;
    assert_true(p2p__proofs_verify(&f.proofs, &other) < 0);
    other = f.proof;
    other.text.len--;
    assert_true(p2p__proofs_verify(&f.proofs, &other) < 0);
    other = f.proof;
    other.sig.len--;
    assert_true(p2p__proofs_verify(&f.proofs, &other) < 0);
    verified = 0;
    assert_int_equal(p2p__proofs_verify(&f.proofs, &f.proof), 0);
    assert_int_equal(verified, 0);
    fini(&f);
}

/* More than there is room for: each is right, known or not. */
static void test_one_takes_the_place_of_another(void **state)
{
    struct fixture f;
    size_t len;

    (void)state;
    init(&f);
    for (unsigned i = 0; i < 2 * P2P__PROOFS; i++) {
        f.text[0] = (uint8_t)i;
        f.text[1] = (uint8_t)(i >> 8);
        assert_int_equal(
            p2p_key_sign(f.key, f.text, sizeof f.text, f.sig, &len), 0);
        assert_int_equal(p2p__proofs_verify(&f.proofs, &f.proof), 0);
        assert_int_equal(p2p__proofs_verify(&f.proofs, &f.proof), 0);
    }
    assert_int_equal(verified, 2 * P2P__PROOFS);
    fini(&f);
}

/* A record of addresses, as identify has it. */
static void test_a_record_is_verified_once(void **state)
{
    const struct p2p__record_content content = {.seq = 1};
    struct p2p__record record;
    struct fixture f;
    uint8_t buf[512];
    int len;

    (void)state;
    init(&f);
    len = p2p__record_seal(f.key, &content, buf, sizeof buf);
    assert_true(len > 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p2p__record_open_again(p2p__slice_of(buf, (size_t)len),
                                                &f.proofs, &record),
                         0);
        assert_true(record.seq == 1);
    }
    assert_int_equal(verified, 1);
    fini(&f);
}

/* Each handshake of two hosts but the first does without. */
static void test_who_connects_again_is_not_verified_again(void **state)
{
    struct sec_pair p;

    (void)state;
    verified = 0;
    assert_int_equal(sec_pair_init(&p), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sec_pair_start(&p), 0);
        assert_int_equal(sec_pair_run(&p, NULL), 0);
        assert_int_equal(verified, 2);
        for (int end = 0; end < 2; end++) {
            assert_true(p.ends[end].established);
            p2p__noise_fini(p.ends[end].chan);
            p.ends[end].chan = NULL;
            p.ends[end].established = false;
        }
    }
    sec_pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signature_is_verified_once),
        cmocka_unit_test(test_T8_no_other_is_taken_for_it),
        cmocka_unit_test(test_one_takes_the_place_of_another),
        cmocka_unit_test(test_a_record_is_verified_once),
        cmocka_unit_test(test_who_connects_again_is_not_verified_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
