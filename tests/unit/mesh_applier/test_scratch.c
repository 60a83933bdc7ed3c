/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a scratch Unit is given of a configuration. */
#include "mesh/applier/scratch.h"

#include <stdio.h>

#include "p2p/err.h"
#include "unit.h"

static void becomes(const char *config, const char *want)
{
    struct um_buf out = UM_BUF_INIT;

    assert_int_equal(um_scratch_config(um_str(config), "/tmp/x/l", 7, &out), 0);
    um_buf_byte(&out, '\0');
    assert_string_equal(out.p, want);
    um_buf_fini(&out);
}

static void test_listeners(void **state)
{
    (void)state;
    becomes(
        "{\"listeners\":{\"*:80\":{\"pass\":\"routes\"},\"[::1]:443\":{"
        "\"tls\":{\"certificate\":\"c.01\"}},\"unix:/run/a\":1},"
        "\"routes\":[]}",
        "{\"listeners\":{\"unix:/tmp/x/l/7-0.sock\":{\"pass\":\"routes\"},"
        "\"unix:/tmp/x/l/7-1.sock\":{\"tls\":{\"certificate\":\"c.01\"}},"
        "\"unix:/tmp/x/l/7-2.sock\":1},\"routes\":[]}");
    becomes("{\"listeners\":{}}", "{\"listeners\":{}}");
    becomes("{}", "{}");
}

static void app_becomes(const char *processes, const char *want)
{
    char from[256], to[256];

    (void)snprintf(from, sizeof from,
                   "{\"applications\":{\"a\":{\"type\":\"php\",%s\"root\":"
                   "\"/\"}}}",
                   processes);
    (void)snprintf(to, sizeof to,
                   "{\"applications\":{\"a\":{\"type\":\"php\",%s\"root\":"
                   "\"/\"}}}",
                   want);
    becomes(from, to);
}

static void test_applications_do_not_start(void **state)
{
    (void)state;
    becomes("{\"applications\":{\"a\":{\"type\":\"php\"},\"b\":{}}}",
            "{\"applications\":{\"a\":{\"type\":\"php\",\"processes\":{\"max\":"
            "1,\"spare\":0}},\"b\":{\"processes\":{\"max\":1,\"spare\":0}}}}");
    app_becomes("\"processes\":4,", "\"processes\":{\"max\":4,\"spare\":0},");
    app_becomes("\"processes\":{\"max\":9,\"spare\":3,\"idle_timeout\":2},",
                "\"processes\":{\"max\":9,\"spare\":0,\"idle_timeout\":2},");
    app_becomes("\"processes\":{\"max\":9},", "\"processes\":{\"max\":9},");
    app_becomes("\"processes\":{},", "\"processes\":{},");
}

/* What Unit would refuse it is to refuse here, too. */
static void test_what_is_wrong_stays_wrong(void **state)
{
    struct um_buf out = UM_BUF_INIT;

    (void)state;
    becomes("{\"listeners\":[],\"applications\":7}",
            "{\"listeners\":[],\"applications\":7}");
    becomes("[]", "[]");
    becomes("{\"applications\":{\"a\":[]}}", "{\"applications\":{\"a\":[]}}");
    app_becomes("\"processes\":0,", "\"processes\":0,");
    app_becomes("\"processes\":\"4\",", "\"processes\":\"4\",");
    app_becomes("\"processes\":{\"spare\":-1},",
                "\"processes\":{\"spare\":-1},");
    assert_int_equal(um_scratch_config(UM_STR("{"), "/", 1, &out), P2P_EFORMAT);
    um_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_applications_do_not_start),
        cmocka_unit_test(test_what_is_wrong_stays_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
