/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "doc_rig.h"

#include <errno.h>
#include <math.h>

#include "mesh/doc/number.h"

static void equal(const char *a, const char *b, bool want)
{
    if (um_number_equal(um_str(a), um_str(b)) != want ||
        um_number_equal(um_str(b), um_str(a)) != want)
        fail_msg("%s and %s", a, b);
}

static void test_equal_by_value(void **state)
{
    (void)state;
    equal("1", "1.0", true);
    equal("1", "10e-1", true);
    equal("100", "1e2", true);
    equal("1E+2", "1e2", true);
    equal("0", "-0", true);
    equal("0.0e9", "0", true);
    equal("0.050", "5e-2", true);
    equal("105", "1.05e2", true);
    equal("1", "-1", false);
    equal("1", "1.1", false);
    equal("1", "10", false);
    equal("12345678901234", "12345678901235", false);
    equal("0.1", "0.10000000001", false);
}

/* A random text that is nearly always a number. */
static void make_number(uint64_t *seed, char *to, size_t room)
{
    static const char *const exponents[] = {
        "", "e3", "e-4", "E+17", "e18", "e308", "e-3", "e-308", "e19", "e-307"};
    char digits[16];
    size_t n = 1 + rig_random(seed) % 9;

    for (size_t i = 0; i < n; i++)
        digits[i] = (char)('0' + rig_random(seed) % 10);
    digits[n] = '\0';
    (void)snprintf(to, room, "%s%u%s%s%s", rig_random(seed) % 2 ? "-" : "",
                   rig_random(seed) % 100, rig_random(seed) % 2 ? "." : "",
                   digits, exponents[rig_random(seed) % 10]);
}

static void ordered(const char *a, const char *b, int want)
{
    int have = um_number_compare(um_str(a), um_str(b));

    if ((have > 0) - (have < 0) != want)
        fail_msg("%s and %s: %d", a, b, have);
}

static void test_ordered_by_value(void **state)
{
    static const char *const rising[] = {
        "-1e3", "-12", "-1.2", "-0.5", "0",  "1e-9",
        "0.5",  "1",   "1.01", "9",    "10", "2e9",
    };

    (void)state;
    for (size_t i = 0; i + 1 < sizeof rising / sizeof rising[0]; i++) {
        ordered(rising[i], rising[i + 1], -1);
        ordered(rising[i + 1], rising[i], 1);
        ordered(rising[i], rising[i], 0);
    }
    ordered("-0", "0", 0);
    ordered("1e2", "100.0", 0);
    ordered("100e-2", "1", 0);
}

/* What fits is what strtod says that fits, and equal what it says is. */
static void test_like_strtod(void **state)
{
    uint64_t seed = 42;
    char text[2][64];
    double value[2] = {0, 0};
    size_t compared = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct um_number_error err = {"", 0};
        char *t = text[i % 2];
        size_t end;

        make_number(&seed, t, sizeof text[0]);
        if (strlen(t) > UM__CAP_DOC_NUMBER_CHARS) {
            assert_int_equal(um_number_scan(um_str(t), 0, &err), 0);
            (void)snprintf(t, sizeof text[0], "0");
        }
        end = um_number_scan(um_str(t), 0, &err);
        errno = 0;
        value[i % 2] = strtod(t, NULL);
        if (strstr(err.text, "Leading zeros") == NULL) {
            bool fits =
                errno != ERANGE && fabs(value[i % 2]) <= 9223372036854775808.0;

            if ((end == strlen(t)) != fits)
                fail_msg("%s: %s", t, err.text);
        }
        if (end == 0)
            (void)snprintf(t, sizeof text[0], "0");
        value[i % 2] = strtod(t, NULL);
        /* Fourteen digits are fewer than a double tells apart. */
        if (i > 0) {
            bool same = value[0] <= value[1] && value[0] >= value[1];

            equal(text[0], text[1], same);
            ordered(text[0], text[1],
                    (value[0] > value[1]) - (value[0] < value[1]));
            compared += same;
        }
    }
    assert_true(compared > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_by_value),
        cmocka_unit_test(test_ordered_by_value),
        cmocka_unit_test(test_like_strtod),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
