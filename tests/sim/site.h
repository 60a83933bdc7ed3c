/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Sites of the simulated world: machines with addresses of their own (10.…)
 * behind one NAT with one outside address (9.…). Inside of a site all reach
 * each other; from outside what the NAT lets in. What mapping and filtering
 * depend on is chosen, in the words of RFC 4787, as in tests/wan/nat.
 */
#ifndef TESTS_SIM_SITE_H
#define TESTS_SIM_SITE_H

#include "internal.h"

/* What depends on the other side. */
enum sim_by {
    SIM_BY_NOTHING, /* endpoint-independent */
    SIM_BY_ADDRESS,
    SIM_BY_PORT /* address and port */
};

struct sim_nat {
    enum sim_by mapping, filtering;
    p2p_ns idle; /* a mapping without connection is kept; 0: 4 minutes */
    p2p_ns kept; /* one with a silent connection; 0: 124 minutes */
};

/* Adds a site without machines, which lives as long as the world. */
struct sim_site *sim_add_site(struct sim *sim, const struct sim_nat *nat);

/* A machine moves into a site, NULL: to the internet. Nothing runs on it, or it
 * has dialed nobody yet. Its address becomes 10.… there, 20.… to 79.… here. */
void sim_settle(struct sim *sim, size_t host, struct sim_site *site);

/* A machine on which nothing runs gets another address, of the same site. */
void sim_renumber(struct sim *sim, size_t host);

/* Where a site is seen, without a port. */
const struct p2p__addr *sim_site_outside(const struct sim_site *site);

/* Mappings that its NAT has now. */
size_t sim_site_mappings(struct sim_site *site);

/* A port of a machine, as it is seen outside of its site. */
struct sim_mapping;

/* One that is used counts for a connection until it is let go. NULL: none, of
 * all of these. */
struct sim_mapping *sim_mapping_ref(struct sim_mapping *m);
void sim_mapping_unref(struct sim_mapping *m);
void sim_mapping_use(struct sim_mapping *m, p2p_ns now);

/* Whether its NAT still knows it; then, when it forgot it, or 0. */
bool sim_mapping_holds(struct sim_mapping *m);
p2p_ns sim_mapping_gone_at(const struct sim_mapping *m);

/*
 * Something goes out to an address through a site's NAT, from flow->port of a
 * machine: `seen` becomes where it comes from, and the answer may come in.
 * Returns the mapping, valid until the next call.
 */
struct sim_mapping *sim_site_leave(struct sim_host *h,
                                   const struct sim_flow *flow,
                                   struct p2p__addr *seen);

/* The site that is seen at an address; NULL: none. */
struct sim_site *sim_site_at(const struct sim *sim,
                             const struct p2p__addr *addr);

/* Whose port a site's outside port is: false if it is nobody's. */
bool sim_site_find(struct sim_site *site, uint16_t outer, bool udp,
                   struct sim_place *out);

/* Whether the NAT lets what comes from an address into a mapping. */
bool sim_mapping_lets_in(const struct sim_mapping *m,
                         const struct p2p__addr *from);

/* Frees all sites, when all pipes are gone. */
void sim_sites_fini(struct sim *sim);

#endif
