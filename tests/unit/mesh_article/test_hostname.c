/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hosts as peers and clients write them. */
#include "mesh/article/hostname.h"

#include <string.h>

#include "unit.h"

/* The host that a text names; "" if none. */
static const char *host_of(const char *text, struct um_host *h)
{
    return um_host_parse(text, strlen(text), h) ? h->text : "";
}

static void test_hosts_with_and_without_port(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned ip; /* bytes of the address */
    } rows[] = {
        {"192.0.2.1", "192.0.2.1", 4},
        {"192.0.2.1:8888", "192.0.2.1", 4},
        {"192.0.2.1:", "192.0.2.1", 4},
        {"[2001:db8::1]", "2001:db8::1", 16},
        {"[2001:db8::1]:80", "2001:db8::1", 16},
        {"2001:db8::1", "2001:db8::1", 16},
        {"::ffff:192.0.2.1", "192.0.2.1", 4},
        {"[::ffff:c000:201]:1", "192.0.2.1", 4},
        {"node-1.example", "node-1.example", 0},
        {"Node:3000", "Node", 0},
        {"localhost", "localhost", 0},
        {"1.2.3", "1.2.3", 0},
    };
    struct um_host h;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(host_of(rows[i].text, &h), rows[i].host);
        assert_int_equal(h.ip.len, rows[i].ip);
    }
}

static void test_texts_that_name_none(void **state)
{
    static const char *const rows[] = {
        "",        " ",         ":80",      "[",           "[]",
        "[::1",    "[::1]x",    "[::1]:x",  "a b",         "a/b",
        "http://", "http://a/", "a:80/x",   "a:x",         "a:123456",
        "a:8 0",   "user@a",    "a#b",      "a?b",         "a\\b",
        "a%00",    "-a",        ".a",       "a\n",         "a\r\nHost: b",
        "a_b",     "\xc3\xa4",  "\xff\xfe", "[fe80::1%1]", "a:+80",
    };
    struct um_host h;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(host_of(rows[i], &h), "");
    }
    assert_false(um_host_parse("a\0b", 3, &h));
}

/* UM__CAP_ARTICLE_HOST_BYTES: with a port behind it too. */
static void test_the_longest_host(void **state)
{
    char text[UM__CAP_ARTICLE_HOST_BYTES + 8];
    struct um_host h;

    (void)state;
    memset(text, 'a', sizeof text);
    assert_true(um_host_parse(text, UM__CAP_ARTICLE_HOST_BYTES, &h));
    assert_int_equal(strlen(h.text), UM__CAP_ARTICLE_HOST_BYTES);
    assert_false(um_host_parse(text, UM__CAP_ARTICLE_HOST_BYTES + 1, &h));
    memcpy(text + UM__CAP_ARTICLE_HOST_BYTES, ":80", 3);
    assert_true(um_host_parse(text, UM__CAP_ARTICLE_HOST_BYTES + 3, &h));
    assert_int_equal(strlen(h.text), UM__CAP_ARTICLE_HOST_BYTES);
}

static void test_addresses_that_are_never_asked(void **state)
{
    static const char *const never[] = {
        "0.0.0.0",     "0.1.2.3",          "169.254.169.254",
        "224.0.0.251", "239.1.1.1",        "255.255.255.255",
        "fe80::1",     "febf::1",          "ff02::fb",
        "::",          "::ffff:224.0.0.1",
    };
    static const char *const fine[] = {"192.0.2.1", "10.0.0.1", "169.253.1.1",
                                       "223.1.1.1", "fd00::1",  "2001:db8::1"};
    struct um_host h;

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_string_not_equal(host_of(never[i], &h), "");
        assert_true(um_host_is_forbidden(&h.ip));
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        assert_string_equal(host_of(fine[i], &h), fine[i]);
        assert_false(um_host_is_forbidden(&h.ip));
        assert_false(um_ip_is_loopback(&h.ip));
    }
    assert_true(um_host_parse("127.9.9.9", 9, &h) && um_ip_is_loopback(&h.ip));
    assert_true(um_host_parse("::1", 3, &h) && um_ip_is_loopback(&h.ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_with_and_without_port),
        cmocka_unit_test(test_texts_that_name_none),
        cmocka_unit_test(test_the_longest_host),
        cmocka_unit_test(test_addresses_that_are_never_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
