/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which bytes are text, and what is shown instead of the others. */
#include <string.h>

#include "mesh/app/json.h"
#include "mesh/base/utf8.h"
#include "unit.h"

static void test_characters(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"a", 1},
        {"\xc3\xa4", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x8d\xb5", 4},
        {"\xc3", 0},             /* cut off */
        {"\xe2\x82", 0},         /* cut off */
        {"\xa4", 0},             /* continues nothing */
        {"\xc0\xaf", 0},         /* too long a form */
        {"\xe0\x80\xaf", 0},     /* too long a form */
        {"\xf0\x80\x80\xaf", 0}, /* too long a form */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xff", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(um_utf8_len(cases[i].text), cases[i].len);
    }
}

static void test_harmless(void **state)
{
    char text[] = "a\x1b[2J\xc2\x9b b\xff\xc3\xa4\x7f";

    (void)state;
    um_utf8_harmless(text);
    assert_string_equal(text, "a?[2J?? b?\xc3\xa4?");
}

/* An agent that is no text must not make the whole answer unreadable. */
static void test_json_of_bytes(void **state)
{
    static const char expect[] =
        "{\"agent\":\"x\\ufffd\\\"\\u0001\xc3\xa4\"}\n";
    struct um_json j;
    const char *text;
    size_t len;

    (void)state;
    um_json_init(&j);
    um_json_text(&j, "agent", "x\xff\"\x01\xc3\xa4");
    text = um_json_finish(&j, &len);
    assert_int_equal(len, strlen(expect));
    assert_memory_equal(text, expect, len);
    um_json_fini(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_harmless),
        cmocka_unit_test(test_json_of_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
