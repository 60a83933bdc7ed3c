/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Spans of time, as people write them. */
#include "mesh/app/span.h"

#include "unit.h"

static void test_spans(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } all[] = {
        {"0", 0},
        {"30", 30000},
        {"500ms", 500},
        {"30s", 30000},
        {"10m", 600000},
        {"2h", 7200000},
        {"7d", 604800000},
        {"007s", 7000},
        {"36525d", UINT64_C(3155760000000)},
        {"3155760000000ms", UINT64_C(3155760000000)},
    };
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!um_span_parse(all[i].text, &ms) || ms != all[i].ms) {
            fail_msg("%s", all[i].text);
        }
    }
}

static void test_what_is_none(void **state)
{
    static const char *const all[] = {
        "",
        "s",
        "ms",
        "-1s",
        "+1s",
        " 1s",
        "1 s",
        "1s ",
        "1.5h",
        "1w",
        "1S",
        "1ss",
        "1h30m",
        "0x10s",
        /* Longer than a hundred years, up to numbers that are none. */
        "36526d",
        "3155760000001ms",
        "3155760001",
        "9223372036854775807s",
        "9223372036854775808ms",
        "18446744073709551616",
        "213503982335d", /* would be 9.6 h if it overflowed */
        "99999999999999999999999999999999999999d",
    };
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (um_span_parse(all[i], &ms)) {
            fail_msg("\"%s\" is no span", all[i]);
        }
    }
}

static void test_seconds(void **state)
{
    (void)state;
    assert_int_equal(um_span_seconds(0), 0);
    assert_int_equal(um_span_seconds(1999), 1);
    assert_int_equal(um_span_seconds(100800000), 100800); /* 28h */
    assert_int_equal(um_span_seconds(UINT64_C(2000000000)), 2000000);
    assert_int_equal(um_span_seconds(UINT64_C(2000001000)), 2000000);
    assert_int_equal(um_span_seconds(UINT64_C(3155760000000)), 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
