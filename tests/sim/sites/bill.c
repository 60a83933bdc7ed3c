/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See bill.h. A row of a host's traffic is found by the beginning of its
 * name. */
#include "bill.h"

/* Rows of a host's traffic. */
#define ROWS 64U

static const struct {
    const char *begins;
    enum bill_for what;
} names[] = {
    {"/meshsub/", BILL_GOSSIP},         {"/floodsub/", BILL_GOSSIP},
    {"/ipfs/id/", BILL_IDENTIFY},       {"/ipfs/ping/", BILL_PING},
    {"/libp2p/circuit/", BILL_RELAY},   {"/libp2p/dcutr", BILL_DCUTR},
    {"/rendezvous/", BILL_RENDEZVOUS},  {"/fleet/kad/", BILL_KAD},
    {"/libp2p/autonat/", BILL_AUTONAT}, {"", BILL_OTHER},
};

static enum bill_for purpose(const char *protocol)
{
    size_t i = 0;

    while (strncmp(protocol, names[i].begins, strlen(names[i].begins)) != 0) {
        i++;
    }
    return names[i].what;
}

static void add(struct bill *b, const struct fleet_node *n)
{
    const enum bill_who who = fleet_is_public(n) ? BILL_PUBLIC : BILL_INSIDE;
    const struct sim_host *machine = &n->fleet->sim.hosts[n->index];
    struct p2p_traffic rows[ROWS];
    const size_t count = p2p_host_traffic(n->host, rows, ROWS, sizeof rows[0]);

    b->nodes[who]++;
    b->conns[who] += p2p_host_conns(n->host, NULL, 0, 0);
    b->wire[who] += machine->bytes_sent;
    b->segs[who] += machine->segs_sent;
    b->got[who] += machine->bytes_got;
    b->mdns[who] += machine->udp_sent;
    for (size_t i = 0; i < p2p__min(count, ROWS); i++) {
        b->by[who][purpose(rows[i].protocol)] += rows[i].bytes_out;
    }
    if (n->pubsub != NULL) {
        struct p2p_pubsub_stats s;

        p2p_pubsub_stats(n->pubsub, &s, sizeof s);
        b->received += s.received;
        b->delivered += s.delivered;
    }
}

void bill_take(const struct fleet *f, struct bill *b)
{
    *b = (struct bill){.at = f->sim.now};
    for (size_t i = 0; i < f->cfg.nodes; i++) {
        if (f->nodes[i].host != NULL) {
            add(b, &f->nodes[i]);
        }
    }
}

static double spent(const struct bill *from, const struct bill *to,
                    enum bill_who who, enum bill_for what)
{
    const double wire = (double)(to->wire[who] - from->wire[who]);
    const double mdns = (double)(to->mdns[who] - from->mdns[who]);
    double rest = wire;

    if (what < BILL_PROTOCOLS) {
        return (double)(to->by[who][what] - from->by[who][what]);
    }
    for (int i = 0; i < BILL_PROTOCOLS; i++) {
        rest -= spent(from, to, who, (enum bill_for)i);
    }
    return what == BILL_MDNS ? mdns : what == BILL_REST ? rest : wire + mdns;
}

static double minutes(const struct bill *from, const struct bill *to)
{
    return (double)(to->at - from->at) / 60e9;
}

double bill_rate(const struct bill *from, const struct bill *to,
                 enum bill_who who, enum bill_for what)
{
    return spent(from, to, who, what) / minutes(from, to) /
           (double)to->nodes[who];
}

double bill_rate_all(const struct bill *from, const struct bill *to,
                     enum bill_for what)
{
    return (spent(from, to, BILL_INSIDE, what) +
            spent(from, to, BILL_PUBLIC, what)) /
           minutes(from, to) /
           (double)(to->nodes[BILL_INSIDE] + to->nodes[BILL_PUBLIC]);
}

double bill_beyond(const struct bill *from, const struct bill *to,
                   enum bill_for what, double idle_rate)
{
    const double nodes =
        (double)(to->nodes[BILL_INSIDE] + to->nodes[BILL_PUBLIC]);

    return (bill_rate_all(from, to, what) - idle_rate) * nodes *
           minutes(from, to);
}

const char *bill_name(enum bill_for what)
{
    static const char *const all[BILL_ROWS + 1] = {
        [BILL_GOSSIP] = "gossipsub", [BILL_IDENTIFY] = "identify",
        [BILL_PING] = "ping",        [BILL_RELAY] = "relay",
        [BILL_DCUTR] = "dcutr",      [BILL_RENDEZVOUS] = "rendezvous",
        [BILL_KAD] = "kad",          [BILL_AUTONAT] = "autonat",
        [BILL_OTHER] = "other",      [BILL_MDNS] = "mdns",
        [BILL_REST] = "rest",        [BILL_ROWS] = "all",
    };

    return all[what];
}
