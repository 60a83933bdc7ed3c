/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ports of ours that a gateway lets in, as the host has them; who gets them
 * there is the library p2p-portmap.
 */
#ifndef P2P_HOST_MAPPED_H
#define P2P_HOST_MAPPED_H

#include "host/internal.h"

/* Ports that a host knows of; beyond them the mapper tells none. */
#define P2P__MAPPED_MAX 32U

/* One that is let in. */
struct p2p__mapped {
    bool udp;
    uint16_t port;          /* that we listen at */
    struct p2p__addr outer; /* where others reach it */
};

/* Who has them let in; of p2p-portmap. */
struct p2p__mapper {
    size_t n;
    struct p2p__mapped list[P2P__MAPPED_MAX];
    /* Where we listen may have changed. */
    void (*look)(struct p2p__mapper *m);
    /* Time passed that nobody counted: what was granted may be over. */
    void (*woke)(struct p2p__mapper *m);
};

/* A host has this mapper now, or none (NULL); borrowed until then. P2P_EINVAL:
 * it has one. */
int p2p__host_mapper_set(struct p2p_host *h, struct p2p__mapper *m);

/* What the mapper's list says is different from before. */
void p2p__host_mapper_changed(struct p2p_host *h);

/* The ports that are listened at for who comes to `own`, an address of ours,
 * each once, as far as there is room; how many. */
size_t p2p__host_mapper_ports(const struct p2p_host *h,
                              const struct p2p__addr *own,
                              struct p2p__mapped *out, size_t cap);

/* An address at which a gateway lets others in to a listener, without our
 * /p2p/ID; false: there are no more. */
bool p2p__host_mapped_addr(const struct p2p_host *h, size_t index,
                           struct p2p_multiaddr *out);

#endif
