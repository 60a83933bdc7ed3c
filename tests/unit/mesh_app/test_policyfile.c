/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The file of a node's policy: a policy that cannot be read is never none. */
#include "mesh/app/policyfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/err.h"
#include "unit.h"

struct scene {
    char dir[64];
    char line[1024]; /* the last one of the log */
    struct um_log log;
    struct um_policy_file file;
};

static void on_line(void *user, enum um_log_level level, const char *line)
{
    struct scene *s = user;

    (void)level;
    (void)snprintf(s->line, sizeof s->line, "%s", line);
}

static const char *in(const struct scene *s, const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return path;
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(s);
    (void)snprintf(s->dir, sizeof s->dir, "%s/um-policy-XXXXXX",
                   tmp != NULL && strlen(tmp) < 30 ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->dir));
    s->log = (struct um_log){.level = UM_LOG_DEBUG, .user = s, .sink = on_line};
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    (void)unlink(in(s, "policy.json"));
    (void)rmdir(in(s, "policy.json"));
    assert_int_equal(rmdir(s->dir), 0);
    free(s);
    return 0;
}

static void put(const struct scene *s, const char *text, size_t spaces)
{
    FILE *f = fopen(in(s, "policy.json"), "wb");

    assert_non_null(f);
    (void)fputs(text, f);
    for (; spaces > 0; spaces--)
        (void)fputc(' ', f);
    assert_int_equal(fclose(f), 0);
}

/* Reads it; the error. */
static int look(struct scene *s, const char *dir, const char *named)
{
    int rv = um_policy_file_read(&s->file, dir, named, &s->log);

    um_policy_file_fini(&s->file);
    return rv;
}

static void test_there_is_one_or_none(void **state)
{
    struct scene *s = *state;

    assert_int_equal(look(s, s->dir, NULL), 0);
    put(s, "{}", 0);
    assert_int_equal(look(s, s->dir, NULL), 0);
    assert_int_equal(look(s, "/nowhere", in(s, "policy.json")), 0);
    assert_string_equal(s->line, "");
}

static void refused(struct scene *s, const char *dir, const char *named)
{
    s->line[0] = '\0';
    assert_int_not_equal(look(s, dir, named), 0);
    assert_non_null(strstr(s->line, "the policy"));
}

static void test_what_cannot_be_read(void **state)
{
    struct scene *s = *state;

    refused(s, s->dir, in(s, "policy.json")); /* that was named is not there */
    assert_non_null(strstr(s->line, ": No such file or directory;"));
    put(s, "{\n  \"paths\": {\"flies\": []}}", 0);
    refused(s, s->dir, NULL);
    assert_non_null(strstr(s->line, " has no such member. at /paths/flies;"));
    put(s, "", 0);
    refused(s, s->dir, NULL);
    put(s, "{", 0);
    refused(s, s->dir, NULL);
    assert_non_null(strstr(s->line, ": line 1, column 2: Unexpected end"));
    put(s, "{}", UM__CAP_POLICY_BYTES);
    refused(s, s->dir, NULL);
    assert_int_equal(unlink(in(s, "policy.json")), 0);
    assert_int_equal(mkdir(in(s, "policy.json"), 0700), 0);
    refused(s, s->dir, NULL);
}

/* A path that is cut off would be that of no file, which is no policy. */
static void test_a_long_path(void **state)
{
    struct scene *s = *state;
    char dir[600];

    memset(dir, 'a', sizeof dir - 1);
    memcpy(dir, "/tmp/", 5);
    dir[sizeof dir - 5] = '\0';
    refused(s, dir, NULL);
    assert_non_null(strstr(s->line, "too long"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_there_is_one_or_none),
        TEST(test_what_cannot_be_read),
        TEST(test_a_long_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
