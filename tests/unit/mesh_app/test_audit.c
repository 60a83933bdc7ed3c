/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The audit log: what is noted is there, in order, and has an end. */
#include "mesh/app/audit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* A moment. */
#define T0 1795725120000U

struct scene {
    char path[64];
    int dir;
    char line[1024]; /* the last one of the log */
    struct um_log log;
    struct um_audit audit;
    struct um_buf shown;
};

static void on_line(void *user, enum um_log_level level, const char *line)
{
    struct scene *s = user;

    (void)level;
    (void)snprintf(s->line, sizeof s->line, "%s", line);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    (void)snprintf(s->path, sizeof s->path, "/tmp/um-audit-XXXXXX");
    assert_non_null(mkdtemp(s->path));
    s->dir = open(s->path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    assert_true(s->dir >= 0);
    s->log = (struct um_log){.level = UM_LOG_DEBUG, .user = s, .sink = on_line};
    um_audit_open(&s->audit, s->dir, &s->log);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_audit_close(&s->audit);
    um_buf_fini(&s->shown);
    (void)unlinkat(s->dir, "audit.log", 0);
    (void)unlinkat(s->dir, "audit.log.1", 0);
    (void)unlinkat(s->dir, "audit.log", AT_REMOVEDIR);
    (void)close(s->dir);
    assert_int_equal(rmdir(s->path), 0);
    free(s);
    return 0;
}

static void note(struct scene *s, uint64_t ms, const char *action)
{
    const struct um_audit_entry e = {.action = action, .via = "socket"};

    um_audit_note(&s->audit, ms, &e);
}

static void refuse(struct scene *s, uint64_t ms)
{
    const struct um_audit_entry e = {.action = "GET /config",
                                     .via = "tcp",
                                     .addr = "127.0.0.1",
                                     .refused = true,
                                     .status = 401,
                                     .reason = "no \"token\""};

    um_audit_note(&s->audit, ms, &e);
}

/* What is read; how many. */
static size_t shown(struct scene *s, uint64_t since, size_t limit, bool *more)
{
    size_t n;

    um_buf_clear(&s->shown);
    n = um_audit_read(&s->audit, since, limit, &s->shown, more);
    um_buf_byte(&s->shown, '\0');
    return n;
}

static void test_a_line(void **state)
{
    struct scene *s = *state;
    const struct um_audit_entry e = {.action = "PUT /config",
                                     .via = "socket",
                                     .has_uid = true,
                                     .uid = 1000,
                                     .pid = 42,
                                     .about = "r2.1234",
                                     .status = 200};
    struct stat st;
    bool more;

    um_audit_note(&s->audit, T0, &e);
    assert_int_equal(shown(s, 0, 10, &more), 1);
    assert_false(more);
    assert_string_equal(
        s->shown.p,
        "{\"number\":1795725120000,\"time\":\"2026-11-26T20:32:00.000Z\","
        "\"action\":\"PUT /config\",\"outcome\":\"accepted\",\"via\":"
        "\"socket\",\"uid\":1000,\"pid\":42,\"about\":\"r2.1234\","
        "\"status\":200}");
    assert_string_equal(s->line,
                        "audit: PUT /config r2.1234 by uid 1000, process 42 "
                        "(socket): accepted");
    assert_int_equal(fstatat(s->dir, "audit.log", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    refuse(s, T0 + 5);
    assert_int_equal(shown(s, T0, 10, &more), 1);
    assert_string_equal(
        s->shown.p,
        "{\"number\":1795725120005,\"time\":\"2026-11-26T20:32:00.005Z\","
        "\"action\":\"GET /config\",\"outcome\":\"refused\",\"via\":\"tcp\","
        "\"addr\":\"127.0.0.1\",\"status\":401,"
        "\"reason\":\"no \\\"token\\\"\"}");
}

/* Numbers grow, in one ms, when the clock goes back, and over starts. */
static void test_numbers(void **state)
{
    struct scene *s = *state;
    bool more;

    note(s, T0, "a");
    note(s, T0, "b");
    note(s, T0 - 1000, "c");
    assert_int_equal(s->audit.last, T0 + 2);
    um_audit_close(&s->audit);
    um_audit_open(&s->audit, s->dir, &s->log);
    note(s, T0 - 1000, "d");
    assert_int_equal(s->audit.last, T0 + 3);
    assert_int_equal(shown(s, T0 + 1, 10, &more), 2);
    assert_non_null(strstr(s->shown.p, "\"action\":\"c\""));
    assert_non_null(strstr(s->shown.p, "\"action\":\"d\""));
}

/* Makes a file of one line. */
static void put_line(const struct scene *s, const char *name, const char *line)
{
    int fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, line, strlen(line)), strlen(line));
    (void)close(fd);
}

/* The file before counts while the new one has no number. */
static void test_the_old_file_is_asked_last(void **state)
{
    struct scene *s = *state;

    put_line(s, "audit.log.1", "{\"number\":1795725120009,\"x\":1}\n");
    um_audit_close(&s->audit);
    um_audit_open(&s->audit, s->dir, &s->log);
    assert_int_equal(s->audit.last, T0 + 9);
    um_audit_close(&s->audit);
    put_line(s, "audit.log", "{\"number\":17,\"x\":1}\n");
    um_audit_open(&s->audit, s->dir, &s->log);
    assert_int_equal(s->audit.last, 17);
}

static void test_limits_of_an_answer(void **state)
{
    struct scene *s = *state;
    bool more;

    for (uint64_t i = 1; i <= 5; i++) {
        note(s, T0 + i, i == 1 ? "first" : i == 5 ? "last" : "x");
    }
    assert_int_equal(shown(s, 0, 2, &more), 2); /* the last ones */
    assert_true(more);
    assert_non_null(strstr(s->shown.p, "\"last\""));
    assert_int_equal(shown(s, 1, 2, &more), 2); /* the first ones */
    assert_true(more);
    assert_non_null(strstr(s->shown.p, "\"first\""));
    assert_int_equal(shown(s, T0 + 3, 2, &more), 2);
    assert_false(more);
    assert_int_equal(shown(s, T0 + 5, 2, &more), 0);
}

static void test_the_longest_answer(void **state)
{
    struct scene *s = *state;
    bool more;

    for (uint64_t i = 1; i <= 1100; i++) {
        note(s, T0 + i, "x");
    }
    assert_int_equal(shown(s, 0, 100000, &more), UM__CAP_AUDIT_SHOWN);
    assert_true(more);
    assert_int_equal(shown(s, 1, 100000, &more), UM__CAP_AUDIT_SHOWN);
}

static off_t size_of(const struct scene *s, const char *name)
{
    struct stat st;

    return fstatat(s->dir, name, &st, 0) == 0 ? st.st_size : -1;
}

static void test_it_begins_anew(void **state)
{
    struct scene *s = *state;
    char action[2048];
    uint64_t n = 0;
    bool more;

    (void)memset(action, 'x', sizeof action);
    action[sizeof action - 1] = '\0';
    while (n < 5000) { /* ten mebibytes */
        note(s, T0 + ++n, action);
    }
    assert_true(size_of(s, "audit.log") <= (off_t)UM__CAP_AUDIT_BYTES);
    assert_true(size_of(s, "audit.log.1") <= (off_t)UM__CAP_AUDIT_BYTES);
    assert_true(size_of(s, "audit.log.1") >
                (off_t)UM__CAP_AUDIT_BYTES - (off_t)sizeof action - 200);
    assert_int_equal(shown(s, T0 + n - 1000, 2000, &more), 1000);
    assert_false(more);
    um_audit_close(&s->audit);
    assert_int_equal(unlinkat(s->dir, "audit.log", 0), 0);
    um_audit_open(&s->audit, s->dir, &s->log); /* just before a new one is */
    note(s, T0, "y");
    assert_true(s->audit.last > T0);
}

/* Who knocks does not push out what was done. */
static void test_refusals_have_room(void **state)
{
    struct scene *s = *state;
    bool more;

    for (unsigned i = 0; i < 100; i++) {
        refuse(s, T0);
    }
    note(s, T0, "done");
    assert_int_equal(shown(s, 0, 1000, &more), UM__CAP_AUDIT_REFUSED + 1);
    assert_non_null(strstr(s->shown.p, "\"left_out\":40"));
    refuse(s, T0 + 1000);
    refuse(s, T0 + 1000);
    assert_int_equal(shown(s, 0, 1000, &more), UM__CAP_AUDIT_REFUSED + 2);
}

static void test_a_clock_that_is_set_back(void **state)
{
    struct scene *s = *state;
    bool more;

    for (unsigned i = 0; i < UM__CAP_AUDIT_REFUSED + 1; i++) {
        refuse(s, T0);
    }
    refuse(s, T0 - 3600000);
    assert_int_equal(shown(s, 0, 1000, &more), UM__CAP_AUDIT_REFUSED);
    refuse(s, T0 - 3599000);
    assert_int_equal(shown(s, 0, 1000, &more), UM__CAP_AUDIT_REFUSED + 1);
}

/* A crash cut off a line: it is not shown, and the next one is. */
static void test_a_line_that_was_cut_off(void **state)
{
    struct scene *s = *state;
    bool more;
    int fd;

    note(s, T0, "a");
    um_audit_close(&s->audit);
    fd = openat(s->dir, "audit.log", O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "{\"number\":17957251", 18), 18);
    (void)close(fd);
    um_audit_open(&s->audit, s->dir, &s->log);
    note(s, T0 + 1, "b");
    assert_int_equal(shown(s, 0, 10, &more), 2);
    assert_non_null(strstr(s->shown.p, "\"action\":\"b\""));
}

