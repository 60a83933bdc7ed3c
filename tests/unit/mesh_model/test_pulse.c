/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unit.h"

#include "mesh/model/pulse.h"

/* One every second that may fail twice, one every 10 s that may not. */
static const struct um_probe two[] = {{.interval_s = 1, .failures = 3},
                                      {.interval_s = 10, .failures = 1}};

static size_t take(struct um_pulse *p, uint64_t now)
{
    size_t which = SIZE_MAX;

    assert_true(um_pulse_take(p, now, &which));
    return which;
}

static bool has(struct um_pulse *p, uint64_t now)
{
    size_t which;

    return um_pulse_take(p, now, &which);
}

static enum um_pulse_how comes_to(const struct um_pulse *p, const char *found)
{
    const char *why = "";
    size_t which = 0;
    enum um_pulse_how how = um_pulse_verdict(p, &which, &why);

    assert_string_equal(why, found);
    return how;
}

static void test_when_they_are_due(void **state)
{
    struct um_pulse p;

    (void)state;
    um_pulse_begin(&p, two, 2, 5000, 0);
    assert_int_equal(um_pulse_due(&p), 5000);
    assert_false(has(&p, 4999));
    assert_int_equal(take(&p, 5000), 0);
    assert_int_equal(take(&p, 5000), 1);
    assert_false(has(&p, 60000)); /* both are being asked */
    assert_int_equal(um_pulse_due(&p), UINT64_MAX);
    um_pulse_found(&p, 1, 5100, NULL);
    assert_int_equal(um_pulse_due(&p), 15000);
    um_pulse_found(&p, 0, 5900, NULL);
    assert_int_equal(um_pulse_due(&p), 6000); /* not from the answer */
    assert_int_equal(take(&p, 6000), 0);
    /* An answer that came late: not twice in a row. */
    um_pulse_found(&p, 0, 9500, NULL);
    assert_int_equal(um_pulse_due(&p), 10500);
}

static void test_what_they_come_to(void **state)
{
    struct um_pulse p;

    (void)state;
    um_pulse_begin(&p, two, 2, 0, 0);
    assert_int_equal(comes_to(&p, ""), UM_PULSE_UNKNOWN);
    (void)take(&p, 0);
    (void)take(&p, 0);
    um_pulse_found(&p, 1, 0, NULL);
    assert_int_equal(comes_to(&p, ""), UM_PULSE_UNKNOWN);
    um_pulse_found(&p, 0, 0, "503");
    assert_int_equal(comes_to(&p, "503"), UM_PULSE_UNKNOWN);
    (void)take(&p, 1000);
    um_pulse_found(&p, 0, 1000, NULL);
    assert_int_equal(comes_to(&p, ""), UM_PULSE_WELL);
    /* Two in a row are forgiven, the third is not; one that passes heals. */
    for (unsigned i = 2; i < 10; i++) {
        (void)take(&p, i * 1000);
        um_pulse_found(&p, 0, i * 1000, "timeout");
        assert_int_equal(comes_to(&p, i < 4 ? "" : "timeout"),
                         i < 4 ? UM_PULSE_WELL : UM_PULSE_ILL);
    }
    assert_int_equal(take(&p, 10000), 0);
    um_pulse_found(&p, 0, 10000, NULL);
    assert_int_equal(comes_to(&p, ""), UM_PULSE_WELL);
    /* The worst counts. */
    assert_int_equal(take(&p, 10000), 1);
    um_pulse_found(&p, 1, 10000, "500");
    assert_int_equal(comes_to(&p, "500"), UM_PULSE_ILL);
}

static void test_none_and_lost(void **state)
{
    struct um_pulse p;

    (void)state;
    um_pulse_begin(&p, NULL, 0, 0, 0);
    assert_int_equal(comes_to(&p, ""), UM_PULSE_WELL);
    assert_int_equal(um_pulse_due(&p), UINT64_MAX);
    um_pulse_begin(&p, two, 2, 0, 0);
    um_pulse_lose(&p, 0, "nowhere");
    assert_int_equal(comes_to(&p, "nowhere"), UM_PULSE_ILL);
    assert_int_equal(take(&p, 0), 1);
    um_pulse_found(&p, 1, 0, NULL);
    assert_int_equal(comes_to(&p, "nowhere"), UM_PULSE_ILL);
}

static void test_a_faster_clock(void **state)
{
    struct um_pulse p;

    (void)state;
    um_pulse_begin(&p, two, 1, 0, 5);
    (void)take(&p, 0);
    um_pulse_found(&p, 0, 0, NULL);
    assert_int_equal(um_pulse_due(&p), 200);
}

static void test_long_words_are_cut(void **state)
{
    char words[2 * UM_PULSE_TEXT_BYTES] = "";
    const char *why = "";
    struct um_pulse p;
    size_t which;

    (void)state;
    memset(words, 'x', sizeof words - 1);
    um_pulse_begin(&p, two + 1, 1, 0, 0);
    (void)take(&p, 0);
    um_pulse_found(&p, 0, 0, words);
    assert_int_equal(um_pulse_verdict(&p, &which, &why), UM_PULSE_ILL);
    assert_int_equal(strlen(why), UM_PULSE_TEXT_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when_they_are_due),
        cmocka_unit_test(test_what_they_come_to),
        cmocka_unit_test(test_none_and_lost),
        cmocka_unit_test(test_a_faster_clock),
        cmocka_unit_test(test_long_words_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
