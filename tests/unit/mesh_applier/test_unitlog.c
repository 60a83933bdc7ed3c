/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The last lines of Unit's log. */
#include "mesh/applier/unitlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* A log in a folder of its own; what it says. */
struct scene {
    char folder[128];
    char path[160];
    struct um_buf out;
};

static void scene_init(struct scene *s)
{
    const char *tmp = getenv("TMPDIR");

    memset(s, 0, sizeof *s);
    (void)snprintf(s->folder, sizeof s->folder, "%s/unitlog-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->path, sizeof s->path, "%s/log", s->folder);
}

static void scene_fini(struct scene *s)
{
    (void)unlink(s->path);
    (void)rmdir(s->folder);
    um_buf_fini(&s->out);
}

static void append(const struct scene *s, const char *text, size_t n)
{
    FILE *f = fopen(s->path, "a");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static const char *tail(struct scene *s, uint64_t since)
{
    um_buf_clear(&s->out);
    um_unitlog_tail(s->path, since, &s->out);
    um_buf_byte(&s->out, '\0');
    return s->out.p;
}

static void test_what_was_written_since(void **state)
{
    struct scene s;
    uint64_t since;

    (void)state;
    scene_init(&s);
    assert_int_equal(um_unitlog_size(s.path), 0);
    assert_string_equal(tail(&s, 0), "");
    append(&s, "old\n", 4);
    since = um_unitlog_size(s.path);
    assert_int_equal(since, 4);
    assert_string_equal(tail(&s, since), "");
    append(&s, "one\n\ntwo", 8);
    assert_string_equal(tail(&s, since), "; one; two");
    /* It was rotated: shorter than it was. */
    assert_string_equal(tail(&s, 1000), "; old; one; two");
    scene_fini(&s);
}

/* Unit was asked several times: each message once, without when and who. */
static void test_a_message_once(void **state)
{
    static const char said[] =
        "2026/11/26 16:14:21 [alert] 31571#31571 bind(\"*:80\") failed\n"
        "2026/11/26 16:14:21 [alert] 31577#31577 *12 failed to apply\n"
        "2026/11/26 16:14:22 [alert] 31571#31571 bind(\"*:80\") failed\n"
        "2026/11/26 16:14:22 [alert] 31577#31577 *13 failed to apply\n"
        "2026/11/26 16:14:22 [alert] 31577#31577 failed\n"
        "2026/11/26 16:14:22 [\n2026 is no time\n[info] 7\n";
    struct scene s;

    (void)state;
    scene_init(&s);
    append(&s, said, sizeof said - 1);
    assert_string_equal(tail(&s, 0),
                        "; bind(\"*:80\") failed; failed to apply; failed; "
                        "2026/11/26 16:14:22 [; 2026 is no time; [info] 7");
    scene_fini(&s);
}

static void test_it_is_harmless(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    append(&s, "a\x1b[1m\0\xff\r\nb\n", 11);
    assert_string_equal(tail(&s, 0), "; a?[1m???; b");
    scene_fini(&s);
}

/* UM__CAP_UNITLOG_BYTES: the last ones, from a line's beginning. */
static void test_no_more_than_the_cap(void **state)
{
    struct scene s;
    char line[64];

    (void)state;
    scene_init(&s);
    for (int i = 0; i < 1000; i++) {
        append(&s, line, (size_t)snprintf(line, sizeof line, "line %04d\n", i));
    }
    (void)tail(&s, 0);
    assert_int_equal(s.out.len - 1, 204 * strlen("; line 0000"));
    assert_int_equal(strncmp(s.out.p, "; line 0796; line 0797", 22), 0);
    /* One line without end says nothing. */
    (void)unlink(s.path);
    for (unsigned i = 0; i <= UM__CAP_UNITLOG_BYTES; i++) {
        append(&s, "x", 1);
    }
    assert_string_equal(tail(&s, 0), "");
    assert_int_equal(strlen(tail(&s, 1)), UM__CAP_UNITLOG_BYTES + 2);
    scene_fini(&s);
}

static void test_what_is_no_log(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    um_unitlog_tail(NULL, 0, &s.out);
    assert_int_equal(um_unitlog_size(NULL), 0);
    assert_int_equal(mkfifo(s.path, 0600), 0);
    assert_string_equal(tail(&s, 0), ""); /* and nobody waits */
    assert_int_equal(um_unitlog_size(s.folder), 0);
    um_unitlog_tail(s.folder, 0, &s.out);
    assert_int_equal(s.out.len, 1);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_since),
        cmocka_unit_test(test_a_message_once),
        cmocka_unit_test(test_it_is_harmless),
        cmocka_unit_test(test_no_more_than_the_cap),
        cmocka_unit_test(test_what_is_no_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
