/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See reach.h. The bus finds out, by members that dial back; a row tells the
 * others. */
#include "mesh/app/reach.h"

#include "mesh/app/views.h"
#include "mesh/trust/peer.h"

const char *um_reach_word(unsigned reach)
{
    static const char *const words[] = {[UM_REACH_UNKNOWN] = "unknown",
                                        [UM_REACH_PUBLIC] = "public",
                                        [UM_REACH_PRIVATE] = "private"};

    return words[reach <= UM_REACH_PRIVATE ? reach : UM_REACH_UNKNOWN];
}

const char *um_reach_of(const struct um_daemon *d,
                        const struct p2p_peer_id *peer)
{
    struct um_name member;
    struct um_row row;

    return d->mesh.node != NULL && um_peer_member(peer, &member) == 0 &&
                   um_views_row(d->mesh.node, &member, &row)
               ? um_reach_word(row.reach)
               : um_reach_word(UM_REACH_UNKNOWN);
}

static void each_addr(void *user, const struct p2p_reachability_info *info)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct um_json *j = user;

    um_json_open(j, NULL, '{');
    um_json_text(j, "addr", p2p_multiaddr_text(&info->addr, text));
    um_json_text(j, "verdict", um_reach_word(info->verdict));
    um_json_bool(j, "observed", info->observed);
    um_json_close(j, '}');
}

void um_reach_show(const struct um_daemon *d, struct um_json *j)
{
    um_json_open(j, "reach", '{');
    um_json_text(j, "verdict", um_reach_word(um_bus_reach(d->bus)));
    um_json_bool(j, "said", d->settings.reach != P2P_REACHABILITY_UNKNOWN);
    um_json_text(j, "found", um_reach_word(um_bus_found(d->bus)));
    um_json_bool(j, "relay", um_bus_is_relay(d->bus));
    um_json_open(j, "addrs", '[');
    um_bus_reaches(d->bus, each_addr, j);
    um_json_close(j, ']');
    um_json_close(j, '}');
}

void um_reach_router(const struct um_daemon *d, struct um_json *j)
{
    struct um_bus_gateway g;

    if (!um_bus_gateway(d->bus, &g)) {
        return;
    }
    um_json_open(j, "router", '{');
    um_json_text(j, "addr", g.gateway);
    um_json_text(j, "method", g.method);
    um_json_text(j, "at", g.at);
    um_json_text(j, "why", g.why);
    um_json_uint(j, "ports", g.ports);
    um_json_uint(j, "mapped", g.mapped);
    um_json_uint(j, "told", g.told);
    um_json_uint(j, "requests", g.asked);
    um_json_uint(j, "failures", g.failed);
    um_json_close(j, '}');
}
