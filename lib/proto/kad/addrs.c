/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See addrs.h. */
#include "proto/kad/addrs.h"

#include "wire/ipnet.h"
#include "wire/maddr.h"

void p2p__kad_addrs_walk_init(struct p2p__kad_addrs_walk *walk,
                              const struct p2p__kad_addrs *addrs)
{
    p2p__pb_init(&walk->fields, p2p__slice_of(addrs->bytes, addrs->len));
}

bool p2p__kad_addrs_walk_next(struct p2p__kad_addrs_walk *walk,
                              struct p2p_multiaddr *ma)
{
    struct p2p__pb_field f;

    return p2p__pb_next(&walk->fields, &f) &&
           p2p_multiaddr_from_bytes(f.bytes.p, f.bytes.len, ma) == 0;
}

static bool has(const struct p2p__kad_addrs *addrs,
                const struct p2p_multiaddr *ma)
{
    struct p2p__kad_addrs_walk walk;
    struct p2p_multiaddr one;

    p2p__kad_addrs_walk_init(&walk, addrs);
    while (p2p__kad_addrs_walk_next(&walk, &one)) {
        if (p2p_multiaddr_equal(&one, ma)) {
            return true;
        }
    }
    return false;
}

bool p2p__kad_addrs_add(struct p2p__kad_addrs *addrs,
                        const struct p2p_multiaddr *ma)
{
    struct p2p__pbw w;

    assert(addrs->len <= sizeof addrs->bytes);
    if (ma->len == 0 || addrs->count >= P2P__CAP_KAD_PEER_ADDRS ||
        has(addrs, ma)) {
        return false;
    }
    p2p__pbw_init(&w, addrs->bytes, sizeof addrs->bytes);
    w.len = addrs->len;
    p2p__pbw_bytes(&w, P2P__KAD_FIELD_ADDR, ma->bytes, ma->len);
    if (p2p__pbw_end(&w) < 0) {
        return false;
    }
    addrs->len = (uint16_t)w.len;
    addrs->count++;
    return true;
}

void p2p__kad_addrs_drop(struct p2p__kad_addrs *addrs, size_t n)
{
    const struct p2p__kad_addrs all = *addrs;
    struct p2p__kad_addrs_walk walk;
    struct p2p_multiaddr ma;

    *addrs = (struct p2p__kad_addrs){0};
    p2p__kad_addrs_walk_init(&walk, &all);
    for (size_t i = 0; p2p__kad_addrs_walk_next(&walk, &ma); i++) {
        if (i >= n) {
            p2p__kad_addrs_add(addrs, &ma);
        }
    }
}

bool p2p__kad_addr_fits(const struct p2p_multiaddr *ma,
                        enum p2p__addr_class whose)
{
    struct p2p__maddr_waist waist;

    if (p2p__maddr_waist(ma, &waist) != 0) {
        return p2p_multiaddr_is_public(ma); /* /dnsaddr is */
    }
    if (waist.name[0] != '\0') {
        return p2p_multiaddr_is_public(ma) || whose != P2P__ADDR_PUBLIC;
    }
    switch (p2p__addr_class(&waist.addr)) {
        case P2P__ADDR_PUBLIC:
            return true;
        case P2P__ADDR_PRIVATE:
        case P2P__ADDR_LINK_LOCAL:
            return whose != P2P__ADDR_PUBLIC;
        case P2P__ADDR_LOOPBACK:
            return whose == P2P__ADDR_LOOPBACK;
        default:
            return false;
    }
}

void p2p__kad_addrs_fitting(const struct p2p__kad_addrs *addrs,
                            enum p2p__addr_class whose,
                            struct p2p__kad_addrs *out)
{
    struct p2p__kad_addrs_walk walk;
    struct p2p_multiaddr ma;

    assert(out != addrs);
    out->len = out->count = 0;
    p2p__kad_addrs_walk_init(&walk, addrs);
    while (p2p__kad_addrs_walk_next(&walk, &ma)) {
        if (p2p__kad_addr_fits(&ma, whose)) {
            p2p__kad_addrs_add(out, &ma);
        }
    }
}

bool p2p__kad_addrs_public(const struct p2p__kad_addrs *addrs,
                           struct p2p__addr *out)
{
    struct p2p__kad_addrs_walk walk;
    struct p2p__maddr_waist waist;
    struct p2p_multiaddr ma;

    p2p__kad_addrs_walk_init(&walk, addrs);
    while (p2p__kad_addrs_walk_next(&walk, &ma)) {
        if (p2p__maddr_waist(&ma, &waist) == 0 && waist.name[0] == '\0' &&
            p2p__addr_class(&waist.addr) == P2P__ADDR_PUBLIC) {
            *out = waist.addr;
            return true;
        }
    }
    return false;
}

enum p2p__addr_class p2p__kad_class(const struct p2p__addr *at)
{
    return at->family == 0 ? P2P__ADDR_PUBLIC : p2p__addr_class(at);
}

bool p2p__kad_same_group(const struct p2p__addr *a, const struct p2p__addr *b,
                         unsigned bits4, unsigned bits6)
{
    return a->family == b->family && a->family != 0 &&
           p2p__ip_alike(a->ip, b->ip, a->family == 4 ? bits4 : bits6) &&
           p2p__addr_class(a) == P2P__ADDR_PUBLIC &&
           p2p__addr_class(b) == P2P__ADDR_PUBLIC;
}
