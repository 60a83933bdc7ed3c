/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Networks: which are read, what is in them; and which addresses are public. */
#include "wire/ipnet.h"

#include "unit.h"
#include "wire/maddr.h"

static struct p2p_multiaddr maddr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static struct p2p__ipnet net(const char *text)
{
    struct p2p_multiaddr ma = maddr(text);
    struct p2p__ipnet n;

    assert_int_equal(p2p__ipnet_read(&ma, &n), 0);
    return n;
}

static bool has(const char *network, const char *address)
{
    struct p2p__ipnet n = net(network), one = net(address);
    struct p2p__addr a = {.family = one.family};

    memcpy(a.ip, one.ip, sizeof a.ip);
    return p2p__ipnet_has(&n, &a);
}

static void test_what_is_in_a_network(void **state)
{
    static const struct {
        const char *net;
        const char *in;
        const char *out;
    } rows[] = {
        {"/ip4/10.0.0.0/ipcidr/8", "/ip4/10.255.255.255", "/ip4/11.0.0.0"},
        {"/ip4/10.1.2.3/ipcidr/8", "/ip4/10.0.0.1", "/ip4/9.1.2.3"},
        {"/ip4/172.16.0.0/ipcidr/12", "/ip4/172.31.0.1", "/ip4/172.32.0.1"},
        {"/ip4/192.0.2.1", "/ip4/192.0.2.1", "/ip4/192.0.2.0"},
        {"/ip4/192.0.2.1/ipcidr/31", "/ip4/192.0.2.0", "/ip4/192.0.2.2"},
        {"/ip4/1.2.3.4/ipcidr/0", "/ip4/255.255.255.255", "/ip6/::1"},
        {"/ip6/fc00::/ipcidr/7", "/ip6/fdff::1", "/ip6/fe00::1"},
        {"/ip6/2001:db8::1", "/ip6/2001:db8::1", "/ip6/2001:db8::2"},
        {"/ip6/::/ipcidr/0", "/ip6/2001:db8::1", "/ip4/1.2.3.4"},
        {"/ip6/::ffff:10.0.0.0/ipcidr/104", "/ip4/10.9.9.9", "/ip4/11.0.0.0"},
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(rows); i++) {
        assert_true(has(rows[i].net, rows[i].in));
        assert_false(has(rows[i].net, rows[i].out));
    }
}

/* A mapped address does not get past a rule about what it is. */
static void test_mapped_addresses(void **state)
{
    struct p2p__addr a = {.family = 6, .ip = {[10] = 0xff, 0xff, 10, 1, 2, 3}};
    struct p2p__ipnet four = net("/ip4/10.0.0.0/ipcidr/8");
    struct p2p__ipnet six = net("/ip6/::/ipcidr/0");

    (void)state;
    assert_true(p2p__ipnet_has(&four, &a));
    assert_false(p2p__ipnet_has(&six, &a));
    a.ip[9] = 1;
    assert_false(p2p__ipnet_has(&four, &a));
    assert_true(p2p__ipnet_has(&six, &a));
}

static void test_what_is_no_network(void **state)
{
    static const char *const texts[] = {"/ip4/10.0.0.0/ipcidr/33",
                                        "/ip6/::/ipcidr/129",
                                        "/dns/a/ipcidr/8",
                                        "/ip4/10.0.0.0/tcp/1",
                                        "/ip4/10.0.0.0/ipcidr/8/tcp/1",
                                        "/ip6zone/eth0/ip6/fe80::1"};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        struct p2p_multiaddr ma = maddr(texts[i]);
        struct p2p__ipnet n;

        assert_int_equal(p2p__ipnet_read(&ma, &n), P2P_EFORMAT);
    }
}

static void test_public_addresses(void **state)
{
    static const struct {
        const char *text;
        bool is_public;
    } rows[] = {
        {"/ip4/8.8.8.8/tcp/1", true},
        {"/ip4/10.0.0.1/tcp/1", false},
        {"/ip4/127.0.0.1/tcp/1", false},
        {"/ip4/100.64.0.1/udp/1/quic-v1", false},
        {"/ip6/2606:4700::1/tcp/1", true},
        {"/ip6/fd00::1/tcp/1", false},
        {"/ip6/::ffff:10.0.0.1/tcp/1", false},
        {"/ip6zone/eth0/ip6/fe80::1/tcp/1", false},
        {"/dns4/example.com/tcp/1", true},
        {"/dnsaddr/bootstrap.libp2p.io", true},
        {"/dns/localhost/tcp/1", false},
        {"/dns/a.LocalHost/tcp/1", false},
        {"/dns/printer.local./tcp/1", false},
        {"/dns/notlocal/tcp/1", true},
        {"/dns6/x.home.arpa/tcp/1", false},
        {"/unix/tmp/s", false},
        {"/p2p-circuit", false},
    };
    const struct p2p_multiaddr none = {.len = 0};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(rows); i++) {
        struct p2p_multiaddr ma = maddr(rows[i].text);

        assert_int_equal(p2p_multiaddr_is_public(&ma), rows[i].is_public);
    }
    assert_false(p2p_multiaddr_is_public(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_in_a_network),
        cmocka_unit_test(test_mapped_addresses),
        cmocka_unit_test(test_what_is_no_network),
        cmocka_unit_test(test_public_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
