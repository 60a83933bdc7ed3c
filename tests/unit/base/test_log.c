/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A peer's bytes must not steer the terminal of who reads the log. */
#include <stdio.h>

#include "base/log.h"
#include "unit.h"

struct sink {
    struct p2p__logger log;
    int lines;
    enum p2p__log_level level;
    char text[1024];
};

static void sink_line(void *user, enum p2p__log_level level, const char *text)
{
    struct sink *s = user;

    s->lines++;
    s->level = level;
    assert_true(strlen(text) < sizeof s->text);
    memcpy(s->text, text, strlen(text) + 1);
}

static void sink_init(struct sink *s, enum p2p__log_level level)
{
    *s = (struct sink){.log = {.level = level, .user = s, .sink = sink_line}};
}

static int count_calls(int *calls)
{
    return ++*calls;
}

static void test_levels_above_the_limit_are_not_made(void **state)
{
    struct sink s;
    int calls = 0;

    (void)state;
    sink_init(&s, P2P__LOG_WARN);
    P2P__LOG(&s.log, INFO, "conn.open n=%d", count_calls(&calls));
    assert_int_equal(s.lines, 0);
    assert_int_equal(calls, 0); /* nor are their arguments looked at */
    P2P__LOG(&s.log, WARN, "conn.open n=%d", count_calls(&calls));
    assert_int_equal(s.lines, 1);
    assert_string_equal(s.text, "conn.open n=1");
    P2P__LOG(&s.log, ERROR, "conn.broken");
    assert_int_equal(s.level, P2P__LOG_ERROR);
}

static void test_no_logger_and_no_sink_are_fine(void **state)
{
    struct p2p__logger silent = {.level = P2P__LOG_TRACE};
    const struct p2p__logger *none = NULL;

    (void)state;
    P2P__LOG(none, ERROR, "lost");
    P2P__LOG(&silent, ERROR, "x");
}

static void test_long_lines_are_cut(void **state)
{
    struct sink s;
    char big[2000];

    (void)state;
    memset(big, 'a', sizeof big);
    big[sizeof big - 1] = '\0';
    sink_init(&s, P2P__LOG_INFO);
    P2P__LOG(&s.log, INFO, "%s", big);
    assert_int_equal(strlen(s.text), 511);
}

static void test_bytes_that_steer_terminals_are_replaced(void **state)
{
    struct sink s;

    (void)state;
    sink_init(&s, P2P__LOG_INFO);
    P2P__LOG(&s.log, INFO, "agent=%s", "a\x1b[2Jb\nc\rd\te\x7f");
    assert_string_equal(s.text, "agent=a?[2Jb?c?d?e?");
    /* C1 controls: 0x9b is CSI on its own, and in UTF-8 as c2 9b. */
    P2P__LOG(&s.log, INFO, "agent=%s",
             "\x9b"
             "2J\xc2\x9b"
             "2J");
    assert_string_equal(s.text, "agent=?2J??2J");
    for (int c = 1; c < 256; c++) {
        P2P__LOG(&s.log, INFO, "%c", c);
        assert_int_equal(s.text[0], c >= ' ' && c <= '~' ? c : '?');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_above_the_limit_are_not_made),
        cmocka_unit_test(test_no_logger_and_no_sink_are_fine),
        cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_bytes_that_steer_terminals_are_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
