/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mesh/trust/range.h"
#include "p2p/err.h"
#include "unit.h"

/* What a range says of an address: h(olds), m(eets), or -. */
static const char *says(const char *range, const char *addr,
                        enum um_range_use use)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_range r;
    struct um_addr at;
    const char *word = "-";

    assert_int_equal(um_range_parse(&a, um_str(range), &r), 0);
    assert_true(um_addr_parse(um_str(addr), false, &at));
    um_range_resolve(&at, use);
    if (um_range_meets(&r, &at))
        word = "m";
    if (um_range_holds(&r, &at)) {
        assert_string_equal(word, "m");
        word = "h";
    }
    um_arena_fini(&a);
    return word;
}

static void listens(const char *range, const char *addr, const char *want)
{
    if (strcmp(says(range, addr, UM_RANGE_LISTEN), want) != 0)
        fail_msg("listens: %s and %s are not %s", range, addr, want);
}

static void connects(const char *range, const char *addr, const char *want)
{
    if (strcmp(says(range, addr, UM_RANGE_CONNECT), want) != 0)
        fail_msg("connects: %s and %s are not %s", range, addr, want);
}

static void test_addresses(void **state)
{
    (void)state;
    connects("10.0.0.0/8:80", "10.1.2.3:80", "h");
    connects("10.0.0.0/8:80", "11.1.2.3:80", "-");
    connects("10.0.0.0/8:80", "10.1.2.3:81", "-");
    connects("10.0.0.0/9:80", "10.127.2.3:80", "h");
    connects("10.0.0.0/9:80", "10.128.2.3:80", "-");
    connects("10.1.2.3:80", "010.1.2.3:80", "h");
    connects("0.0.0.0/0:*", "9.9.9.9:1", "h");
    connects("[fd00::/8]:1-9", "[fd12::1]:9", "h");
    connects("[fd00::/8]:1-9", "[fe80::1]:9", "-");
    connects("[fd00::/8]:1-9", "[fd12::1]:10", "-");
    connects("[::1]:*", "[::1]:65535", "h");
    connects("*:*", "[::1]:65535", "h");
    connects("*:1024-65535", "1.2.3.4:1023", "-");
    connects("*:*", "unix:/x", "-");
}

/* The same address in other clothes. */
static void test_disguises(void **state)
{
    (void)state;
    connects("169.254.0.0/16:*", "[::ffff:169.254.169.254]:80", "h");
    connects("169.254.0.0/16:*", "[0:0:0:0:0:ffff:a9fe:a9fe]:80", "h");
    connects("127.0.0.1:*", "0.0.0.0:80", "h");
    connects("127.0.0.1:*", "*:80", "h");
    connects("[::1]:*", "[::]:80", "h");
    connects("127.0.0.1:*", "[::ffff:0.0.0.0]:80", "h");
    connects("127.0.0.1:*", "127.0.0.2:80", "-");
}

static void test_listening_at_all(void **state)
{
    (void)state;
    listens("*:80", "*:80", "h");
    listens("0.0.0.0/0:80", "*:80", "h");
    listens("10.0.0.0/8:80", "*:80", "m");
    listens("10.0.0.0/8:80", "0.0.0.0:81", "-");
    listens("10.0.0.1:80", "[::]:80", "m");
    listens("[fd00::/8]:80", "[::]:80", "m");
    listens("[fd00::/8]:80", "*:80", "-");
    listens("[::/0]:80", "[::]:80", "h");
    listens("unix:", "*:80", "-");
}

static void test_sockets(void **state)
{
    (void)state;
    connects("unix:/run/a.sock", "unix:/run/a.sock", "h");
    connects("unix:/run/a.sock", "unix:/run//./a.sock", "h");
    connects("unix:/run/a.sock", "unix:/run/a.sock2", "-");
    connects("unix:/run/a/", "unix:/run/a/b/c", "h");
    connects("unix:/run/a/", "unix:/run/ab", "-");
    connects("unix:/", "unix:/run/a", "h");
    connects("unix:/run/a/", "unix:/run/a/../b", "m");
    connects("unix:/run/a/", "unix:run", "m");
    connects("unix:@x", "unix:@x", "h");
    connects("unix:@x", "unix:@xy", "-");
    connects("unix:/x", "unix:@x", "-");
    connects("unix:", "unix:@x", "h");
    connects("unix:", "unix:/x/../y", "h");
    connects("1.2.3.4:5", "unix:/x", "-");
}

static void test_what_is_none(void **state)
{
    static const char *const none[] = {
        "",          "1.2.3.4",      "1.2.3.4:",      ":80",
        "*",         "*:",           "*:80-",         "*:-80",
        "*:90-80",   "*:65536",      "*:x",           "host:80",
        "host/8:80", "1.2.3.4/33:1", "1.2.3.4/-1:80", "1.2.3.4/:80",
        "[::1]",     "[::1:80",      "[::1/129]:80",  "[1.2.3.4]:80",
        "::1:80",    "1.2.3.4 :80",  "unix:x",        "unix:/a/../b",
        "unix:@x/",  "[]:80",        "1.2.3.4:80:90", "*/0:80",
        "[::1]80",   "1.2.3:80",     "[*]:80",        "255.255.255.255:1",
    };
    struct um_arena a = UM_ARENA_INIT;
    struct um_range r;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (um_range_parse(&a, um_str(none[i]), &r) != P2P_EFORMAT)
            fail_msg("taken: %s", none[i]);
    }
    um_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_disguises),
        cmocka_unit_test(test_listening_at_all),
        cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
