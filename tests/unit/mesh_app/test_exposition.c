/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The text of GET /metrics in both formats, and which one a client gets. */
#include "mesh/app/exposition.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static const struct um_metric gauge = {"um_age_seconds", UM_METRIC_GAUGE,
                                       "seconds", "An \"age\" \\ of\nwhat."};
static const struct um_metric counter = {"um_hits", UM_METRIC_COUNTER, "",
                                         "Hits."};
static const struct um_metric states = {"um_state", UM_METRIC_STATESET, "",
                                        "A state."};
static const struct um_metric info = {"um_build", UM_METRIC_INFO, "", "Which."};
static const struct um_metric spans = {"um_took_seconds", UM_METRIC_HISTOGRAM,
                                       "seconds", "Spans."};

static void finish(struct um_exposition *e, const char *want)
{
    struct um_str text = um_exposition_finish(e);

    assert_non_null(text.p);
    if (text.len != strlen(want) || memcmp(text.p, want, text.len) != 0) {
        fail_msg("%.*s\nis not\n%s", UM_STR_ARG(text), want);
    }
    um_exposition_fini(e);
}

static void write_all(struct um_exposition *e)
{
    const struct um_exposition_label two[] = {{"kind", UM_STR("a")},
                                              {"peer", UM_STR("b")}};
    const struct um_exposition_label good = {"um_state", UM_STR("good")};
    const struct um_exposition_label bad = {"um_state", UM_STR("bad")};
    const struct um_exposition_label version = {"version", UM_STR("1.2")};

    um_exposition_family(e, &gauge);
    um_exposition_milli(e, NULL, 0, 1500);
    um_exposition_family(e, &counter);
    um_exposition_put(e, two, 1, 3);
    um_exposition_put(e, two, 2, UINT64_MAX);
    um_exposition_family(e, &states);
    um_exposition_put(e, &good, 1, 1);
    um_exposition_put(e, &bad, 1, 0);
    um_exposition_family(e, &info);
    um_exposition_put(e, &version, 1, 1);
}

static void test_openmetrics(void **state)
{
    struct um_exposition e;

    (void)state;
    um_exposition_init(&e, true);
    write_all(&e);
    finish(&e,
           "# HELP um_age_seconds An \\\"age\\\" \\\\ of\\nwhat.\n"
           "# TYPE um_age_seconds gauge\n"
           "# UNIT um_age_seconds seconds\n"
           "um_age_seconds 1.500\n"
           "# HELP um_hits Hits.\n"
           "# TYPE um_hits counter\n"
           "um_hits_total{kind=\"a\"} 3\n"
           "um_hits_total{kind=\"a\",peer=\"b\"} 18446744073709551615\n"
           "# HELP um_state A state.\n"
           "# TYPE um_state stateset\n"
           "um_state{um_state=\"good\"} 1\n"
           "um_state{um_state=\"bad\"} 0\n"
           "# HELP um_build Which.\n"
           "# TYPE um_build info\n"
           "um_build_info{version=\"1.2\"} 1\n"
           "# EOF\n");
}

static void test_prometheus(void **state)
{
    struct um_exposition e;

    (void)state;
    um_exposition_init(&e, false);
    write_all(&e);
    finish(&e,
           "# HELP um_age_seconds An \"age\" \\\\ of\\nwhat.\n"
           "# TYPE um_age_seconds gauge\n"
           "um_age_seconds 1.500\n"
           "# HELP um_hits_total Hits.\n"
           "# TYPE um_hits_total counter\n"
           "um_hits_total{kind=\"a\"} 3\n"
           "um_hits_total{kind=\"a\",peer=\"b\"} 18446744073709551615\n"
           "# HELP um_state A state.\n"
           "# TYPE um_state gauge\n"
           "um_state{um_state=\"good\"} 1\n"
           "um_state{um_state=\"bad\"} 0\n"
           "# HELP um_build_info Which.\n"
           "# TYPE um_build_info gauge\n"
           "um_build_info{version=\"1.2\"} 1\n");
}

