/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See bus.h: the library's figures. */
#include "mesh/bus/inner.h"

#include <stdlib.h>
#include <string.h>

void um_bus_log_level(struct um_bus *bus, int level)
{
    p2p_host_set_log_level(bus->host, level);
}

void um_bus_stats(const struct um_bus *bus, struct p2p_host_stats *out)
{
    p2p_host_stats(bus->host, out, sizeof *out);
}

void um_bus_pubsub_stats(const struct um_bus *bus, struct p2p_pubsub_stats *out)
{
    p2p_pubsub_stats(bus->pubsub, out, sizeof *out);
}

size_t um_bus_over(const struct um_bus *bus, const char *transport)
{
    size_t n, found = 0;
    struct p2p_conn_info *conns = um_bus_conns(bus, &n);

    for (size_t i = 0; i < n; i++) {
        found += strcmp(conns[i].transport, transport) == 0;
    }
    free(conns);
    return found;
}

size_t um_bus_traffic(const struct um_bus *bus, struct p2p_traffic *out,
                      size_t cap)
{
    return p2p_host_traffic(bus->host, out, cap, sizeof *out);
}
