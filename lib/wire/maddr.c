/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See maddr.h. Multiaddrs are well-formed, so lengths are asserted here. */
#include "wire/maddr.h"

/* Copies a value as a C string. */
static void copy_text(char *to, size_t cap,
                      const struct p2p_multiaddr_part *part)
{
    assert(part->len < cap);
    memcpy(to, part->value, part->len);
    to[part->len] = '\0';
}

/* Reads a zone: a number is a scope, all else a name. */
static void set_zone(struct p2p__maddr_waist *w,
                     const struct p2p_multiaddr_part *part)
{
    uint64_t scope = 0;

    for (size_t i = 0; i < part->len; i++) {
        if (part->value[i] < '0' || part->value[i] > '9' ||
            scope > UINT32_MAX) {
            copy_text(w->zone, sizeof w->zone, part);
            return;
        }
        scope = scope * 10 + (uint64_t)(part->value[i] - '0');
    }
    if (scope > UINT32_MAX) {
        copy_text(w->zone, sizeof w->zone, part);
    } else {
        w->addr.scope = (uint32_t)scope;
    }
}

/* Reads the component that says where; false if it does not. */
static bool set_host(struct p2p__maddr_waist *w,
                     const struct p2p_multiaddr_part *part)
{
    switch (part->code) {
        case P2P_MULTIADDR_IP4:
        case P2P_MULTIADDR_IP6:
            assert(part->len <= sizeof w->addr.ip);
            w->addr.family = part->code == P2P_MULTIADDR_IP4 ? 4 : 6;
            memcpy(w->addr.ip, part->value, part->len);
            return true;
        case P2P_MULTIADDR_DNS:
        case P2P_MULTIADDR_DNS4:
        case P2P_MULTIADDR_DNS6:
            w->addr.family = part->code == P2P_MULTIADDR_DNS    ? 0
                             : part->code == P2P_MULTIADDR_DNS4 ? 4
                                                                : 6;
            copy_text(w->name, sizeof w->name, part);
            return true;
        default:
            return false;
    }
}

int p2p__maddr_waist(const struct p2p_multiaddr *ma,
                     struct p2p__maddr_waist *waist)
{
    struct p2p_multiaddr_part part;
    size_t at = 0;
    bool zoned;

    memset(waist, 0, sizeof *waist);
    if (!p2p_multiaddr_next(ma, &at, &part)) {
        return P2P_ENOTSUP;
    }
    zoned = part.code == P2P_MULTIADDR_IP6ZONE;
    if (zoned) {
        set_zone(waist, &part);
        if (!p2p_multiaddr_next(ma, &at, &part) ||
            part.code != P2P_MULTIADDR_IP6) {
            return P2P_ENOTSUP;
        }
    }
    if (!set_host(waist, &part) || !p2p_multiaddr_next(ma, &at, &part)) {
        return P2P_ENOTSUP;
    }
    if (part.code != P2P_MULTIADDR_TCP && part.code != P2P_MULTIADDR_UDP) {
        return P2P_ENOTSUP;
    }
    waist->port_code = part.code;
    waist->addr.port = (uint16_t)(part.value[0] << 8 | part.value[1]);
    waist->rest = at;
    return 0;
}

/* The decimal digits of a scope, without an ending zero; how many. */
static size_t scope_text(uint32_t scope, char digits[10])
{
    uint8_t value[4];
    int n;

    for (size_t i = 0; i < sizeof value; i++) {
        value[i] = (uint8_t)(scope >> (8 * (3 - i)));
    }
    n = p2p__maddr_value_text(P2P__MADDR_NUMBER, value, sizeof value, digits,
                              10);
    assert(n > 0);
    return (size_t)n;
}

void p2p__maddr_from_addr(const struct p2p__addr *addr, uint32_t port_code,
                          struct p2p_multiaddr *ma)
{
    uint8_t port[2] = {(uint8_t)(addr->port >> 8), (uint8_t)addr->port};
    char zone[10];
    int err = 0;

    assert(addr->family == 4 || addr->family == 6);
    ma->len = 0;
    if (addr->family == 4) {
        err = p2p__maddr_push(ma, P2P_MULTIADDR_IP4, addr->ip, 4);
    } else {
        if (addr->scope != 0) {
            err = p2p__maddr_push(ma, P2P_MULTIADDR_IP6ZONE, zone,
                                  scope_text(addr->scope, zone));
            assert(err == 0);
        }
        err = p2p__maddr_push(ma, P2P_MULTIADDR_IP6, addr->ip, 16);
    }
    assert(err == 0);
    err = p2p__maddr_push(ma, port_code, port, sizeof port);
    assert(err == 0);
    (void)err;
}

bool p2p__maddr_has(const struct p2p_multiaddr *ma, uint32_t code)
{
    struct p2p_multiaddr_part part;
    size_t at = 0;

    while (p2p_multiaddr_next(ma, &at, &part)) {
        if (part.code == code) {
            return true;
        }
    }
    return false;
}

int p2p__maddr_relay(const struct p2p_multiaddr *ma,
                     struct p2p_multiaddr *relay)
{
    struct p2p_multiaddr_part part;
    size_t at = 0, before = 0;

    while (p2p_multiaddr_next(ma, &at, &part)) {
        if (part.code == P2P_MULTIADDR_CIRCUIT) {
            memcpy(relay->bytes, ma->bytes, before);
            relay->len = (uint16_t)before;
            return at == ma->len && p2p_multiaddr_peer(relay, NULL)
                       ? 0
                       : P2P_EFORMAT;
        }
        before = at;
    }
    return P2P_ENOTSUP;
}