static void test_a_histogram(void **state)
{
    struct um_histogram h = {.sum_ms = 0};
    struct um_exposition e;

    (void)state;
    um_histogram_add(&h, 7);
    um_histogram_add(&h, 5);
    um_histogram_add(&h, 61001);
    um_exposition_init(&e, true);
    um_exposition_family(&e, &spans);
    um_exposition_histogram(&e, &h);
    finish(&e,
           "# HELP um_took_seconds Spans.\n"
           "# TYPE um_took_seconds histogram\n"
           "# UNIT um_took_seconds seconds\n"
           "um_took_seconds_bucket{le=\"0.005\"} 1\n"
           "um_took_seconds_bucket{le=\"0.01\"} 2\n"
           "um_took_seconds_bucket{le=\"0.025\"} 2\n"
           "um_took_seconds_bucket{le=\"0.05\"} 2\n"
           "um_took_seconds_bucket{le=\"0.1\"} 2\n"
           "um_took_seconds_bucket{le=\"0.25\"} 2\n"
           "um_took_seconds_bucket{le=\"0.5\"} 2\n"
           "um_took_seconds_bucket{le=\"1.0\"} 2\n"
           "um_took_seconds_bucket{le=\"2.5\"} 2\n"
           "um_took_seconds_bucket{le=\"5.0\"} 2\n"
           "um_took_seconds_bucket{le=\"10.0\"} 2\n"
           "um_took_seconds_bucket{le=\"30.0\"} 2\n"
           "um_took_seconds_bucket{le=\"60.0\"} 2\n"
           "um_took_seconds_bucket{le=\"+Inf\"} 3\n"
           "um_took_seconds_sum 61.013\n"
           "um_took_seconds_count 3\n"
           "# EOF\n");
}

/* What others chose the name of can neither end a line nor steer a terminal,
 * nor be as long as they like. */
static void test_a_label_of_whoever(void **state)
{
    char text[2 * UM_EXPOSITION_LABEL_BYTES];
    char want[sizeof text + 100], cut[UM_EXPOSITION_LABEL_BYTES + 1];
    const struct um_exposition_label hostile = {
        "name", UM_STR("a\"} 1\n# EOF\\\x1b[2J\xff\xc3\xa4")};
    const struct um_exposition_label one = {"name", {text, sizeof text}};
    const struct um_exposition_label none = {"name", {NULL, 0}};
    struct um_exposition e;

    (void)state;
    um_exposition_init(&e, false);
    um_exposition_family(&e, &counter);
    um_exposition_put(&e, &hostile, 1, 1);
    um_exposition_put(&e, &none, 1, 1);
    finish(&e,
           "# HELP um_hits_total Hits.\n"
           "# TYPE um_hits_total counter\n"
           "um_hits_total{name=\"a\\\"} 1?# EOF\\\\?[2J?\xc3\xa4\"} 1\n"
           "um_hits_total{name=\"\"} 1\n");
    memset(text, 'x', sizeof text);
    text[UM_EXPOSITION_LABEL_BYTES - 1] = '\xc3'; /* half of a character */
    memset(cut, 'x', sizeof cut);
    cut[UM_EXPOSITION_LABEL_BYTES - 1] = '?';
    cut[UM_EXPOSITION_LABEL_BYTES] = '\0';
    um_exposition_init(&e, false);
    um_exposition_family(&e, &counter);
    um_exposition_put(&e, &one, 1, 1);
    (void)snprintf(want, sizeof want,
                   "# HELP um_hits_total Hits.\n# TYPE um_hits_total counter\n"
                   "um_hits_total{name=\"%s\"} 1\n",
                   cut);
    finish(&e, want);
}

static void test_a_family_without_samples_is_not_told_of(void **state)
{
    struct um_exposition e;

    (void)state;
    um_exposition_init(&e, true);
    um_exposition_family(&e, &gauge);
    um_exposition_family(&e, &counter);
    finish(&e, "# EOF\n");
}

static void test_which_one_a_client_gets(void **state)
{
    static const struct {
        const char *accept;
        bool open;
    } all[] = {
        {NULL, true},
        {"", true},
        {"*/*", true},
        {"text/html,application/xhtml+xml,*/*;q=0.8", true},
        {"application/openmetrics-text", true},
        {"application/openmetrics-text; version=1.0.0", true},
        /* Prometheus 2.42, and 3. */
        {"application/openmetrics-text;version=1.0.0,"
         "application/openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
         "q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
         "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         true},
        {"text/plain", false},
        {"text/*", false},
        {"Text/Plain; Version=0.0.4", false},
        {"text/plain;version=0.0.4;q=0.9,"
         "application/openmetrics-text;q=0.5",
         false},
        {"text/plain;q=0.5 , application/openmetrics-text ;q=0.51", true},
        {"application/openmetrics-text;q=0,text/plain;q=0.001", false},
        {"application/openmetrics-text;version=2.0.0,text/plain", false},
        {"text/plain;version=1.0.0", true},
        {"application/openmetrics-text;q=x,text/plain;q=0.1", false},
        {"application/vnd.google.protobuf", true},
        {",;=;,q=1;;", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (um_exposition_wants_open(all[i].accept) != all[i].open) {
            fail_msg("%s", all[i].accept);
        }
    }
    assert_string_equal(
        um_exposition_type(true),
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_string_equal(um_exposition_type(false),
                        "text/plain; version=0.0.4; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_prometheus),
        cmocka_unit_test(test_a_histogram),
        cmocka_unit_test(test_a_label_of_whoever),
        cmocka_unit_test(test_a_family_without_samples_is_not_told_of),
        cmocka_unit_test(test_which_one_a_client_gets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
