/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The public view of the gate: see p2p/gate.h. */
#include "p2p/gate.h"

#include "host/internal.h"

int p2p_host_filter(struct p2p_host *host, const char *net,
                    enum p2p_filter what)
{
    static const enum p2p__gate_rule_kind kinds[] = {
        [P2P_FILTER_NONE] = P2P__GATE_FORGET,
        [P2P_FILTER_ALLOW] = P2P__GATE_ALLOW,
        [P2P_FILTER_DENY] = P2P__GATE_DENY,
    };
    struct p2p_multiaddr ma;
    struct p2p__ipnet read;

    if ((unsigned)what >= P2P__COUNT(kinds) ||
        p2p_multiaddr_from_text(net, strlen(net), &ma) != 0 ||
        p2p__ipnet_read(&ma, &read) != 0) {
        return P2P_EFORMAT;
    }
    return p2p__gate_rule(&host->swarm->gate, &read, kinds[what]);
}

static bool ask(void *user, const struct p2p__gate_case *one)
{
    static const enum p2p_gate_step steps[] = {
        [P2P__GATE_DIAL] = P2P_GATE_DIAL,
        [P2P__GATE_ACCEPT] = P2P_GATE_ACCEPT,
        [P2P__GATE_SECURED] = P2P_GATE_SECURED,
        [P2P__GATE_OPEN] = P2P_GATE_OPEN,
    };
    const struct p2p_host *h = user;
    struct p2p_gate_question q = {.step = steps[one->step],
                                  .outbound = one->dialer};

    if (one->peer != NULL) {
        q.peer = *one->peer;
    }
    p2p__place_at(one->place, one->addr, &q.addr);
    return h->gate(h->gate_user, &q);
}

void p2p_host_set_gate(struct p2p_host *host, p2p_gate gate, void *user)
{
    host->gate = gate;
    host->gate_user = user;
    host->swarm->gate.may = gate != NULL ? ask : NULL;
    host->swarm->gate.user = host;
}

void p2p_host_set_announce(struct p2p_host *host, p2p_announce announce,
                           void *user)
{
    host->announce = announce;
    host->announce_user = user;
    p2p__host_addrs_changed(host);
}
