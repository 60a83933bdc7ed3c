/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bech32m, join codes and recovery keys; and what a slip of the pen does. */
#include "mesh/trust/code.h"

#include "p2p/err.h"
#include "rig.h"

static struct um_bech32_error error;

static int get(const char *text, const char *prefix, struct um_buf *out)
{
    um_buf_clear(out);
    return um_bech32_get(um_str(text), prefix, 0, out, &error);
}

/* BIP 350's test vectors, as far as their data begins with version 0 and is
 * whole bytes; for the rest the checksum has to be right. */
static void test_bip350_vectors(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    assert_int_equal(
        get("abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx", "abcdef", &b),
        P2P_ENOTSUP); /* version "l" */
    assert_int_equal(error.wrong, UM_BECH32_VERSION);
    assert_int_equal(error.at, 7);
    assert_int_equal(get("split1checkupstagehandshakeupstreamerranterredcaperr"
                         "edlc445v",
                         "split", &b),
                     P2P_ENOTSUP);
    assert_int_equal(error.wrong, UM_BECH32_VERSION);
    /* of Bech32, not m */
    assert_int_equal(
        get("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", &b),
        P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CHECKSUM);
    um_buf_fini(&b);
}

static void test_bytes_there_and_back(void **state)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_buf back = UM_BUF_INIT;
    char bytes[100];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(uint8_t)(i * 37 + 11);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        um_buf_clear(&text);
        um_buf_clear(&back);
        assert_int_equal(um_bech32_put(&text, "abc", 3, um_str_n(bytes, n)), 0);
        assert_int_equal(text.len, 3 + 1 + 1 + (n * 8 + 4) / 5 + 6);
        assert_int_equal(
            um_bech32_get(um_buf_view(&text), "abc", 3, &back, &error), 0);
        assert_int_equal(back.len, n);
        if (n > 0)
            assert_memory_equal(back.p, bytes, n);
        assert_int_equal(
            um_bech32_get(um_buf_view(&text), "abc", 2, &back, &error),
            P2P_ENOTSUP);
        assert_int_equal(
            um_bech32_get(um_buf_view(&text), "ab", 3, &back, &error),
            P2P_EFORMAT);
        assert_int_equal(error.wrong, UM_BECH32_PREFIX);
        assert_int_equal(back.len, n); /* as it was */
    }
    um_buf_fini(&text);
    um_buf_fini(&back);
}

/* Five bits and more that are left over, or are not zero. */
static void test_padding_has_one_form(void **state)
{
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    assert_int_equal(get("abc1qqqcg2d0n", "abc", &b), 0);
    assert_int_equal(b.len, 1);
    assert_int_equal(get("abc1qqp977cjp", "abc", &b), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CONTENT);
    assert_int_equal(get("abc1qqqqdwreek", "abc", &b), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CONTENT);
    assert_int_equal(b.len, 0);
    um_buf_fini(&b);
}

static void some_code(struct um_code *c)
{
    memset(c, 0, sizeof *c);
    memset(c->secret, 0xc3, sizeof c->secret);
    memset(c->mesh, 0x5a, sizeof c->mesh);
    memset(c->owner, 0x0f, sizeof c->owner);
    c->expires_ms = UINT64_C(29400015) * 60000;
}

/* The text of a code, with an end; owned by *b. */
static char *text_of(const struct um_code *c, struct um_buf *b)
{
    um_buf_clear(b);
    assert_int_equal(um_code_put(c, b), 0);
    um_buf_byte(b, '\0');
    return b->p;
}

static void test_one_wrong_character_is_found(void **state)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    struct um_buf b = UM_BUF_INIT;
    struct um_code c;
    struct um_code back;
    char *text;

    (void)state;
    some_code(&c);
    text = text_of(&c, &b);
    for (size_t i = 3; text[i] != '\0'; i++) {
        char was = text[i];

        for (size_t k = 0; k < 32; k++) {
            if (alphabet[k] == was)
                continue;
            text[i] = alphabet[k];
            assert_int_equal(um_code_get(um_str(text), &back, &error),
                             P2P_EFORMAT);
            assert_int_equal(error.wrong, UM_BECH32_CHECKSUM);
            assert_int_equal(error.at, i);
        }
        text[i] = was;
    }
    assert_int_equal(um_code_get(um_str(text), &back, &error), 0);
    assert_int_equal(error.wrong, UM_BECH32_FINE);
    um_buf_fini(&b);
}

