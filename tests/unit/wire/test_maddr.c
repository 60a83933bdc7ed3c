/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The thin waist of multiaddrs, and what kind of place an address is. */
#include "wire/maddr.h"
#include "hex.h"
#include "unit.h"
#include "wire/addr_class.h"

static struct p2p_multiaddr ma_of(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

static int waist_of(const char *text, struct p2p__maddr_waist *w)
{
    struct p2p_multiaddr ma = ma_of(text);

    return p2p__maddr_waist(&ma, w);
}

static void test_addresses_and_ports(void **state)
{
    struct p2p__maddr_waist w;

    (void)state;
    assert_int_equal(waist_of("/ip4/192.0.2.1/tcp/4901", &w), 0);
    assert_int_equal(w.addr.family, 4);
    assert_hex(w.addr.ip, 4, "c0000201");
    assert_int_equal(w.addr.port, 4901);
    assert_int_equal(w.port_code, P2P_MULTIADDR_TCP);
    assert_int_equal(w.addr.scope, 0);
    assert_string_equal(w.name, "");
    assert_string_equal(w.zone, "");
    assert_int_equal(w.rest, 8);
    assert_int_equal(waist_of("/ip6/2001:db8::1/udp/65535/quic-v1", &w), 0);
    assert_int_equal(w.addr.family, 6);
    assert_hex(w.addr.ip, 16, "20010db8000000000000000000000001");
    assert_int_equal(w.addr.port, 65535);
    assert_int_equal(w.port_code, P2P_MULTIADDR_UDP);
    assert_int_equal(w.rest, 21);
}

static void test_names_and_their_families(void **state)
{
    struct p2p__maddr_waist w;

    (void)state;
    assert_int_equal(waist_of("/dns/example.com/tcp/1", &w), 0);
    assert_string_equal(w.name, "example.com");
    assert_int_equal(w.addr.family, 0);
    assert_int_equal(w.addr.port, 1);
    assert_int_equal(waist_of("/dns4/a/tcp/1", &w), 0);
    assert_int_equal(w.addr.family, 4);
    assert_int_equal(waist_of("/dns6/a/tcp/1", &w), 0);
    assert_int_equal(w.addr.family, 6);
}

static void test_zones_are_numbers_or_names(void **state)
{
    struct p2p__maddr_waist w;

    (void)state;
    assert_int_equal(waist_of("/ip6zone/3/ip6/fe80::1/tcp/1", &w), 0);
    assert_int_equal(w.addr.scope, 3);
    assert_string_equal(w.zone, "");
    assert_int_equal(waist_of("/ip6zone/eth0/ip6/fe80::1/tcp/1", &w), 0);
    assert_int_equal(w.addr.scope, 0);
    assert_string_equal(w.zone, "eth0");
    assert_int_equal(waist_of("/ip6zone/4294967295/ip6/fe80::1/tcp/1", &w), 0);
    assert_true(w.addr.scope == UINT32_MAX);
    assert_int_equal(waist_of("/ip6zone/4294967296/ip6/fe80::1/tcp/1", &w), 0);
    assert_string_equal(w.zone, "4294967296");
    assert_int_equal(
        waist_of("/ip6zone/99999999999999999999999/ip6/fe80::1/tcp/1", &w), 0);
    assert_string_equal(w.zone, "99999999999999999999999");
}

static void test_what_has_no_waist_is_told(void **state)
{
    static const char *const texts[] = {
        "/unix/a",
        "/memory/1",
        "/dnsaddr/example.com",
        "/dnsaddr/example.com/tcp/1",
        "/ip4/1.2.3.4",
        "/ip4/1.2.3.4/quic-v1",
        "/ip4/1.2.3.4/ip4/1.2.3.4/tcp/1",
        "/ip6zone/a",
        "/ip6zone/a/ip4/1.2.3.4/tcp/1",
        "/ip6zone/a/ip6/::1",
        "/tcp/1",
        "/tcp/1/ip4/1.2.3.4",
        "/p2p-circuit",
    };
    struct p2p__maddr_waist w;
    struct p2p_multiaddr none = {.len = 0};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        assert_int_equal(waist_of(texts[i], &w), P2P_ENOTSUP);
    }
    assert_int_equal(p2p__maddr_waist(&none, &w), P2P_ENOTSUP);
}

static void test_socket_addresses_come_back(void **state)
{
    static const char *const texts[] = {
        "/ip4/192.0.2.1/tcp/4901",
        "/ip6/2001:db8::1/tcp/1",
        "/ip6zone/7/ip6/fe80::1/tcp/65535",
        "/ip6zone/4294967295/ip6/fe80::1/tcp/0",
        "/ip4/0.0.0.0/udp/53",
    };

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        struct p2p__maddr_waist w;
        struct p2p_multiaddr ma;
        char text[P2P_MULTIADDR_TEXT_MAX];

        assert_int_equal(waist_of(texts[i], &w), 0);
        p2p__maddr_from_addr(&w.addr, w.port_code, &ma);
        assert_string_equal(p2p_multiaddr_text(&ma, text), texts[i]);
        assert_int_equal(w.rest, ma.len);
    }
}

