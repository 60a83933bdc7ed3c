/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/target.h"

#include <string.h>

#include "unit.h"

/* want NULL: it is refused. */
static void path_of(const char *target, bool keep, const char *want)
{
    char room[256];
    struct um_str path, query;
    bool ok = um_starget_normalise(um_str(target), keep, room, &path, &query);

    if (ok != (want != NULL))
        fail_msg("%s", target);
    if (ok && !um_str_eq(path, um_str(want)))
        fail_msg("%s: %.*s", target, (int)path.len, path.p);
}

static void test_dots(void **state)
{
    (void)state;
    path_of("/", true, "/");
    path_of("/.", true, "/");
    path_of("/./", true, "/");
    path_of("/a/.", true, "/a/");
    path_of("/a/..", true, "/");
    path_of("/a/../", true, "/");
    path_of("/a/b/../c", true, "/a/c");
    path_of("/a/b/../../c", true, "/c");
    path_of("/...", true, "/...");
    path_of("/a..b", true, "/a..b");
    path_of("/.a", true, "/.a");
    path_of("/..a", true, "/..a");
    path_of("/..", true, NULL);
    path_of("/../a", true, NULL);
    path_of("/a/../../b", true, NULL);
    path_of("/a/..?x", true, "/");
    path_of("/a/..#x", true, "/");
}

static void test_slashes_are_merged(void **state)
{
    (void)state;
    path_of("//", true, "/");
    path_of("//a", true, "/a");
    path_of("/a//b///c/", true, "/a/b/c/");
}

static void test_escapes(void **state)
{
    (void)state;
    path_of("/%61%7e", true, "/a~");
    path_of("/%2e%2E/", true, NULL);
    path_of("/a/%2e%2e/b", true, "/b");
    path_of("/%2fa", true, "/%2fa");
    path_of("/%2Fa", true, "/%2Fa");
    path_of("/%2fa", false, "/a");
    path_of("/a%2f%2e%2e%2Fb", false, "/b");
    path_of("/%25", true, "/%25");
    path_of("/%252F", true, "/%252F");
    path_of("/%25", false, "/%");
    path_of("/%3f%23", true, "/?#");
    path_of("/%00", true, NULL);
    path_of("/%", true, NULL);
    path_of("/%4", true, NULL);
    path_of("/%4g", true, NULL);
    path_of("/%g4", true, NULL);
}

static void query_of(const char *target, const char *want)
{
    char room[256];
    struct um_str path, query;

    assert_true(
        um_starget_normalise(um_str(target), true, room, &path, &query));
    if (want == NULL)
        assert_null(query.p);
    else
        assert_true(um_str_eq(query, um_str(want)));
}

static void test_queries_are_left_alone(void **state)
{
    (void)state;
    query_of("/a", NULL);
    query_of("/a?", "");
    query_of("/a?%41/../b", "%41/../b");
    query_of("/a?b#c", "b");
    query_of("/a#b?c", NULL);
    query_of("/%3fa", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_slashes_are_merged),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_queries_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
