/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See addr_class.h: tables of networks, the first that fits decides. */
#include "wire/addr_class.h"

#include "wire/ipnet.h"

#define PREFIX_MAX 12U

/* A network and its class, or at which byte there is an IPv4 address in it. */
struct net {
    uint8_t prefix[PREFIX_MAX];
    uint8_t bits;
    uint8_t what;
};

/* Whether an address is in a network. */
static bool in_net(const uint8_t *ip, const struct net *net)
{
    return p2p__ip_alike(ip, net->prefix, net->bits);
}

/* The class of the first network in a table that has the address. */
static enum p2p__addr_class look_up(const uint8_t *ip, const struct net *nets,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (in_net(ip, &nets[i])) {
            return (enum p2p__addr_class)nets[i].what;
        }
    }
    return P2P__ADDR_PUBLIC;
}

static enum p2p__addr_class class_of_ip4(const uint8_t *ip)
{
    static const struct net nets[] = {
        {{0, 0, 0, 0}, 32, P2P__ADDR_UNSPECIFIED},
        {{0}, 8, P2P__ADDR_RESERVED},
        {{10}, 8, P2P__ADDR_PRIVATE},
        {{100, 64}, 10, P2P__ADDR_PRIVATE},
        {{127}, 8, P2P__ADDR_LOOPBACK},
        {{169, 254}, 16, P2P__ADDR_LINK_LOCAL},
        {{172, 16}, 12, P2P__ADDR_PRIVATE},
        {{192, 0, 0}, 24, P2P__ADDR_PRIVATE},
        {{192, 168}, 16, P2P__ADDR_PRIVATE},
        {{198, 18}, 15, P2P__ADDR_PRIVATE},
        {{224}, 4, P2P__ADDR_MULTICAST},
        {{240}, 4, P2P__ADDR_RESERVED},
    };

    return look_up(ip, nets, P2P__COUNT(nets));
}

static enum p2p__addr_class class_of_ip6(const uint8_t *ip)
{
    static const struct net nets[] = {
        {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, P2P__ADDR_PRIVATE},
        {{1}, 64, P2P__ADDR_RESERVED},
        {{0xfe, 0x80}, 10, P2P__ADDR_LINK_LOCAL},
        {{0xfe, 0xc0}, 10, P2P__ADDR_PRIVATE},
        {{0xfc}, 7, P2P__ADDR_PRIVATE},
        {{0xff}, 8, P2P__ADDR_MULTICAST},
    };
    /* IPv4 addresses inside: mapped, NAT64, compatible, 6to4. */
    static const struct net inside[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},
        {{0, 0x64, 0xff, 0x9b}, 96, 12},
        {{0}, 96, 12},
        {{0x20, 0x02}, 16, 2},
    };
    static const uint8_t loopback[16] = {[15] = 1};

    if (memcmp(ip, loopback, sizeof loopback) == 0) {
        return P2P__ADDR_LOOPBACK;
    }
    for (size_t i = 0; i < P2P__COUNT(inside); i++) {
        if (in_net(ip, &inside[i])) {
            return class_of_ip4(ip + inside[i].what);
        }
    }
    return look_up(ip, nets, P2P__COUNT(nets));
}

enum p2p__addr_class p2p__addr_class(const struct p2p__addr *addr)
{
    switch (addr->family) {
        case 4:
            return class_of_ip4(addr->ip);
        case 6:
            return class_of_ip6(addr->ip);
        default:
            return P2P__ADDR_UNSPECIFIED;
    }
}
