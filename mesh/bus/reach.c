/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See reach.h. Happy path: the first member outside of this network that is
 * connected dials back, and says whether that did it. One is enough: a mesh is
 * small, and who is in it has more to win by other lies. All addresses are told
 * whatever comes of it: members that ask nobody yet have to be found, and a
 * hole is punched where a firewall is in front. Failure mode: nobody is
 * outside, and nothing is known.
 */
#include "mesh/bus/reach.h"

#include "mesh/bus/inner.h"

/* Who must agree on a verdict, and who must see this host at an address. */
#define ENOUGH 1U

/* A verdict outlives by so long where it was found: connections come and go,
 * and with them the addresses that others see. */
#define LASTS_NS UINT64_C(120000000000)

static bool is_member(void *user, const struct p2p_peer_id *peer)
{
    return um_bus_is_member(user, peer);
}

/* Whom this host dials back. */
static bool may_ask(void *user, const struct p2p_peer_id *peer)
{
    const struct um_bus *bus = user;

    return is_member(user, peer) ||
           (!bus->closing && bus->cfg.joining != NULL &&
            bus->cfg.joining(bus->cfg.user));
}

/* Notes the verdict; what it was before is no news. */
static void note(struct um_bus *bus, enum p2p_reachability verdict)
{
    static const char *const words[] = {
        [P2P_REACHABLE] = "others reach this node from outside: it is public",
        [P2P_UNREACHABLE] =
            "nobody reaches this node from outside: it is "
            "private, behind a NAT or a firewall"};

    bus->lost_ns = verdict != P2P_REACHABILITY_UNKNOWN
                       ? 0
                       : p2p_loop_now_ns(bus->cfg.loop);
    if (verdict != P2P_REACHABILITY_UNKNOWN && verdict != bus->found) {
        bus->found = verdict;
        um_log_line(bus->cfg.log, UM_LOG_INFO, "%s", words[verdict]);
    }
}

static void on_changed(void *user, const struct p2p_reachability_info *what)
{
    struct um_bus *bus = user;
    char text[P2P_MULTIADDR_TEXT_MAX];

    if (what->addr.len == 0) {
        note(bus, what->verdict);
    } else {
        um_log_line(bus->cfg.log, UM_LOG_DEBUG, "%s is %s",
                    p2p_multiaddr_text(&what->addr, text),
                    what->verdict == P2P_REACHABLE     ? "reached from outside"
                    : what->verdict == P2P_UNREACHABLE ? "not reached"
                                                       : "not judged");
    }
}

void um_reach_fill(struct um_reach_cfg *cfg, struct um_bus *bus,
                   struct p2p_host_config *host)
{
    const struct p2p_autonat_config ask = P2P_AUTONAT_CONFIG_INIT;
    const struct p2p_autonat_server_config serve =
        P2P_AUTONAT_SERVER_CONFIG_INIT;

    *cfg = (struct um_reach_cfg){ask, serve};
    if (bus->cfg.may == NULL || bus->cfg.article) {
        return;
    }
    cfg->ask.servers = cfg->ask.witnesses = ENOUGH;
    cfg->ask.tell_all = true;
    cfg->ask.trust = is_member;
    cfg->serve.allow = may_ask;
    cfg->ask.changed = on_changed;
    cfg->ask.user = cfg->serve.user = bus;
    host->autonat = &cfg->ask;
    host->autonat_server = &cfg->serve;
}

enum p2p_reachability um_bus_found(const struct um_bus *bus)
{
    bool old = bus->lost_ns != 0 &&
               p2p_loop_now_ns(bus->cfg.loop) - bus->lost_ns >= LASTS_NS;

    return old ? P2P_REACHABILITY_UNKNOWN : bus->found;
}

enum p2p_reachability um_bus_reach(const struct um_bus *bus)
{
    return bus->cfg.reach != P2P_REACHABILITY_UNKNOWN ? bus->cfg.reach
                                                      : um_bus_found(bus);
}

void um_bus_reaches(const struct um_bus *bus,
                    void (*each)(void *user,
                                 const struct p2p_reachability_info *info),
                    void *user)
{
    struct p2p_reachability_info all[UM_BUS_ADDRS];
    size_t n = p2p_host_reachability(bus->host, all, UM_BUS_ADDRS, sizeof *all);

    for (size_t i = 1; i < n && i < UM_BUS_ADDRS; i++) {
        each(user, &all[i]);
    }
}
