/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a peer or a Unit says must not steer the terminal of who reads it. */
#include <string.h>

#include "mesh/base/log.h"
#include "unit.h"

struct sink {
    struct um_log log;
    int lines;
    char text[2048];
};

static void keep(void *user, enum um_log_level level, const char *line)
{
    struct sink *s = user;

    assert_int_equal(level, UM_LOG_INFO);
    assert_true(strlen(line) < sizeof s->text);
    memcpy(s->text, line, strlen(line) + 1);
    s->lines++;
}

static void assert_line(const char *text, const char *expect)
{
    struct sink s = {.log = {.level = UM_LOG_INFO, .sink = keep}};

    s.log.user = &s;
    um_log_line(NULL, UM_LOG_INFO, "%s", text);
    um_log_line(&s.log, UM_LOG_DEBUG, "not %s", text);
    assert_int_equal(s.lines, 0);
    um_log_line(&s.log, UM_LOG_INFO, "%s", text);
    assert_int_equal(s.lines, 1);
    assert_string_equal(s.text, expect);
}

static void test_text_stays_as_it_is(void **state)
{
    (void)state;
    assert_line("plain ~ text", "plain ~ text");
    assert_line("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9d",
                "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9d");
    assert_line("\xc2\xa0", "\xc2\xa0");
}

static void test_controls_and_broken_bytes_are_replaced(void **state)
{
    (void)state;
    assert_line("a\x1b[2Jb\nc\x7f", "a?[2Jb?c?");
    assert_line(
        "\x9b"
        "2J",
        "?2J");
    assert_line(
        "\xc2\x9b"
        "2J",
        "??2J");                          /* CSI in UTF-8 */
    assert_line("\xe2\x82", "??");        /* cut off */
    assert_line("\xc0\xaf \xff", "?? ?"); /* no UTF-8 */
}

static void test_long_lines_are_cut(void **state)
{
    char text[2000], expect[1024];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    memset(expect, 'a', sizeof expect);
    expect[sizeof expect - 1] = '\0';
    assert_line(text, expect);
    memcpy(text + 1022, "\xc3\xbc", 2); /* the cut is in a character */
    expect[1022] = '?';
    assert_line(text, expect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_stays_as_it_is),
        cmocka_unit_test(test_controls_and_broken_bytes_are_replaced),
        cmocka_unit_test(test_long_lines_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
