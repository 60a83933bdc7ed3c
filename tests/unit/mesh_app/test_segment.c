/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Patterns of paths. */
#include "mesh/app/segment.h"

#include "unit.h"

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern;
        const char *path;
        bool fits;
    } all[] = {
        {"/mesh/nodes", "/mesh/nodes", true},
        {"/mesh/nodes", "/mesh/nodes/", false},
        {"/mesh/nodes", "/mesh/node", false},
        {"/mesh/nodes", "/mesh/nodesx", false},
        {"/mesh/nodes", "/mesh", false},
        {"/mesh/nodes", "//mesh/nodes", false},
        {"/mesh/nodes", "mesh/nodes", false},
        {"/mesh/nodes", "", false},
        {"/mesh/nodes", "*", false},
        {"/mesh/members/*", "/mesh/members/x", true},
        {"/mesh/members/*", "/mesh/members/a%2Fb", true},
        {"/mesh/members/*", "/mesh/members/", false},
        {"/mesh/members/*", "/mesh/members", false},
        {"/mesh/members/*", "/mesh/members/x/", false},
        {"/mesh/members/*", "/mesh/members/x/y", false},
        {"/mesh/members/*/labels/*", "/mesh/members/x/labels/y", true},
        {"/mesh/members/*/labels/*", "/mesh/members//labels/y", false},
        {"/mesh/members/*/labels/*", "/mesh/members/x/label/y", false},
        {"/config/", "/config", true},
        {"/config/", "/config/", true},
        {"/config/", "/config/a/b", true},
        {"/config/", "/config//", true},
        {"/config/", "/configs", false},
        {"/config/", "/", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (um_segment_match(all[i].pattern, all[i].path) != all[i].fits) {
            fail_msg("%s and %s", all[i].pattern, all[i].path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
