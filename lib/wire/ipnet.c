/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See ipnet.h. */
#include "wire/ipnet.h"

#include <limits.h>

/* ::ffff:0:0/96 has the addresses of IPv4. */
#define MAPPED_BITS 96U

static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};

bool p2p__ip_alike(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    size_t whole = bits / CHAR_BIT;
    unsigned rest = bits % CHAR_BIT;

    if (memcmp(a, b, whole) != 0) {
        return false;
    }
    return rest == 0 || (a[whole] ^ b[whole]) >> (CHAR_BIT - rest) == 0;
}

/* Makes a mapped network one of IPv4. */
static void unmap(struct p2p__ipnet *net)
{
    if (net->family == 6 && net->bits >= MAPPED_BITS &&
        p2p__ip_alike(net->ip, mapped, MAPPED_BITS)) {
        net->family = 4;
        net->bits = (uint8_t)(net->bits - MAPPED_BITS);
        memmove(net->ip, net->ip + 12, 4);
        memset(net->ip + 4, 0, 12);
    }
}

int p2p__ipnet_read(const struct p2p_multiaddr *ma, struct p2p__ipnet *net)
{
    struct p2p_multiaddr_part part;
    size_t at = 0, size;

    *net = (struct p2p__ipnet){.family = 0};
    if (!p2p_multiaddr_next(ma, &at, &part) ||
        (part.code != P2P_MULTIADDR_IP4 && part.code != P2P_MULTIADDR_IP6)) {
        return P2P_EFORMAT;
    }
    size = part.len;
    assert(size == 4 || size == 16);
    net->family = size == 4 ? 4 : 6;
    net->bits = (uint8_t)(size * CHAR_BIT);
    memcpy(net->ip, part.value, size);
    if (p2p_multiaddr_next(ma, &at, &part)) {
        if (part.code != P2P_MULTIADDR_IPCIDR || part.value[0] > net->bits ||
            at < ma->len) {
            return P2P_EFORMAT;
        }
        net->bits = part.value[0];
    }
    for (size_t i = net->bits; i < size * CHAR_BIT; i++) {
        net->ip[i / CHAR_BIT] &= (uint8_t) ~(0x80U >> i % CHAR_BIT);
    }
    unmap(net);
    return 0;
}

bool p2p__ipnet_has(const struct p2p__ipnet *net, const struct p2p__addr *addr)
{
    const uint8_t *ip = addr->ip;
    uint8_t family = addr->family;

    if (family == 6 && p2p__ip_alike(ip, mapped, MAPPED_BITS)) {
        ip += 12;
        family = 4;
    }
    return net->family == family && p2p__ip_alike(net->ip, ip, net->bits);
}