/* The largest that a file of this program may be. */
static void set_largest(rlim_t bytes)
{
    struct rlimit r;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
    r.rlim_cur = bytes < r.rlim_max ? bytes : r.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* The disk took a part of a line: that is taken back, and those behind it are
 * whole. */
static void test_a_disk_that_is_full(void **state)
{
    struct scene *s = *state;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    uint64_t whole;
    bool more;

    note(s, T0, "a");
    whole = s->audit.size;
    set_largest(whole + 40);
    note(s, T0 + 1, "b");
    set_largest(RLIM_INFINITY);
    assert_int_equal(size_of(s, "audit.log"), whole);
    assert_int_equal(s->audit.size, whole);
    note(s, T0 + 2, "c");
    assert_int_equal(shown(s, 0, 10, &more), 2);
    assert_null(strstr(s->shown.p, "\"action\":\"b\""));
    assert_non_null(strstr(s->shown.p, "},{\"number\":1795725120002,"));
    (void)signal(SIGXFSZ, before);
}

static void test_it_cannot_be_opened(void **state)
{
    struct scene *s = *state;
    bool more;

    um_audit_close(&s->audit);
    assert_int_equal(unlinkat(s->dir, "audit.log", 0), 0);
    assert_int_equal(mkdirat(s->dir, "audit.log", 0700), 0);
    um_audit_open(&s->audit, s->dir, &s->log);
    assert_non_null(strstr(s->line, "the audit log cannot be opened: "));
    note(s, T0, "a");
    assert_string_equal(s->line, "audit: a (socket): accepted");
    assert_int_equal(shown(s, 0, 10, &more), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_old_file_is_asked_last, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_limits_of_an_answer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_longest_answer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_it_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals_have_room, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_clock_that_is_set_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_line_that_was_cut_off, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_disk_that_is_full, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_it_cannot_be_opened, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
