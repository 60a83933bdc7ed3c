/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines that have no end: which are taken, and what is said of the others. */
#include "mesh/base/logcap.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* Time, one alarm, and what was said. */
struct scene {
    struct um_alarms alarms;
    struct um_log log;
    struct um_logcap cap;
    uint64_t now_ms;
    uint64_t due_ms;
    void (*fn)(void *arg);
    void *arg;
    unsigned alarms_n; /* that were set */
    bool no_memory;
    unsigned lines;
    enum um_log_level level; /* of the last */
    char last[200];
};

static uint64_t now_ms(void *user)
{
    const struct scene *s = user;

    return s->now_ms;
}

static void *set(void *user, uint64_t ms, void (*fn)(void *arg), void *arg)
{
    struct scene *s = user;

    assert_null(s->fn);
    if (s->no_memory)
        return NULL;
    s->due_ms = s->now_ms + ms;
    s->fn = fn;
    s->arg = arg;
    s->alarms_n++;
    return s;
}

static void clear(void *user, void *alarm)
{
    struct scene *s = user;

    if (alarm != NULL) {
        assert_non_null(s->fn);
        s->fn = NULL;
    }
}

static void pass(struct scene *s, uint64_t ms)
{
    void (*fn)(void *arg) = s->fn;

    s->now_ms += ms;
    if (fn != NULL && s->due_ms <= s->now_ms) {
        s->fn = NULL;
        fn(s->arg);
    }
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct scene *s = user;

    s->lines++;
    s->level = level;
    (void)snprintf(s->last, sizeof s->last, "%s", line);
}

static void begin(struct scene *s)
{
    *s = (struct scene){.now_ms = 5000};
    s->alarms = (struct um_alarms){s, set, clear, now_ms};
    s->log = (struct um_log){.level = UM_LOG_INFO, .user = s, .sink = sink};
    um_logcap_init(&s->cap, &s->log, &s->alarms);
}

static void say(struct scene *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        um_log_line(&s->cap.log, UM_LOG_WARN, "line %u", i);
}

/* What has room is as it was. */
static void test_lines_go_on(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    um_log_line(&s.cap.log, UM_LOG_DEBUG, "above the level");
    assert_int_equal(s.lines, 0);
    say(&s, UM__CAP_LOGCAP_LINES);
    assert_int_equal(s.lines, UM__CAP_LOGCAP_LINES);
    assert_string_equal(s.last, "line 199");
    assert_int_equal(s.level, UM_LOG_WARN);
    assert_int_equal(s.alarms_n, 0);
    um_logcap_fini(&s.cap);
    assert_int_equal(s.lines, UM__CAP_LOGCAP_LINES);
}

/* UM__CAP_LOGCAP_LINES: the others are counted, and that is told once. */
static void test_too_many_lines(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    say(&s, 1000000);
    assert_int_equal(s.lines, UM__CAP_LOGCAP_LINES);
    assert_int_equal(s.alarms_n, 1);
    pass(&s, UM_LOGCAP_TELL_MS);
    assert_int_equal(s.lines, UM__CAP_LOGCAP_LINES + 1);
    assert_non_null(strstr(s.last, "999800 lines"));
    pass(&s, 3600000);
    assert_int_equal(s.lines, UM__CAP_LOGCAP_LINES + 1);
    assert_int_equal(s.alarms_n, 1);
    um_logcap_fini(&s.cap);
}

/* A flood at one level hides nothing of another. */
static void test_other_levels(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    say(&s, UM__CAP_LOGCAP_LINES + 1);
    um_log_line(&s.cap.log, UM_LOG_ERROR, "the disk is full");
    assert_string_equal(s.last, "the disk is full");
    assert_int_equal(s.level, UM_LOG_ERROR);
    um_logcap_fini(&s.cap);
}

/* A line a second, for ever; all at once after a while. */
static void test_time_gives_room(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    say(&s, UM__CAP_LOGCAP_LINES + 7);
    s.lines = 0;
    pass(&s, 999);
    say(&s, 1);
    assert_int_equal(s.lines, 0);
    pass(&s, 1);
    say(&s, 5);
    assert_int_equal(s.lines, 1);
    pass(&s, 2500);
    say(&s, 5);
    assert_int_equal(s.lines, 3);
    pass(&s, 500); /* what was over is not lost */
    say(&s, 5);
    assert_int_equal(s.lines, 4);
    pass(&s, 86400000);
    s.lines = 0;
    say(&s, 2 * UM__CAP_LOGCAP_LINES);
    assert_int_equal(s.lines, UM__CAP_LOGCAP_LINES);
    um_logcap_fini(&s.cap);
}

/* It is said at the end, and without memory for an alarm, too. */
static void test_the_end(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    s.no_memory = true;
    say(&s, UM__CAP_LOGCAP_LINES + 2);
    assert_int_equal(s.alarms_n, 0);
    s.no_memory = false;
    say(&s, 1);
    assert_int_equal(s.alarms_n, 1);
    um_logcap_fini(&s.cap);
    assert_null(s.fn);
    assert_non_null(strstr(s.last, "3 lines"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_go_on),
        cmocka_unit_test(test_too_many_lines),
        cmocka_unit_test(test_other_levels),
        cmocka_unit_test(test_time_gives_room),
        cmocka_unit_test(test_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
