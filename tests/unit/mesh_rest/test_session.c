/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sessions, and the codes that begin one. */
#include "mesh/rest/session.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/rest/secret.h"
#include "unit.h"

enum { NOW = 1000 };

static struct um_sessions *none(void)
{
    struct um_sessions *s = calloc(1, sizeof *s);

    assert_non_null(s);
    return s;
}

/* A code made of one byte. */
static const char *invite(struct um_sessions *s, enum um_right right,
                          unsigned n, uint64_t now_ms)
{
    unsigned char random[UM_LOGIN_BYTES] = {(unsigned char)n,
                                            (unsigned char)(n >> 8)};

    return um_sessions_invite(s, right, random, now_ms)->code;
}

static const struct um_session *begin(struct um_sessions *s,
                                      enum um_right right, unsigned n,
                                      uint64_t now_ms)
{
    unsigned char random[UM_SESSION_BYTES];

    memset(random, 0x5a, sizeof random);
    random[0] = (unsigned char)n;
    random[1] = (unsigned char)(n >> 8);
    return um_sessions_begin(s, right, random, now_ms);
}

static void test_secrets(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x7f, 0xe9};
    char text[2 * sizeof bytes + 1];

    (void)state;
    um_secret_text(bytes, sizeof bytes, text);
    assert_string_equal(text, "007fe9");
    assert_true(um_secret_is(text, "007fe9"));
    for (size_t i = 0; i < 6; i++) {
        char other[] = "007fe9";

        other[i] ^= 1; /* each letter is looked at */
        assert_false(um_secret_is(text, other));
    }
    assert_false(um_secret_is(text, "007fe"));
    assert_false(um_secret_is(text, "007fe90"));
    assert_false(um_secret_is("", "")); /* none is nobody's */
}

static void test_a_code_holds_once(void **state)
{
    struct um_sessions *s = none();
    char code[UM_LOGIN_CHARS + 1];

    (void)state;
    memcpy(code, invite(s, UM_RIGHT_READ, 1, NOW), sizeof code);
    assert_int_equal(strlen(code), UM_LOGIN_CHARS);
    assert_int_equal(um_sessions_redeem(s, "", NOW), UM_RIGHT_NONE);
    assert_int_equal(um_sessions_redeem(s, code, NOW), UM_RIGHT_READ);
    assert_int_equal(um_sessions_redeem(s, code, NOW), UM_RIGHT_NONE);
    free(s);
}

static void test_a_code_has_an_end(void **state)
{
    struct um_sessions *s = none();
    char code[UM_LOGIN_CHARS + 1];

    (void)state;
    memcpy(code, invite(s, UM_RIGHT_ALL, 1, NOW), sizeof code);
    assert_int_equal(um_sessions_redeem(s, code, NOW + UM_LOGIN_MS),
                     UM_RIGHT_NONE);
    /* Too late once is too late for ever. */
    assert_int_equal(um_sessions_redeem(s, code, NOW), UM_RIGHT_NONE);
    memcpy(code, invite(s, UM_RIGHT_ALL, 2, NOW), sizeof code);
    assert_int_equal(um_sessions_redeem(s, code, NOW + UM_LOGIN_MS - 1),
                     UM_RIGHT_ALL);
    free(s);
}

/* UM__CAP_LOGINS: the first makes room, the others stay. */
static void test_codes_are_few(void **state)
{
    struct um_sessions *s = none();
    char first[UM_LOGIN_CHARS + 1], second[UM_LOGIN_CHARS + 1];

    (void)state;
    memcpy(first, invite(s, UM_RIGHT_ALL, 1, NOW), sizeof first);
    memcpy(second, invite(s, UM_RIGHT_ALL, 2, NOW + 1), sizeof second);
    for (unsigned i = 3; i <= 17; i++) {
        (void)invite(s, UM_RIGHT_READ, i, NOW + i);
    }
    assert_int_equal(um_sessions_redeem(s, first, NOW + 20), UM_RIGHT_NONE);
    assert_int_equal(um_sessions_redeem(s, second, NOW + 20), UM_RIGHT_ALL);
    free(s);
}

static void test_a_session(void **state)
{
    struct um_sessions *s = none();
    const struct um_session *one = begin(s, UM_RIGHT_READ, 1, NOW);
    char id[UM_SESSION_CHARS + 1];

    (void)state;
    memcpy(id, one->id, sizeof id);
    assert_int_equal(strlen(id), UM_SESSION_CHARS);
    assert_int_equal(strlen(one->csrf), UM_SESSION_CHARS);
    assert_string_not_equal(id, one->csrf);
    assert_ptr_equal(um_sessions_find(s, id, NOW), one);
    assert_ptr_equal(um_sessions_find(s, id, NOW + UM_SESSION_MS - 1), one);
    assert_null(um_sessions_find(s, id, NOW + UM_SESSION_MS));
    assert_null(um_sessions_find(s, "", NOW));
    assert_null(um_sessions_find(s, one->csrf, NOW));
    um_sessions_end(s, one);
    assert_null(um_sessions_find(s, id, NOW));
    free(s);
}

/* UM__CAP_SESSIONS: the oldest is gone, the next one is there. */
static void test_sessions_are_few(void **state)
{
    struct um_sessions *s = none();
    char first[UM_SESSION_CHARS + 1], second[UM_SESSION_CHARS + 1];

    (void)state;
    memcpy(first, begin(s, UM_RIGHT_ALL, 1, NOW)->id, sizeof first);
    memcpy(second, begin(s, UM_RIGHT_ALL, 2, NOW + 1)->id, sizeof second);
    for (unsigned i = 3; i <= 65; i++) {
        (void)begin(s, UM_RIGHT_READ, i, NOW + i);
    }
    assert_null(um_sessions_find(s, first, NOW + 66));
    assert_non_null(um_sessions_find(s, second, NOW + 66));
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_a_code_holds_once),
        cmocka_unit_test(test_a_code_has_an_end),
        cmocka_unit_test(test_codes_are_few),
        cmocka_unit_test(test_a_session),
        cmocka_unit_test(test_sessions_are_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
