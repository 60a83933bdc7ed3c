/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/standin/head.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"
#include "unit.h"

static int read_n(const char *bytes, size_t n, bool keep, struct um_shead *h)
{
    return um_shead_read(um_str_n(bytes, n), keep, h);
}

static int read_head(const char *text, struct um_shead *h)
{
    return read_n(text, strlen(text), true, h);
}

static void is(struct um_str got, const char *want)
{
    if (!um_str_eq(got, um_str(want)))
        fail_msg("%.*s, not %s", (int)got.len, got.p, want);
}

/* A request line alone: method and path as read. */
static void line(const char *text, const char *method, const char *path)
{
    char all[512];
    struct um_shead h;

    strcpy(all, text);
    strcat(all, "\r\n\r\n");
    if (read_head(all, &h) != 0)
        fail_msg("%s", text);
    is(h.method, method);
    is(h.path, path);
    assert_int_equal(h.length, strlen(all));
}

static void bad(const char *text)
{
    struct um_shead h;
    int rc = read_head(text, &h);

    if (rc != P2P_EPROTO)
        fail_msg("%s: %d", text, rc);
}

static void test_request_lines(void **state)
{
    (void)state;
    line("GET / HTTP/1.1", "GET", "/");
    line("PUT /config/listeners HTTP/1.0", "PUT", "/config/listeners");
    line("X-Y_Z / HTTP/1.1", "X-Y_Z", "/");
    line("GET    /a HTTP/1.1", "GET", "/a");
    line("GET /a   HTTP/1.1", "GET", "/a");
    line("GET /a b c HTTP/1.1", "GET", "/a b c");
    line("GET /a HTTP/1 HTTP/1.1", "GET", "/a HTTP/1");
    line("\r\n\n\r\nGET / HTTP/1.1", "GET", "/");
    line("GET /x HTTP/1.9", "GET", "/x");
    bad("get / HTTP/1.1\r\n\r\n");
    bad("GET\t/ HTTP/1.1\r\n\r\n");
    bad("GET x HTTP/1.1\r\n\r\n");
    bad("GET http://x/ HTTP/1.1\r\n\r\n");
    bad("GET * HTTP/1.1\r\n\r\n");
    bad("GET /\r\n\r\n");
    /* at once, with no more bytes to wait for */
    bad("GET / H\r");
    bad("GET / HTTP/1\r");
    bad("GET / XTTP/1\r");
    bad("GET / HTTP/2.0\r\n\r\n");
    bad("GET / http/1.1\r\n\r\n");
    bad("GET / HTTP/1.1\rx\n\r\n");
}

static void test_targets(void **state)
{
    struct um_shead h;

    (void)state;
    line("GET /a/./b/../c HTTP/1.1", "GET", "/a/c");
    line("GET //a///b HTTP/1.1", "GET", "/a/b");
    line("GET /a%2fb%25 HTTP/1.1", "GET", "/a%2fb%25");
    line("GET /%61 HTTP/1.1", "GET", "/a");
    line("GET /a#frag HTTP/1.1", "GET", "/a");
    bad("GET /../x HTTP/1.1\r\n\r\n");
    bad("GET /%zz HTTP/1.1\r\n\r\n");
    bad("GET /%00 HTTP/1.1\r\n\r\n");
    assert_int_equal(read_head("GET /a?b=c?d HTTP/1.1\n\n", &h), 0);
    is(h.path, "/a");
    is(h.query, "b=c?d");
    is(h.target, "/a?b=c?d");
    assert_int_equal(read_head("GET /%61?b#c HTTP/1.1\n\n", &h), 0);
    is(h.path, "/a");
    is(h.query, "b");
    assert_int_equal(read_head("GET /a HTTP/1.1\n\n", &h), 0);
    assert_null(h.query.p);
}

static void test_slashes_may_be_decoded(void **state)
{
    static const char text[] = "GET /a%2Fb%25/..%2f HTTP/1.1\r\n\r\n";
    struct um_shead h;

    (void)state;
    assert_int_equal(read_n(text, strlen(text), false, &h), 0);
    is(h.path, "/a/");
}