static void test_components_are_pushed_and_found(void **state)
{
    struct p2p_multiaddr ma = ma_of("/ip4/1.2.3.4");
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(p2p__maddr_push(&ma, P2P_MULTIADDR_TCP, "\0\1", 2), 0);
    assert_int_equal(p2p__maddr_push(&ma, P2P_MULTIADDR_WS, NULL, 0), 0);
    assert_int_equal(p2p__maddr_push(&ma, P2P_MULTIADDR_SNI, "a/b", 3),
                     P2P_EFORMAT);
    assert_int_equal(p2p__maddr_push(&ma, P2P_MULTIADDR_TCP, "\0", 1),
                     P2P_EFORMAT);
    assert_string_equal(p2p_multiaddr_text(&ma, text), "/ip4/1.2.3.4/tcp/1/ws");
    assert_true(p2p__maddr_has(&ma, P2P_MULTIADDR_WS));
    assert_false(p2p__maddr_has(&ma, P2P_MULTIADDR_CIRCUIT));
}

static enum p2p__addr_class class_of(const char *ip)
{
    struct p2p__maddr_waist w;
    struct p2p_multiaddr ma;
    char text[128] = "/ip";

    (void)strcat(text, strchr(ip, ':') != NULL ? "6/" : "4/");
    (void)strcat(text, ip);
    (void)strcat(text, "/tcp/1");
    ma = ma_of(text);
    assert_int_equal(p2p__maddr_waist(&ma, &w), 0);
    return p2p__addr_class(&w.addr);
}

static void test_classes_at_the_edges_of_networks(void **state)
{
    static const struct {
        const char *ip;
        enum p2p__addr_class class;
    } v[] = {
        {"0.0.0.0", P2P__ADDR_UNSPECIFIED},
        {"0.0.0.1", P2P__ADDR_RESERVED},
        {"1.0.0.0", P2P__ADDR_PUBLIC},
        {"9.255.255.255", P2P__ADDR_PUBLIC},
        {"10.0.0.0", P2P__ADDR_PRIVATE},
        {"10.255.255.255", P2P__ADDR_PRIVATE},
        {"11.0.0.0", P2P__ADDR_PUBLIC},
        {"100.63.255.255", P2P__ADDR_PUBLIC},
        {"100.64.0.0", P2P__ADDR_PRIVATE},
        {"100.127.255.255", P2P__ADDR_PRIVATE},
        {"100.128.0.0", P2P__ADDR_PUBLIC},
        {"126.255.255.255", P2P__ADDR_PUBLIC},
        {"127.0.0.1", P2P__ADDR_LOOPBACK},
        {"127.255.255.255", P2P__ADDR_LOOPBACK},
        {"128.0.0.0", P2P__ADDR_PUBLIC},
        {"169.253.255.255", P2P__ADDR_PUBLIC},
        {"169.254.169.254", P2P__ADDR_LINK_LOCAL},
        {"169.255.0.0", P2P__ADDR_PUBLIC},
        {"172.15.255.255", P2P__ADDR_PUBLIC},
        {"172.16.0.0", P2P__ADDR_PRIVATE},
        {"172.31.255.255", P2P__ADDR_PRIVATE},
        {"172.32.0.0", P2P__ADDR_PUBLIC},
        {"191.255.255.255", P2P__ADDR_PUBLIC},
        {"192.0.0.0", P2P__ADDR_PRIVATE},
        {"192.0.0.255", P2P__ADDR_PRIVATE},
        {"192.0.1.0", P2P__ADDR_PUBLIC},
        {"192.168.0.1", P2P__ADDR_PRIVATE},
        {"192.169.0.0", P2P__ADDR_PUBLIC},
        {"198.17.255.255", P2P__ADDR_PUBLIC},
        {"198.18.0.0", P2P__ADDR_PRIVATE},
        {"198.19.255.255", P2P__ADDR_PRIVATE},
        {"198.20.0.0", P2P__ADDR_PUBLIC},
        {"223.255.255.255", P2P__ADDR_PUBLIC},
        {"224.0.0.251", P2P__ADDR_MULTICAST},
        {"239.255.255.255", P2P__ADDR_MULTICAST},
        {"240.0.0.0", P2P__ADDR_RESERVED},
        {"255.255.255.255", P2P__ADDR_RESERVED},
        {"::", P2P__ADDR_UNSPECIFIED},
        {"::1", P2P__ADDR_LOOPBACK},
        {"::2", P2P__ADDR_RESERVED},
        {"64:ff9b:0:ffff::1", P2P__ADDR_PUBLIC},
        {"64:ff9b:1::", P2P__ADDR_PRIVATE},
        {"64:ff9b:1:ffff::8.8.8.8", P2P__ADDR_PRIVATE},
        {"64:ff9b:2::", P2P__ADDR_PUBLIC},
        {"100::", P2P__ADDR_RESERVED},
        {"100::ffff:ffff:ffff:ffff", P2P__ADDR_RESERVED},
        {"100:0:0:1::", P2P__ADDR_PUBLIC},
        {"2001:db8::1", P2P__ADDR_PUBLIC},
        {"fc00::1", P2P__ADDR_PRIVATE},
        {"fdff:ffff::1", P2P__ADDR_PRIVATE},
        {"fe7f::1", P2P__ADDR_PUBLIC},
        {"fe80::1", P2P__ADDR_LINK_LOCAL},
        {"febf::1", P2P__ADDR_LINK_LOCAL},
        {"fec0::1", P2P__ADDR_PRIVATE},
        {"ff02::fb", P2P__ADDR_MULTICAST},
    };
    struct p2p__addr none = {.family = 0};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(v); i++) {
        assert_int_equal(class_of(v[i].ip), v[i].class);
    }
    assert_int_equal(p2p__addr_class(&none), P2P__ADDR_UNSPECIFIED);
}

