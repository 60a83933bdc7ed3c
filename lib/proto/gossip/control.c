/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A ControlMessage is taken apart here, with the caps that hold for it as a
 * whole. Possible failure modes: no protobuf, and then the stream is of no
 * use any more; everything else that is wrong is ignored and may cost score.
 */
#include "proto/gossip/control.h"

#include "proto/gossip/peer.h"
#include "proto/gossip/rpc.h"
#include "proto/gossip/score.h"

/* The parts that a ControlMessage has, and what was spent of its caps. */
struct parts {
    bool ihave, idontwant;
    uint32_t idontwant_ids;
};

/* Whether a kind that is counted once a message is within its cap. */
static bool within(struct p2p__gossip *g, bool *begun, uint32_t *counter,
                   uint32_t cap)
{
    if (!*begun) {
        *begun = true;
        ++*counter;
    }
    if (*counter > cap) {
        g->stats.limited++;
        return false;
    }
    return true;
}

/* GRAFT and PRUNE are counted one by one. */
static bool within_grafts(struct p2p__gossip *g, struct p2p__gossip_peer *peer)
{
    if (++p2p__gossip_peer_counts(g, peer)->grafts > P2P__CAP_GOSSIP_GRAFTS) {
        g->stats.limited++;
        return false;
    }
    return true;
}

/* One field of a ControlMessage. */
static int part(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                const struct p2p__pb_field *f, struct parts *p, p2p_ns now)
{
    struct p2p__gossip_counts *c = p2p__gossip_peer_counts(g, peer);

    switch (f->tag) {
        case P2P__PB_BYTES(P2P__RPC_CTL_IHAVE):
            return within(g, &p->ihave, &c->ihaves,
                          P2P__CAP_GOSSIP_IHAVE_MESSAGES)
                       ? p2p__gossip_on_ihave(g, peer, &f->bytes, now)
                       : 0;
        case P2P__PB_BYTES(P2P__RPC_CTL_IWANT):
            return p2p__gossip_on_iwant(g, peer, &f->bytes, now);
        case P2P__PB_BYTES(P2P__RPC_CTL_GRAFT):
            return within_grafts(g, peer)
                       ? p2p__gossip_on_graft(g, peer, &f->bytes, now)
                       : 0;
        case P2P__PB_BYTES(P2P__RPC_CTL_PRUNE):
            return within_grafts(g, peer)
                       ? p2p__gossip_on_prune(g, peer, &f->bytes, now)
                       : 0;
        case P2P__PB_BYTES(P2P__RPC_CTL_IDONTWANT):
            return within(g, &p->idontwant, &c->idontwants,
                          P2P__CAP_GOSSIP_IDONTWANT_MESSAGES)
                       ? p2p__gossip_on_idontwant(g, peer, &f->bytes,
                                                  &p->idontwant_ids)
                       : 0;
        default:
            return 0;
    }
}

int p2p__gossip_on_control(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           const struct p2p__slice *body, p2p_ns now)
{
    struct parts p = {0};
    struct p2p__pb r;
    struct p2p__pb_field f;

    p2p__pb_init(&r, *body);
    while (p2p__pb_next(&r, &f)) {
        int rv = part(g, peer, &f, &p, now);

        if (rv != 0) {
            return rv;
        }
    }
    return r.err;
}
