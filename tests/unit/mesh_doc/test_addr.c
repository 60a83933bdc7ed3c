/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/doc/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "unit.h"

static bool is_addr(const char *text)
{
    struct um_addr a;

    return um_addr_parse(um_str(text), true, &a);
}

static void ip_is(const char *text, const char *want)
{
    struct um_addr a;
    char shown[INET6_ADDRSTRLEN];

    if (!um_addr_parse(um_str(text), true, &a))
        fail_msg("%s", text);
    assert_true(a.kind != UM_ADDR_UNIX);
    inet_ntop(a.kind == UM_ADDR_IP4 ? AF_INET : AF_INET6, a.ip, shown,
              sizeof(shown));
    assert_string_equal(shown, want);
}

static void test_ip4(void **state)
{
    struct um_addr a;

    (void)state;
    ip_is("127.0.0.1:80", "127.0.0.1");
    ip_is("*:80", "0.0.0.0");
    ip_is("010.1.2.3:80", "10.1.2.3");
    ip_is("1..2.3:80", "1.0.2.3");
    assert_true(um_addr_parse(UM_STR("1.2.3.4:65535"), true, &a));
    assert_int_equal(a.port, 65535);
    assert_true(is_addr("1.2.3.4:0080"));
    assert_false(is_addr("1.2.3.4:0"));
    assert_false(is_addr("1.2.3.4:65536"));
    assert_false(is_addr("1.2.3.4:"));
    assert_false(is_addr("1.2.3.4"));
    assert_false(is_addr("1.2.3:80"));
    assert_false(is_addr("1.2.3.4.5:80"));
    assert_false(is_addr("1.2.3.256:80"));
    assert_false(is_addr("1.2.3.:80"));
    assert_false(is_addr("1.2.3.x:80"));
    assert_false(is_addr("255.255.255.255:80"));
    assert_false(is_addr(":80"));
    assert_false(is_addr("*"));
    assert_false(is_addr("*:*"));
    assert_false(is_addr("localhost:80"));
    assert_false(is_addr(""));
}

static void test_ip6(void **state)
{
    (void)state;
    ip_is("[::1]:80", "::1");
    ip_is("[::]:80", "::");
    ip_is("[1:2:3:4:5:6:7:8]:80", "1:2:3:4:5:6:7:8");
    ip_is("[fe80::1:2]:80", "fe80::1:2");
    ip_is("[1::]:80", "1::");
    ip_is("[::ffff:1.2.3.4]:80", "::ffff:1.2.3.4");
    assert_false(is_addr("[1::2::3]:80"));
    assert_false(is_addr("[1:2:3:4:5:6:7]:80"));
    assert_false(is_addr("[1:2:3:4:5:6:7:8:9]:80"));
    assert_false(is_addr("[12345::]:80"));
    assert_false(is_addr("[::g]:80"));
    assert_false(is_addr("[]:80"));
    assert_false(is_addr("[::1]"));
    assert_false(is_addr("[::1]80"));
    assert_false(is_addr("[::1]x80"));
    assert_false(is_addr("[::1"));
    assert_false(is_addr("::1"));
    assert_false(is_addr("[::1]:"));
    assert_false(is_addr("[1.2.3.4]:80"));
}

/* What inet_ntop writes is read as what it was, whatever the address. */
static void test_ip6_round_trip(void **state)
{
    struct p2p__rng rng;
    char text[64], in[80];
    struct um_addr a;
    uint8_t ip[16];

    (void)state;
    p2p__rng_seed(&rng, 3);
    for (unsigned n = 0; n < 5000; n++) {
        p2p__rng_fill(&rng, ip, sizeof(ip));
        for (unsigned i = 0; i < 8; i++) {
            if (p2p__rng_below(&rng, 2) == 0)
                ip[2 * i] = ip[2 * i + 1] = 0;
        }
        inet_ntop(AF_INET6, ip, text, sizeof(text));
        snprintf(in, sizeof(in), "[%s]:1", text);
        if (!um_addr_parse(um_str(in), true, &a))
            fail_msg("%s", in);
        assert_memory_equal(a.ip, ip, sizeof(ip));
    }
}

static void test_unix(void **state)
{
    char text[5 + UM_ADDR_UNIX_MAX + 2] = "unix:";
    struct um_addr a;

    (void)state;
    assert_true(um_addr_parse(UM_STR("unix:/run/x"), true, &a));
    assert_int_equal(a.kind, UM_ADDR_UNIX);
    assert_string_equal(a.path, "/run/x");
    assert_false(a.abstract);
    assert_true(um_addr_parse(UM_STR("unix:@x"), true, &a));
    assert_true(a.abstract);
    assert_false(is_addr("unix:"));
    memset(text + 5, 'x', UM_ADDR_UNIX_MAX + 1);
    assert_false(is_addr(text));
    text[5 + UM_ADDR_UNIX_MAX] = '\0';
    assert_true(is_addr(text));
    /* freeunit looks for zero bytes */
    assert_true(um_addr_parse(um_str_n("unix:/a\0b", 9), false, &a));
    assert_false(um_addr_parse(um_str_n("unix:/a\0b", 9), true, &a));
}