static void test_two_wrong_characters_are_noticed(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_code c;
    struct um_code back;
    char *text;
    size_t len;

    (void)state;
    some_code(&c);
    text = text_of(&c, &b);
    len = strlen(text);
    for (size_t i = 3; i < len; i++) {
        size_t j = 3 + (i * 7 + 5) % (len - 3);
        char a = text[i];
        char z = text[j];

        text[i] = a == 'q' ? 'p' : 'q';
        if (j != i)
            text[j] = z == 'x' ? 'y' : 'x';
        assert_int_equal(um_code_get(um_str(text), &back, &error), P2P_EFORMAT);
        text[i] = a;
        text[j] = z;
        if (i + 1 < len && text[i] != text[i + 1]) { /* swapped */
            text[i] = text[i + 1];
            text[i + 1] = a;
            assert_int_equal(um_code_get(um_str(text), &back, &error),
                             P2P_EFORMAT);
            text[i + 1] = text[i];
            text[i] = a;
        }
        /* left out */
        memmove(text + i, text + i + 1, len - i);
        assert_int_equal(um_code_get(um_str(text), &back, &error), P2P_EFORMAT);
        memmove(text + i + 1, text + i, len - i);
        text[i] = a;
    }
    assert_int_equal(um_code_get(um_str(text), &back, &error), 0);
    um_buf_fini(&b);
}

static void test_how_people_write_it(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_buf odd = UM_BUF_INIT;
    struct um_code c;
    struct um_code back;
    char *text;

    (void)state;
    some_code(&c);
    text = text_of(&c, &b);
    um_buf_text(&odd, " \t");
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool letter = text[i] >= 'a' && text[i] <= 'z';

        um_buf_byte(&odd, letter ? (char)(text[i] - 32) : text[i]);
        if (i % 5 == 4)
            um_buf_text(&odd, i % 10 == 4 ? "-" : "\r\n ");
    }
    assert_int_equal(um_code_get(um_buf_view(&odd), &back, &error), 0);
    assert_memory_equal(back.secret, c.secret, sizeof c.secret);
    text[9] = (char)(text[9] >= 'a' ? text[9] - 32 : text[9]);
    text[10] = 'A';
    assert_int_equal(um_code_get(um_str(text), &back, &error), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CASE);
    assert_true(error.at == 9 || error.at == 10);
    text = text_of(&c, &b);
    text[20] = 'o'; /* not in the alphabet */
    assert_int_equal(um_code_get(um_str(text), &back, &error), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CHAR);
    assert_int_equal(error.at, 20);
    um_buf_fini(&odd);
    um_buf_fini(&b);
}

static void test_what_is_no_code(void **state)
{
    static char big[70000];
    struct um_code back;
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    assert_int_equal(um_code_get(um_str(""), &back, &error), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_PREFIX);
    assert_int_equal(um_code_get(um_str("um1"), &back, &error), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_LENGTH);
    assert_int_equal(um_code_get(um_str("xy1qqqqqqqq"), &back, &error),
                     P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_PREFIX);
    memset(big, 'q', sizeof big);
    memcpy(big, "um1", 3);
    assert_int_equal(um_code_get(um_str_n(big, sizeof big), &back, &error),
                     P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_LENGTH);
    assert_int_equal(um_code_get(um_str_n(big, 2000), &back, &error),
                     P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_LENGTH);
    /* the right form, with too little in it */
    assert_int_equal(um_bech32_put(&b, "um", 0, um_str_n(big, 51)), 0);
    assert_int_equal(um_code_get(um_buf_view(&b), &back, &error), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CONTENT);
    /* a later version */
    um_buf_clear(&b);
    assert_int_equal(um_bech32_put(&b, "um", 1, um_str_n(big, 60)), 0);
    assert_int_equal(um_code_get(um_buf_view(&b), &back, &error), P2P_ENOTSUP);
    um_buf_fini(&b);
}