static void test_fields(void **state)
{
    struct um_shead h;

    (void)state;
    assert_int_equal(read_head("GET / HTTP/1.1\r\n"
                               "Host:example\r\n"
                               "X-Blank: \t two words \t\r\n"
                               "x-empty:\n"
                               "HOST: second\r\n"
                               "Bytes: \xff\t\xc3\r\n\r\n",
                               &h),
                     0);
    assert_int_equal(h.field_count, 5);
    is(um_shead_field(&h, UM_STR("x-blank")), "two words");
    is(um_shead_field(&h, UM_STR("X-EMPTY")), "");
    is(um_shead_field(&h, UM_STR("host")), "second");
    is(um_shead_field(&h, UM_STR("Bytes")), "\xff\t\xc3");
    assert_null(um_shead_field(&h, UM_STR("none")).p);
    bad("GET / HTTP/1.1\r\nbad name: x\r\n\r\n");
    bad("GET / HTTP/1.1\r\n: x\r\n\r\n");
    bad("GET / HTTP/1.1\r\nname\r\n\r\n");
    bad("GET / HTTP/1.1\r\n folded\r\n\r\n");
    bad("GET / HTTP/1.1\r\na: b\x01\r\n\r\n");
    bad("GET / HTTP/1.1\r\na: b\rc\r\n\r\n");
}

static void length(const char *value, bool is_bad, uint64_t want)
{
    char text[256] = "PUT / HTTP/1.1\r\nContent-Length: ";
    struct um_shead h;

    strcat(strcat(text, value), "\r\n\r\n");
    assert_int_equal(read_head(text, &h), 0);
    assert_int_equal(h.body_length_bad, is_bad);
    assert_int_equal(h.body_length, want);
}

static void test_content_length(void **state)
{
    (void)state;
    length("0", false, 0);
    length("17", false, 17);
    length("9223372036854775807", false, INT64_MAX);
    length("9223372036854775808", true, 0);
    length("-1", true, 0);
    length("+1", true, 0);
    length("0x10", true, 0);
    length("", true, 0);
    length("5\r\nContent-Length: 7", false, 7);
    length("x\r\nContent-Length: 7", true, 7);
}

static void test_every_prefix_wants_more(void **state)
{
    static const char text[] =
        "\r\nPUT /config/a%2Fb?x HTTP/1.1\r\n"
        "Host: h\r\nContent-Length: 5\r\n\r\nbody";
    const size_t head = sizeof(text) - 1 - 4;
    struct um_shead h;

    (void)state;
    for (size_t n = 0; n < head; n++) {
        char *copy = malloc(n + 1);

        memcpy(copy, text, n);
        copy[n] = 'X'; /* never looked at: see the sanitizer's run */
        if (read_n(copy, n, true, &h) != P2P_EAGAIN)
            fail_msg("%zu bytes", n);
        free(copy);
    }
    for (size_t n = head; n < sizeof(text); n++) {
        assert_int_equal(read_n(text, n, true, &h), 0);
        assert_int_equal(h.length, head);
        assert_int_equal(h.body_length, 5);
    }
}

static void test_long_names_are_refused(void **state)
{
    char text[600] = "GET / HTTP/1.1\r\n";
    size_t at = strlen(text);
    struct um_shead h;

    (void)state;
    memset(text + at, 'n', UM_SHEAD_NAME_MAX);
    strcpy(text + at + UM_SHEAD_NAME_MAX, ": v\r\n\r\n");
    assert_int_equal(read_head(text, &h), 0);
    memset(text + at, 'n', UM_SHEAD_NAME_MAX + 1);
    strcpy(text + at + UM_SHEAD_NAME_MAX + 1, ": v\r\n\r\n");
    assert_int_equal(read_head(text, &h), P2P_EPROTO);
}

/* More fields than are kept are read over; Content-Length counts among them. */
static void test_cap_fields(void **state)
{
    char text[4096] = "GET / HTTP/1.1\r\n";
    struct um_shead h;

    (void)state;
    for (unsigned i = 0; i < UM__CAP_STANDIN_FIELDS + 10; i++)
        strcat(text, "a: b\r\n");
    strcat(text, "Content-Length: 9\r\n\r\n");
    assert_int_equal(read_head(text, &h), 0);
    assert_int_equal(h.field_count, UM__CAP_STANDIN_FIELDS);
    assert_int_equal(h.body_length, 9);
}

static void test_long_targets_that_need_work_are_refused(void **state)
{
    static char text[UM_SHEAD_PATH_MAX + 100];
    struct um_shead h;
    size_t n;

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /./", 7);
    n = 4 + UM_SHEAD_PATH_MAX;
    memcpy(text + n, " HTTP/1.1\r\n\r\n", 14);
    assert_int_equal(read_head(text, &h), P2P_EPROTO);
    memcpy(text + n - 1, " HTTP/1.1\r\n\r\n", 14);
    assert_int_equal(read_head(text, &h), 0);
    assert_int_equal(h.path.len, UM_SHEAD_PATH_MAX - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_slashes_may_be_decoded),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_content_length),
        cmocka_unit_test(test_every_prefix_wants_more),
        cmocka_unit_test(test_long_names_are_refused),
        cmocka_unit_test(test_cap_fields),
        cmocka_unit_test(test_long_targets_that_need_work_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