static bool same(const char *a, const char *b)
{
    struct um_addr x, y;

    assert_true(um_addr_parse(um_str(a), true, &x));
    assert_true(um_addr_parse(um_str(b), true, &y));
    return um_addr_eq(&x, &y);
}

static void test_equality_is_of_sockets(void **state)
{
    (void)state;
    assert_true(same("127.0.0.1:80", "127.0.0.1:080"));
    assert_true(same("*:80", "0.0.0.0:80"));
    assert_true(same("[::1]:80", "[0:0:0:0:0:0:0:1]:80"));
    assert_false(same("*:80", "*:81"));
    assert_false(same("*:80", "[::]:80"));
    assert_false(same("[::1]:80", "[::2]:80"));
    assert_false(same("unix:/a", "unix:/b"));
}

static void pattern(const char *text, enum um_addr_fault want)
{
    struct um_addr_pattern p;
    enum um_addr_fault got = um_addr_pattern_parse(um_str(text), false, &p);

    if (got != want)
        fail_msg("%s: %d, not %d", text, (int)got, (int)want);
}

static void test_patterns_that_are_none(void **state)
{
    struct um_addr_pattern p;

    (void)state;
    pattern("", UM_ADDR_SHORT);
    pattern("!", UM_ADDR_SHORT);
    pattern("x", UM_ADDR_SHORT);
    pattern("*:", UM_ADDR_FORMAT);
    pattern("*:x", UM_ADDR_PORT);
    pattern("*:65536", UM_ADDR_PORT);
    pattern("*:90-80", UM_ADDR_PORT);
    pattern("1.2.3.4:", UM_ADDR_FORMAT);
    pattern("1.2.3", UM_ADDR_FORMAT);
    pattern("1.2.3.4-1.2.3.3", UM_ADDR_OVERLAP);
    pattern("1.2.3.4-x", UM_ADDR_FORMAT);
    pattern("1.2.3.4/33", UM_ADDR_CIDR);
    pattern("1.2.3.4/x", UM_ADDR_CIDR);
    pattern("1.2.3/32", UM_ADDR_FORMAT);
    pattern("::1/129", UM_ADDR_CIDR);
    pattern("12345::", UM_ADDR_FORMAT);
    pattern("[::1", UM_ADDR_FORMAT);
    pattern("*:80-", UM_ADDR_PORT);
    assert_int_equal(um_addr_pattern_parse(UM_STR("*:80-"), true, &p),
                     UM_ADDR_PORT);
}

static bool hits(const char *text, const char *addr)
{
    struct um_addr_pattern p;
    struct um_addr a;

    assert_int_equal(um_addr_pattern_parse(um_str(text), false, &p),
                     UM_ADDR_OK);
    assert_true(um_addr_parse(um_str(addr), true, &a));
    return um_addr_pattern_match(&p, &a);
}

static void test_patterns_match(void **state)
{
    (void)state;
    assert_true(hits("10.0.0.1", "10.0.0.1:5"));
    assert_false(hits("10.0.0.1", "10.0.0.2:5"));
    assert_true(hits("!10.0.0.1", "10.0.0.2:5"));
    assert_false(hits("!10.0.0.1", "10.0.0.1:5"));
    assert_true(hits("10.0.0.0/8", "10.255.1.2:5"));
    assert_false(hits("10.0.0.0/9", "10.255.1.2:5"));
    assert_true(hits("0.0.0.0/0", "9.9.9.9:1"));
    assert_true(hits("10.0.0.1-10.0.0.9", "10.0.0.9:1"));
    assert_false(hits("10.0.0.1-10.0.0.9", "10.0.0.10:1"));
    assert_true(hits("10.0.0.1:80", "10.0.0.1:80"));
    assert_false(hits("10.0.0.1:80", "10.0.0.1:81"));
    assert_true(hits("*:80-90", "10.0.0.1:85"));
    assert_true(hits("*:80-90", "[::1]:90"));
    assert_false(hits("*:80-90", "[::1]:91"));
    assert_true(hits("2001:db8::/32", "[2001:db8:9::1]:1"));
    assert_false(hits("2001:db8::/32", "[2001:db9::1]:1"));
    assert_true(hits("[::1]:7", "[::1]:7"));
    assert_false(hits("[::1]:7", "[::1]:8"));
    assert_false(hits("0.0.0.0/0", "[::1]:7"));
    assert_true(hits("unix", "unix:/x"));
    assert_false(hits("unix", "1.2.3.4:5"));
    assert_false(hits("*:1-65535", "unix:/x"));
    assert_true(hits("!unix", "1.2.3.4:5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip4),
        cmocka_unit_test(test_ip6),
        cmocka_unit_test(test_ip6_round_trip),
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_equality_is_of_sockets),
        cmocka_unit_test(test_patterns_that_are_none),
        cmocka_unit_test(test_patterns_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