static void test_ipv4_in_ipv6_is_seen_through(void **state)
{
    (void)state;
    assert_int_equal(class_of("::ffff:127.0.0.1"), P2P__ADDR_LOOPBACK);
    assert_int_equal(class_of("::ffff:169.254.169.254"), P2P__ADDR_LINK_LOCAL);
    assert_int_equal(class_of("::ffff:10.0.0.1"), P2P__ADDR_PRIVATE);
    assert_int_equal(class_of("::ffff:224.0.0.1"), P2P__ADDR_MULTICAST);
    assert_int_equal(class_of("::ffff:0.0.0.0"), P2P__ADDR_UNSPECIFIED);
    assert_int_equal(class_of("::ffff:8.8.8.8"), P2P__ADDR_PUBLIC);
    assert_int_equal(class_of("::127.0.0.1"), P2P__ADDR_LOOPBACK);
    assert_int_equal(class_of("64:ff9b::127.0.0.1"), P2P__ADDR_LOOPBACK);
    assert_int_equal(class_of("64:ff9b::8.8.8.8"), P2P__ADDR_PUBLIC);
    assert_int_equal(class_of("2002:7f00:1::1"), P2P__ADDR_LOOPBACK);
    assert_int_equal(class_of("2002:a00:1::808:808"), P2P__ADDR_PRIVATE);
    assert_int_equal(class_of("2002:a9fe:a9fe::1"), P2P__ADDR_LINK_LOCAL);
    assert_int_equal(class_of("2002:808:808::1"), P2P__ADDR_PUBLIC);
    assert_int_equal(class_of("2003:7f00:1::1"), P2P__ADDR_PUBLIC);
}

static int relay_of(const char *text, struct p2p_multiaddr *relay)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return p2p__maddr_relay(&ma, relay);
}

static void test_the_relay_of_a_circuit(void **state)
{
#define ID "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"
    struct p2p_multiaddr relay;
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(
        relay_of("/ip4/192.0.2.1/tcp/1/p2p/" ID "/p2p-circuit", &relay), 0);
    assert_string_equal(p2p_multiaddr_text(&relay, text),
                        "/ip4/192.0.2.1/tcp/1/p2p/" ID);
    assert_int_equal(relay_of("/p2p/" ID "/p2p-circuit", &relay), 0);
    assert_int_equal(relay_of("/ip4/192.0.2.1/tcp/1", &relay), P2P_ENOTSUP);
    assert_int_equal(relay_of("/p2p-circuit", &relay), P2P_EFORMAT);
    assert_int_equal(relay_of("/ip4/192.0.2.1/tcp/1/p2p-circuit", &relay),
                     P2P_EFORMAT);
    assert_int_equal(relay_of("/p2p/" ID "/p2p-circuit/p2p/" ID, &relay),
                     P2P_EFORMAT);
    assert_int_equal(
        relay_of("/p2p/" ID "/p2p-circuit/p2p/" ID "/p2p-circuit", &relay),
        P2P_EFORMAT);
#undef ID
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_and_ports),
        cmocka_unit_test(test_names_and_their_families),
        cmocka_unit_test(test_zones_are_numbers_or_names),
        cmocka_unit_test(test_what_has_no_waist_is_told),
        cmocka_unit_test(test_socket_addresses_come_back),
        cmocka_unit_test(test_components_are_pushed_and_found),
        cmocka_unit_test(test_classes_at_the_edges_of_networks),
        cmocka_unit_test(test_ipv4_in_ipv6_is_seen_through),
        cmocka_unit_test(test_the_relay_of_a_circuit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
