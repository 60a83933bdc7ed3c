/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Vectors: multiformats/multibase tests, RFC 4648, the base58 draft. */
#include "wire/multibase.h"
#include "base/rng.h"
#include "hex.h"
#include "unit.h"

static const struct {
    const char *text;
    const char *bytes;
} vectors[] = {
    /* multibase: basic.csv, leading_zero.csv, two_leading_zeros.csv */
    {"f796573206d616e692021", "yes mani !"},
    {"F796573206D616E692021", "yes mani !"},
    {"bpfsxgidnmfxgsibb", "yes mani !"},
    {"BPFSXGIDNMFXGSIBB", "yes mani !"},
    {"k2lcpzo5yikidynfl", "yes mani !"},
    {"K2LCPZO5YIKIDYNFL", "yes mani !"},
    {"z7paNL19xttacUY", "yes mani !"},
    {"meWVzIG1hbmkgIQ", "yes mani !"},
    {"ueWVzIG1hbmkgIQ", "yes mani !"},
    /* RFC 4648, section 10 */
    {"b", ""},
    {"bmy", "f"},
    {"bmzxq", "fo"},
    {"bmzxw6", "foo"},
    {"bmzxw6yq", "foob"},
    {"bmzxw6ytb", "fooba"},
    {"bmzxw6ytboi", "foobar"},
    {"uZg", "f"},
    {"uZm8", "fo"},
    {"uZm9v", "foo"},
    {"uZm9vYg", "foob"},
    {"z", ""},
    {"z2NEpo7TZRRrLZSi2U", "Hello World!"},
    {"zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
     "The quick brown fox jumps over the lazy dog."},
};

static void test_the_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < P2P__COUNT(vectors); i++) {
        const char *text = vectors[i].text;
        const char *bytes = vectors[i].bytes;
        uint8_t out[64];
        char back[96];
        int n = p2p__multibase_decode(text, strlen(text), out, sizeof out);

        assert_int_equal(n, strlen(bytes));
        assert_memory_equal(out, bytes, strlen(bytes));
        n = p2p__multibase_encode((enum p2p__base)text[0], out, (size_t)n, back,
                                  sizeof back);
        assert_int_equal(n, strlen(text));
        assert_memory_equal(back, text, strlen(text));
    }
}

static void test_leading_zeros_stay(void **state)
{
    static const char *const texts[] = {
        "z117paNL19xttacUY", "k002lcpzo5yikidynfl", "f0000796573206d616e692021",
        "z1", "k0"};
    uint8_t out[32];
    char back[64];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        int n =
            p2p__multibase_decode(texts[i], strlen(texts[i]), out, sizeof out);

        assert_true(n > 0);
        assert_int_equal(out[0], 0);
        n = p2p__multibase_encode((enum p2p__base)texts[i][0], out, (size_t)n,
                                  back, sizeof back);
        assert_int_equal(n, strlen(texts[i]));
        assert_memory_equal(back, texts[i], strlen(texts[i]));
    }
    assert_int_equal(
        p2p__multibase_decode("z117paNL19xttacUY", 17, out, sizeof out), 12);
}

static void test_what_is_no_digit_is_refused(void **state)
{
    static const char *const texts[] = {
        "",     "Z1",  "x00",  "9123",    "f0g",  "F0a", "bMY",
        "bmy=", "bm1", "z0",   "zO",      "zI",   "zl",  "z7pa L",
        "kA",   "u+/", "m-_",  "uZg==",   "\xff", "f0",  "bm",
        "bmz7", "uZ",  "bmzx", "bmzxw6y", "f000",
    };
    uint8_t out[64];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        assert_int_equal(
            p2p__multibase_decode(texts[i], strlen(texts[i]), out, sizeof out),
            P2P_EFORMAT);
    }
    assert_int_equal(p2p__multibase_decode("fff\0", 4, out, sizeof out),
                     P2P_EFORMAT);
}

/* "my" and "mz" would both be "f" if the spare bits did not matter. */
static void test_spare_bits_must_be_zero(void **state)
{
    uint8_t out[8];

    (void)state;
    assert_int_equal(p2p__multibase_decode("bmy", 3, out, sizeof out), 1);
    assert_int_equal(p2p__multibase_decode("bmz", 3, out, sizeof out),
                     P2P_EFORMAT);
    assert_int_equal(p2p__multibase_decode("uZg", 3, out, sizeof out), 1);
    assert_int_equal(p2p__multibase_decode("uZh", 3, out, sizeof out),
                     P2P_EFORMAT);
}

static const enum p2p__base bases[] = {
    P2P__BASE16, P2P__BASE32, P2P__BASE36,
    P2P__BASE58, P2P__BASE64, P2P__BASE64_URL,
};

static void test_random_bytes_come_back(void **state)
{
    struct p2p__rng rng;
    uint8_t in[48];
    uint8_t out[48];
    char text[128];

    (void)state;
    p2p__rng_seed(&rng, 1);
    for (int round = 0; round < 2000; round++) {
        size_t len = (size_t)p2p__rng_below(&rng, sizeof in + 1);
        enum p2p__base base = bases[p2p__rng_below(&rng, P2P__COUNT(bases))];
        int n;

        p2p__rng_fill(&rng, in, len);
        memset(in, 0, (size_t)p2p__rng_below(&rng, len + 1) / 2);
        n = p2p__multibase_encode(base, in, len, text, sizeof text);
        assert_true(n > 0);
        n = p2p__multibase_decode(text, (size_t)n, out, sizeof out);
        assert_int_equal(n, len);
        assert_memory_equal(in, out, len);
    }
}

static void test_a_full_buffer_is_told_and_not_overrun(void **state)
{
    uint8_t in[20] = {0, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t out[sizeof in + 1];
    char text[64];

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(bases); i++) {
        int n =
            p2p__multibase_encode(bases[i], in, sizeof in, text, sizeof text);

        assert_true(n > 0);
        for (size_t cap = 0; cap < sizeof in; cap++) {
            memset(out, 0xee, sizeof out);
            assert_int_equal(p2p__multibase_decode(text, (size_t)n, out, cap),
                             P2P_ETOOBIG);
            assert_int_equal(out[cap], 0xee);
        }
        for (int cap = 0; cap < n; cap++) {
            text[cap] = '!';
            assert_int_equal(p2p__multibase_encode(bases[i], in, sizeof in,
                                                   text, (size_t)cap),
                             P2P_ETOOBIG);
            assert_int_equal(text[cap], '!');
        }
    }
}

/* Hostile text is given up as soon as it does not fit. */
static void test_endless_text_costs_little(void **state)
{
    static char text[1 << 20];
    uint8_t out[44];

    (void)state;
    memset(text, '1', sizeof text);
    text[0] = 'z';
    assert_int_equal(p2p__multibase_decode(text, sizeof text, out, sizeof out),
                     P2P_ETOOBIG);
    memset(text + 1, 'z', sizeof text - 1);
    assert_int_equal(p2p__multibase_decode(text, sizeof text, out, sizeof out),
                     P2P_ETOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vectors_both_ways),
        cmocka_unit_test(test_leading_zeros_stay),
        cmocka_unit_test(test_what_is_no_digit_is_refused),
        cmocka_unit_test(test_spare_bits_must_be_zero),
        cmocka_unit_test(test_random_bytes_come_back),
        cmocka_unit_test(test_a_full_buffer_is_told_and_not_overrun),
        cmocka_unit_test(test_endless_text_costs_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
