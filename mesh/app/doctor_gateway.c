/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See doctor.h: what the router of this network did about peers from outside,
 * where the settings have it asked. */
#include <stdio.h>

#include "mesh/app/doctor.h"

#define LINE_BYTES 900

#define FORWARD                                                           \
    "turn on UPnP or NAT-PMP at the router, or forward this node's port " \
    "there by hand; or let a relay bring peers: unitmesh run --relay "    \
    "MULTIADDR"

void um_doctor_gateway(struct um_doctor *o)
{
    struct um_bus_gateway g;
    char text[LINE_BYTES];

    if (!o->d->settings.portmap || !um_bus_gateway(o->d->bus, &g) || g.ok ||
        g.why[0] == '\0') {
        return;
    }
    if (g.gateway[0] == '\0') {
        (void)snprintf(text, sizeof text, "No router lets peers in: %s.",
                       g.why);
    } else {
        (void)snprintf(text, sizeof text,
                       "The router %s does not let peers in to this node%s%s. "
                       "%s.",
                       g.gateway, g.at[0] != '\0' ? " everywhere, but at " : "",
                       g.at, g.why);
    }
    um_doctor_find(o, UM_ADVICE, "gateway", FORWARD, text);
}
