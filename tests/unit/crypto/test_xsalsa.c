/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* XSalsa20 as NaCl's own tests have it, in pieces of any size. */
#include "crypto/xsalsa.h"

#include <sodium.h>

#include "chunker.h"
#include "hex.h"
#include "unit.h"

#define BYTES 4096U

/* Of NaCl's tests (stream3). */
#define FIRSTKEY \
    "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"
#define NONCE "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"
#define STREAM \
    "eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880"

static uint8_t key[P2P__XSALSA_KEY], nonce[P2P__XSALSA_NONCE];

static int setup(void **state)
{
    (void)state;
    assert_int_equal(unhex(FIRSTKEY, key, sizeof key), sizeof key);
    assert_int_equal(unhex(NONCE, nonce, sizeof nonce), sizeof nonce);
    return 0;
}

static void test_the_stream_of_nacl(void **state)
{
    struct p2p__xsalsa x;
    uint8_t text[32] = {0};

    (void)state;
    p2p__xsalsa_init(&x, key, nonce);
    p2p__xsalsa_xor(&x, text, sizeof text);
    assert_hex(text, sizeof text, STREAM);
}

static void test_any_pieces_give_the_same_stream(void **state)
{
    uint8_t plain[BYTES], whole[BYTES], text[BYTES];

    (void)state;
    for (size_t i = 0; i < BYTES; i++) {
        plain[i] = (uint8_t)(i * 7);
    }
    assert_int_equal(
        crypto_stream_xsalsa20_xor(whole, plain, BYTES, nonce, key), 0);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct chunker c;
        struct p2p__xsalsa x;
        size_t at = 0;

        chunker_init(&c, (enum chunk_plan)(seed % CHUNK_PLANS), seed);
        memcpy(text, plain, BYTES);
        p2p__xsalsa_init(&x, key, nonce);
        while (at < BYTES) {
            size_t n = chunker_next(&c, BYTES - at);

            p2p__xsalsa_xor(&x, text + at, n);
            at += n;
        }
        assert_memory_equal(text, whole, BYTES);
    }
}

static void test_nothing_moves_nothing(void **state)
{
    struct p2p__xsalsa x;
    uint8_t text[32] = {0};

    (void)state;
    p2p__xsalsa_init(&x, key, nonce);
    p2p__xsalsa_xor(&x, text, 0);
    p2p__xsalsa_xor(&x, text, 5);
    p2p__xsalsa_xor(&x, text + 5, 0);
    p2p__xsalsa_xor(&x, text + 5, sizeof text - 5);
    assert_hex(text, sizeof text, STREAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_stream_of_nacl),
        cmocka_unit_test(test_any_pieces_give_the_same_stream),
        cmocka_unit_test(test_nothing_moves_nothing),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
