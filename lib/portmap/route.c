/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The gateway of the default route, as /proc/self/net/route has it: that is
 * there also for who sees of /proc nothing but itself, as services do, where
 * /proc/net is not.
 */
#include <stdio.h>

#include "portmap/internal.h"

#define TABLE "/proc/self/net/route"

/* The longest line: the kernel pads them to 127 bytes. */
#define LINE_MAX_BYTES 256

/* Flags of a route: it is up, by a gateway. Linux: uapi/linux/route.h. */
#define RTF_UP_GATEWAY 3U

bool p2p__portmap_route_line(const char *line, struct p2p__addr *gateway,
                             unsigned *metric)
{
    unsigned to, via, flags, mask;

    if (sscanf(line, "%*31s %8x %8x %4x %*u %*u %10u %8x", &to, &via, &flags,
               metric, &mask) != 5 ||
        to != 0 || mask != 0 || (flags & RTF_UP_GATEWAY) != RTF_UP_GATEWAY) {
        return false;
    }
    *gateway = (struct p2p__addr){.family = 4};
    memcpy(gateway->ip, &via, 4); /* printed as a number of this machine's */
    return true;
}

int p2p__portmap_route(struct p2p__addr *gateway)
{
    FILE *f = fopen(TABLE, "re");
    unsigned best = 0;
    bool found = false;
    char line[LINE_MAX_BYTES];

    if (f == NULL) {
        return P2P_EIO;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        struct p2p__addr at;
        unsigned metric;

        if (p2p__portmap_route_line(line, &at, &metric) &&
            (!found || metric < best)) {
            *gateway = at;
            best = metric;
            found = true;
        }
    }
    (void)fclose(f);
    return found ? 0 : P2P_ENOTFOUND;
}
