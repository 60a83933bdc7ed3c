/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The net of a machine of the simulated world, and its end. */
#include "pipe.h"

void sim_net_init(struct sim_host *h)
{
    h->net = (struct p2p__net){.dial = sim_net_dial,
                               .dial_from = sim_net_dial_from,
                               .source = sim_net_source,
                               .listen = sim_net_listen,
                               .udp = sim_net_udp};
    p2p__list_init(&h->sent);
}

void sim_net_kill(struct sim_host *h)
{
    struct p2p__list *link = p2p__list_first(&h->pipes);

    while (link != NULL) {
        sim_end_shut(P2P__CONTAINER(link, struct end, link));
        link = p2p__list_first(&h->pipes);
    }
    sim_listeners_fini(h);
    sim_udps_fini(h);
}
