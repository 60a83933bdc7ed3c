/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* getifaddrs, sorted so that the same machine gives the same list. */
#include "uv/ifaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>

#include "uv/addr.h"

static int compare(const void *pa, const void *pb)
{
    const struct p2p__iface *a = pa, *b = pb;

    if (a->index != b->index) {
        return a->index < b->index ? -1 : 1;
    }
    if (a->addr.family != b->addr.family) {
        return a->addr.family < b->addr.family ? -1 : 1;
    }
    return memcmp(a->addr.ip, b->addr.ip, sizeof a->addr.ip);
}

static int list(struct p2p__ifaces *self, struct p2p__iface *at, size_t cap)
{
    struct ifaddrs *all;
    size_t count = 0;

    (void)self;
    if (getifaddrs(&all) != 0) {
        return P2P_EIO;
    }
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        struct p2p__iface entry = {0};

        if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0) {
            continue;
        }
        p2p__uv_from_sockaddr(i->ifa_addr, &entry.addr);
        if (entry.addr.family == 0) {
            continue;
        }
        entry.index = if_nametoindex(i->ifa_name);
        entry.loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
        entry.multicast = (i->ifa_flags & IFF_MULTICAST) != 0;
        if (count < cap) {
            at[count] = entry;
        }
        count++;
    }
    freeifaddrs(all);
    qsort(at, p2p__min(count, cap), sizeof *at, compare);
    return (int)count;
}

void p2p__uv_ifaces_init(struct p2p__ifaces *i)
{
    i->list = list;
}
