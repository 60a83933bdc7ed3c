/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See gateway.h: what the gateway does goes to the log when it changes. */
#include "mesh/bus/gateway.h"

#include <stdio.h>

#include "mesh/bus/bus.h"

#ifdef WITH_PORTMAP
#include <p2p/portmap.h>

/* Ports that are looked at. */
#define PORTS 16U

/* Where others get in, or what is wrong. */
static void words(const struct um_bus *bus, struct um_bus_gateway *out)
{
    struct p2p_portmap_port ports[PORTS];
    struct p2p_portmap_status s;
    size_t n = p2p_portmap_ports(bus->portmap, ports, PORTS, sizeof ports[0]);
    char text[P2P_MULTIADDR_TEXT_MAX], at[P2P_MULTIADDR_TEXT_MAX] = "";
    size_t len = 0;

    p2p_portmap_status(bus->portmap, &s, sizeof s);
    *out = (struct um_bus_gateway){.ok = s.told > 0 && s.told == s.ports,
                                   .ports = s.ports,
                                   .mapped = s.mapped,
                                   .told = s.told,
                                   .asked = s.asked,
                                   .failed = s.failed};
    if (s.gateway.len > 0) {
        (void)p2p_multiaddr_text(&s.gateway, at);
    }
    for (size_t i = 0; i < n && i < PORTS; i++) {
        if (ports[i].told && len < sizeof out->at) {
            len +=
                (size_t)snprintf(out->at + len, sizeof out->at - len, "%s%s",
                                 len > 0 ? ", " : "",
                                 p2p_multiaddr_text(&ports[i].external, text));
        }
    }
    (void)snprintf(out->gateway, sizeof out->gateway, "%.60s",
                   at[0] != '\0' ? at + sizeof "/ip4/" - 1 : "");
    (void)snprintf(out->method, sizeof out->method, "%s",
                   s.method != NULL ? s.method : "");
    (void)snprintf(out->why, sizeof out->why, "%s", s.why);
}

static void on_changed(void *user)
{
    const struct um_bus *bus = user;
    struct um_bus_gateway g;

    words(bus, &g);
    if (g.at[0] != '\0') {
        bool lacks = !g.ok && g.why[0] != '\0';

        um_log_line(bus->cfg.log, lacks ? UM_LOG_WARN : UM_LOG_INFO,
                    "the gateway %s lets peers in at %s (%s)%s%s", g.gateway,
                    g.at, g.method, lacks ? ", and nowhere else: " : "",
                    lacks ? g.why : "");
    } else if (g.why[0] != '\0') {
        um_log_line(bus->cfg.log, UM_LOG_WARN, "%s%s lets %speers in: %s",
                    g.gateway[0] != '\0' ? "the gateway " : "no gateway",
                    g.gateway, g.gateway[0] != '\0' ? "no " : "", g.why);
    }
}

int um_gateway_begin(struct um_bus *bus)
{
    struct p2p_portmap_config cfg = P2P_PORTMAP_CONFIG_INIT;

    cfg.changed = on_changed;
    cfg.user = bus;
    return p2p_portmap_new(bus->cfg.loop, bus->host, &cfg, &bus->portmap);
}

void um_gateway_end(struct um_bus *bus)
{
    p2p_portmap_free(bus->portmap);
    bus->portmap = NULL;
}

bool um_bus_gateway(const struct um_bus *bus, struct um_bus_gateway *out)
{
    if (bus->portmap != NULL) {
        words(bus, out);
    }
    return bus->portmap != NULL;
}

static void on_closed(void *user)
{
    struct um_bus *bus = user;

    bus->portmap = NULL;
    bus->left(bus->left_user);
}

bool um_bus_leave(struct um_bus *bus, void (*done)(void *user), void *user)
{
    if (bus->portmap == NULL || bus->left != NULL) {
        return bus->portmap != NULL;
    }
    bus->left = done;
    bus->left_user = user;
    p2p_portmap_close(bus->portmap, on_closed, bus);
    return true;
}
#else
int um_gateway_begin(struct um_bus *bus)
{
    (void)bus;
    return P2P_ENOTSUP;
}

void um_gateway_end(struct um_bus *bus)
{
    (void)bus;
}

bool um_bus_gateway(const struct um_bus *bus, struct um_bus_gateway *out)
{
    (void)bus;
    (void)out;
    return false;
}

bool um_bus_leave(struct um_bus *bus, void (*done)(void *user), void *user)
{
    (void)bus;
    (void)done;
    (void)user;
    return false;
}
#endif
