/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which multiaddrs can be reached from everywhere. */
#include "p2p/multiaddr.h"
#include "wire/addr_class.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Whether a name is `domain`, in small letters, or below it. */
static bool is_in(const uint8_t *name, size_t len, const char *domain)
{
    size_t n = strlen(domain);

    if (len > 0 && name[len - 1] == '.') {
        len--;
    }
    if (len < n || (len > n && name[len - n - 1] != '.')) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(name[len - n + i]) != (uint8_t)domain[i]) {
            return false;
        }
    }
    return true;
}

static bool is_public_name(const uint8_t *name, size_t len)
{
    static const char *const domains[] = {"localhost", "local", "internal",
                                          "home.arpa", "test",  "invalid"};

    for (size_t i = 0; i < P2P__COUNT(domains); i++) {
        if (is_in(name, len, domains[i])) {
            return false;
        }
    }
    return true;
}

bool p2p_multiaddr_is_public(const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr_part part;
    struct p2p__addr addr = {.family = 0};
    size_t at = 0;

    if (!p2p_multiaddr_next(ma, &at, &part)) {
        return false;
    }
    switch (part.code) {
        case P2P_MULTIADDR_IP4:
        case P2P_MULTIADDR_IP6:
            addr.family = part.code == P2P_MULTIADDR_IP4 ? 4 : 6;
            memcpy(addr.ip, part.value, part.len);
            return p2p__addr_class(&addr) == P2P__ADDR_PUBLIC;
        case P2P_MULTIADDR_DNS:
        case P2P_MULTIADDR_DNS4:
        case P2P_MULTIADDR_DNS6:
        case P2P_MULTIADDR_DNSADDR:
            return is_public_name(part.value, part.len);
        default:
            return false; /* /ip6zone: of a link; /unix, /memory: here */
    }
}
