/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signatures, by what openssl says; addresses that are not asked. */
#include "mesh/hook/sign.h"

#include <arpa/inet.h>
#include <string.h>

#include "unit.h"

/* printf '1492774577.{"a":1}' | openssl dgst -sha256 -hmac whsec_test */
static void test_a_signature(void **state)
{
    char out[UM_HOOK_SIGNATURE_BYTES];

    (void)state;
    um_hook_sign("whsec_test", 1492774577, UM_STR("{\"a\":1}"), out);
    assert_string_equal(
        out,
        "t=1492774577,v1="
        "2a55874e33dedb30da6fac02873208f53a243141599a71c0d52a1d5b89656823");
    um_hook_sign("whsec_tesu", 1492774577, UM_STR("{\"a\":1}"), out);
    assert_null(strstr(
        out,
        "2a55874e33dedb30da6fac02873208f53a243141599a71c0d52a1d5b89656823"));
}

static void test_a_secret(void **state)
{
    uint8_t seed[UM_HOOK_SEED_BYTES];
    char out[80];

    (void)state;
    memset(seed, 0xa5, sizeof seed);
    um_hook_secret(seed, out, sizeof out);
    assert_int_equal(strlen(out), 70);
    assert_memory_equal(out, "whsec_a5a5", 10);
}

static bool may(const char *text, bool link_local)
{
    uint8_t ip[16];
    bool six = strchr(text, ':') != NULL;

    assert_int_equal(inet_pton(six ? AF_INET6 : AF_INET, text, ip), 1);
    return um_hook_may_reach(ip, six ? 16 : 4, link_local);
}

static void test_where_it_may_lead(void **state)
{
    static const char *const fine[] = {
        "127.0.0.1",       "10.0.0.1",
        "192.168.1.1",     "203.0.113.7",
        "169.253.255.255", "::1",
        "2001:db8::1",     "fd00::1",
        "::ffff:10.0.0.1", "192.0.0.193",
        "fd20:ce::255",    "fd00:ec2::24",
        "fd00:42:1::42",   "64:ff9b::203.0.113.7"};
    static const char *const link[] = {"169.254.169.254",
                                       "169.254.0.1",
                                       "100.100.100.200",
                                       "fe80::1",
                                       "febf::1",
                                       "192.0.0.192",
                                       "fd00:ec2::254",
                                       "fd00:ec2::23",
                                       "fd20:ce::254",
                                       "fd00:c1::a9fe:a9fe",
                                       "fd00:42::42",
                                       "::ffff:192.0.0.192",
                                       "::ffff:169.254.169.254",
                                       "64:ff9b::169.254.169.254",
                                       "2002:a9fe:a9fe::1"};
    static const char *const never[] = {
        "0.0.0.0", "224.0.0.1",         "255.255.255.255", "::",
        "ff02::1", "::169.254.169.254", "::ffff:0.0.0.0"};

    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_true(may(fine[i], false));
    for (size_t i = 0; i < sizeof link / sizeof *link; i++) {
        assert_false(may(link[i], false));
        assert_true(may(link[i], true));
    }
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_false(may(never[i], false) || may(never[i], true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signature),
        cmocka_unit_test(test_a_secret),
        cmocka_unit_test(test_where_it_may_lead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
