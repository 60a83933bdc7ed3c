/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines as the journal takes them, and where they go when it does not. */
#include "mesh/app/journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* A journal, and a file in the place of standard error. */
struct scene {
    char dir[64];
    char at[96];
    int fd; /* of the journal; -1: there is none */
    int saved, out;
    struct um_log log;
    struct um_journal journal;
    char text[4096];
};

static void begin_journal(struct scene *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", s->at);
    (void)unlink(s->at);
    s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    (void)snprintf(s->dir, sizeof s->dir, "/tmp/um-journal-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    (void)snprintf(s->at, sizeof s->at, "%s/socket", s->dir);
    begin_journal(s);
    s->out = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(s->out >= 0);
    s->log.level = UM_LOG_DEBUG;
    (void)unsetenv("JOURNAL_STREAM");
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    um_journal_close(&s->journal);
    (void)close(s->fd);
    (void)close(s->out);
    (void)unlink(s->at);
    assert_int_equal(rmdir(s->dir), 0);
    (void)unsetenv("JOURNAL_STREAM");
    free(s);
    return 0;
}

/* Standard error is the file. */
static void divert(struct scene *s)
{
    (void)fflush(stderr);
    s->saved = dup(STDERR_FILENO);
    assert_int_equal(ftruncate(s->out, 0), 0);
    assert_int_equal(lseek(s->out, 0, SEEK_SET), 0);
    assert_int_equal(dup2(s->out, STDERR_FILENO), STDERR_FILENO);
}

/* It is what it was; what was written meanwhile. */
static const char *restore(struct scene *s)
{
    ssize_t n;

    (void)fflush(stderr);
    (void)dup2(s->saved, STDERR_FILENO);
    (void)close(s->saved);
    n = pread(s->out, s->text, sizeof s->text - 1, 0);
    s->text[n > 0 ? n : 0] = '\0';
    return s->text;
}

/* What the journal got next; "": nothing. */
static const char *got(struct scene *s)
{
    ssize_t n = recv(s->fd, s->text, sizeof s->text - 1, 0);

    s->text[n > 0 ? n : 0] = '\0';
    return s->text;
}

static const struct um_log_field fields[UM_LOG_FIELDS] = {
    {"AUDIT", "accepted"},
    {"UNITMESH_PEER", NULL},
    {"UNITMESH_REVISION", "r2.1234"}};

static void test_native(void **state)
{
    struct scene *s = *state;

    um_journal_open(&s->journal, &s->log, UM_JOURNAL_NATIVE, s->at);
    um_journal_name(&s->journal, "web-1");
    divert(s);
    um_log_line(&s->log, UM_LOG_WARN, "a\nline");
    um_log_with(&s->log, UM_LOG_INFO, fields, "it is %d", 7);
    um_log_line(&s->log, UM_LOG_TRACE, "not at this level");
    assert_string_equal(restore(s), "");
    assert_string_equal(got(s),
                        "MESSAGE=a?line\nPRIORITY=4\nSYSLOG_IDENTIFIER="
                        "unitmesh\nUNITMESH_NODE=web-1\n");
    assert_string_equal(
        got(s),
        "MESSAGE=it is 7\nPRIORITY=6\nSYSLOG_IDENTIFIER=unitmesh\n"
        "UNITMESH_NODE=web-1\nAUDIT=accepted\nUNITMESH_REVISION=r2.1234\n");
    assert_string_equal(got(s), "");
}

static void test_priorities(void **state)
{
    static const char *const want[] = {"3", "4", "6", "7", "7"};
    struct scene *s = *state;
    char text[32];

    um_journal_open(&s->journal, &s->log, UM_JOURNAL_NATIVE, s->at);
    s->log.level = UM_LOG_TRACE;
    for (int i = 0; i < 5; i++) {
        um_log_line(&s->log, (enum um_log_level)i, "x");
        (void)snprintf(text, sizeof text, "\nPRIORITY=%s\n", want[i]);
        assert_non_null(strstr(got(s), text));
    }
}

/* Who listens has begun anew, or is not there. */
static void test_the_journal_goes_and_comes(void **state)
{
    struct scene *s = *state;

    um_journal_open(&s->journal, &s->log, UM_JOURNAL_NATIVE, s->at);
    (void)close(s->fd);
    divert(s);
    um_log_line(&s->log, UM_LOG_WARN, "lost?");
    assert_non_null(strstr(restore(s), "warn  lost?\n"));
    begin_journal(s);
    um_log_line(&s->log, UM_LOG_WARN, "found");
    assert_non_null(strstr(got(s), "MESSAGE=found\n"));
}

static void test_a_journal_that_is_full(void **state)
{
    struct scene *s = *state;
    int n = 0;

    um_journal_open(&s->journal, &s->log, UM_JOURNAL_NATIVE, s->at);
    divert(s);
    for (int i = 0; i < 5000; i++) {
        um_log_line(&s->log, UM_LOG_INFO, "line %d", i);
    }
    (void)restore(s);
    while (got(s)[0] != '\0') {
        n++;
    }
    assert_in_range(n, 1, 4999);
    assert_true(lseek(s->out, 0, SEEK_END) > 0); /* the others */
}

static void test_no_journal(void **state)
{
    struct scene *s = *state;

    (void)unlink(s->at);
    divert(s);
    um_journal_open(&s->journal, &s->log, UM_JOURNAL_NATIVE, s->at);
    um_log_line(&s->log, UM_LOG_INFO, "a line");
    assert_non_null(strstr(restore(s), "info  a line\n"));
    assert_non_null(strstr(s->text, "the journal does not listen at "));
    assert_int_equal(s->journal.format, UM_JOURNAL_TEXT);
}

static void test_json(void **state)
{
    struct scene *s = *state;

    um_journal_open(&s->journal, &s->log, UM_JOURNAL_JSON, s->at);
    um_journal_name(&s->journal, "web-1");
    divert(s);
    um_log_with(&s->log, UM_LOG_INFO, fields, "a \"line\" \\");
    assert_non_null(
        strstr(restore(s),
               "\"level\":\"info\",\"msg\":\"a \\\"line\\\" \\\\\",\"node\":"
               "\"web-1\",\"audit\":\"accepted\",\"revision\":\"r2.1234\"}\n"));
    assert_string_equal(got(s), "");
}

/* Standard error is the journal's if it is the file that is named. */
static void test_it_is_found(void **state)
{
    struct scene *s = *state;
    char text[96];
    struct stat st;

    assert_false(um_journal_is_stderr());
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    (void)snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)st.st_dev,
                   (uintmax_t)st.st_ino);
    (void)setenv("JOURNAL_STREAM", text, 1);
    assert_true(um_journal_is_stderr());
    um_journal_open(&s->journal, &s->log, UM_JOURNAL_FOUND, s->at);
    assert_int_equal(s->journal.format, UM_JOURNAL_NATIVE);
    um_journal_close(&s->journal);
    um_journal_open(&s->journal, &s->log, UM_JOURNAL_TEXT, s->at);
    assert_int_equal(s->journal.format, UM_JOURNAL_TEXT);
    (void)snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)st.st_dev,
                   (uintmax_t)st.st_ino + 1);
    (void)setenv("JOURNAL_STREAM", text, 1);
    assert_false(um_journal_is_stderr());
    um_journal_open(&s->journal, &s->log, UM_JOURNAL_FOUND, s->at);
    assert_int_equal(s->journal.format, UM_JOURNAL_TEXT);
    (void)setenv("JOURNAL_STREAM", "tea", 1);
    assert_false(um_journal_is_stderr());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_native, setup, teardown),
        cmocka_unit_test_setup_teardown(test_priorities, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_journal_goes_and_comes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_journal_that_is_full, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_is_found, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