/* Content of 52 bytes and what follows them, as a code. */
static int with_addresses(const char *addrs, size_t len)
{
    char content[1024] = {0};
    struct um_buf b = UM_BUF_INIT;
    struct um_code back;
    int err;

    memcpy(content + 52, addrs, len);
    assert_int_equal(um_bech32_put(&b, "um", 0, um_str_n(content, 52 + len)),
                     0);
    err = um_code_get(um_buf_view(&b), &back, &error);
    um_buf_fini(&b);
    return err;
}

static void test_addresses_have_their_length(void **state)
{
    char many[UM__CAP_CODE_BYTES] = {0};

    (void)state;
    assert_int_equal(with_addresses("\x01z", 2), 0);
    assert_int_equal(with_addresses("\x01z\x02zz", 5), 0);
    assert_int_equal(with_addresses("\x00", 1), P2P_EFORMAT);
    assert_int_equal(with_addresses("\x02z", 2), P2P_EFORMAT);
    assert_int_equal(with_addresses("\x01z\x01", 3), P2P_EFORMAT);
    assert_int_equal(with_addresses("\1a\1b\1c\1d", 8), 0);
    assert_int_equal(with_addresses("\1a\1b\1c\1d\1e", 10), P2P_EFORMAT);
    many[0] = (char)(uint8_t)UM_CODE_ADDR_BYTES;
    many[256] = (char)(uint8_t)(UM__CAP_CODE_BYTES - 52 - 257);
    assert_int_equal(with_addresses(many, UM__CAP_CODE_BYTES - 52), 0);
    many[256]++;
    assert_int_equal(with_addresses(many, UM__CAP_CODE_BYTES - 51),
                     P2P_EFORMAT);
}

static void test_what_cannot_be_printed(void **state)
{
    struct um_code c;
    struct um_buf b = UM_BUF_INIT;

    (void)state;
    some_code(&c);
    c.expires_ms++;
    assert_int_equal(um_code_put(&c, &b), P2P_EINVAL);
    c.expires_ms = (UINT64_C(1) << 32) * 60000;
    assert_int_equal(um_code_put(&c, &b), P2P_EINVAL);
    c.expires_ms = 0;
    c.addrs_n = 1;
    assert_int_equal(um_code_put(&c, &b), P2P_EINVAL); /* an empty one */
    c.addrs_n = UM__CAP_CODE_ADDRS + 1;
    assert_int_equal(um_code_put(&c, &b), P2P_EINVAL);
    c.addrs_n = 2;
    c.addrs[0].len = c.addrs[1].len = UM_CODE_ADDR_BYTES;
    assert_int_equal(um_code_put(&c, &b), P2P_ETOOBIG);
    assert_int_equal(b.len, 0);
    um_buf_fini(&b);
}

static void test_recovery_keys(void **state)
{
    uint8_t seed[UM_CODE_SEED_BYTES];
    uint8_t back[UM_CODE_SEED_BYTES];
    struct um_buf b = UM_BUF_INIT;
    struct um_code c;

    (void)state;
    memset(seed, 0xe1, sizeof seed);
    assert_int_equal(um_code_put_seed(seed, &b), 0);
    assert_int_equal(um_code_get_seed(um_buf_view(&b), back, &error), 0);
    assert_memory_equal(seed, back, sizeof seed);
    assert_int_equal(um_code_get(um_buf_view(&b), &c, &error), P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_PREFIX);
    um_buf_clear(&b);
    assert_int_equal(um_bech32_put(&b, "umkey", 0, um_str_n((char *)seed, 31)),
                     0);
    assert_int_equal(um_code_get_seed(um_buf_view(&b), back, &error),
                     P2P_EFORMAT);
    assert_int_equal(error.wrong, UM_BECH32_CONTENT);
    um_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bip350_vectors),
        cmocka_unit_test(test_bytes_there_and_back),
        cmocka_unit_test(test_padding_has_one_form),
        cmocka_unit_test(test_one_wrong_character_is_found),
        cmocka_unit_test(test_two_wrong_characters_are_noticed),
        cmocka_unit_test(test_how_people_write_it),
        cmocka_unit_test(test_what_is_no_code),
        cmocka_unit_test(test_addresses_have_their_length),
        cmocka_unit_test(test_what_cannot_be_printed),
        cmocka_unit_test(test_recovery_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
