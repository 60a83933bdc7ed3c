/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/suggest.h"

#include <string.h>

#include "unit.h"

/* Of the names (NULL at the end) want is suggested, "" for none. */
static void suggest(const char *written, const char *const *names,
                    const char *want)
{
    struct um_ssuggest s;
    struct um_str best;

    um_ssuggest_init(&s, um_str(written));
    for (; *names != NULL; names++)
        um_ssuggest_offer(&s, um_str(*names));
    best = um_ssuggest_best(&s);
    if (!um_str_eq(best, um_str(want)))
        fail_msg("%s: %.*s", written, (int)best.len, best.p);
}

static void test_the_nearest_is_meant(void **state)
{
    static const char *const names[] = {"listeners", "routes",   "applications",
                                        "upstreams", "settings", NULL};

    (void)state;
    suggest("listener", names, "listeners");
    suggest("listenres", names, "listeners");
    suggest("Routes", names, "routes");
    suggest("applicationz", names, "applications");
    suggest("applicatoin", names, "applications");
    suggest("upstreans", names, "upstreams");
    suggest("completely", names, "");
    suggest("", names, "");
}

/* Two changes at least, a third of the length; half of the shorter at most. */
static void test_how_near_is_near(void **state)
{
    static const char *const shorts[] = {"pass", NULL};
    static const char *const longs[] = {"abcdefghijkl", NULL};
    static const char *const tiny[] = {"ab", NULL};

    (void)state;
    suggest("pss", shorts, "pass");
    suggest("psas", shorts, "pass");
    suggest("bxss", shorts, "pass");
    suggest("bxxs", shorts, "");
    suggest("bxc", shorts, "");
    suggest("xxxxefghijkl", longs, "abcdefghijkl");
    suggest("xxxxxfghijkl", longs, "");
    suggest("a", tiny, "");
    suggest("ax", tiny, "ab");
}

static void test_two_that_are_as_near_are_none(void **state)
{
    static const char *const names[] = {"reader", "header", NULL};

    (void)state;
    suggest("xeader", names, "");
    suggest("heade", names, "header");
}

static void test_long_names_have_no_distance(void **state)
{
    char name[UM_SSUGGEST_MAX + 2];
    const char *names[] = {name, NULL};

    (void)state;
    memset(name, 'n', sizeof(name));
    name[UM_SSUGGEST_MAX] = '\0';
    suggest(name + 1, names, name);
    name[UM_SSUGGEST_MAX] = 'n';
    name[UM_SSUGGEST_MAX + 1] = '\0';
    suggest(name + 2, names, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_is_meant),
        cmocka_unit_test(test_how_near_is_near),
        cmocka_unit_test(test_two_that_are_as_near_are_none),
        cmocka_unit_test(test_long_names_have_no_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
