/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Taking an RPC apart, field by field, so that a large one can be left and
 * continued. The happy path: subscriptions, messages, control, in whatever
 * order they come. Possible failure modes: no protobuf, and then the peer is
 * of no use; a graylisted peer, of whom only subscriptions are heard.
 */
#include "proto/gossip/control.h"
#include "proto/gossip/event.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/receive.h"
#include "proto/gossip/rpc.h"
#include "proto/gossip/score.h"

/* Whether nothing but subscriptions is heard of the peer; says it once. */
static bool graylisted(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                       p2p_ns now)
{
    bool bad = !peer->direct &&
               p2p__gossip_score_of(g, peer, now) < g->score.graylist_threshold;

    if (bad && !peer->graylisted) {
        p2p__gossip_event_push(g, P2P__GOSSIP_GRAYLISTED, peer, NULL);
    }
    peer->graylisted = bad;
    return bad;
}

/* One field. Returns how many signatures were checked. */
static int field(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                 const struct p2p__pb_field *f, p2p_ns now)
{
    if (f->tag == P2P__PB_BYTES(P2P__RPC_SUBSCRIPTIONS)) {
        return p2p__gossip_on_sub(g, peer, &f->bytes, now);
    }
    if (graylisted(g, peer, now)) {
        return 0;
    }
    if (f->tag == P2P__PB_BYTES(P2P__RPC_PUBLISH)) {
        return p2p__gossip_on_message(g, peer, &f->bytes, now);
    }
    if (f->tag == P2P__PB_BYTES(P2P__RPC_CONTROL)) {
        return p2p__gossip_on_control(g, peer, &f->bytes, now);
    }
    return 0;
}

int p2p__gossip_rx(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                   struct p2p__slice *rpc, p2p_ns now)
{
    uint32_t budget = P2P__CAP_GOSSIP_RX_BATCH;
    struct p2p__pb_field f;
    struct p2p__pb r;

    assert(peer->connected);
    p2p__pb_init(&r, *rpc);
    while (budget > 0 && g->events.count < P2P__CAP_GOSSIP_EVENTS &&
           p2p__pb_next(&r, &f)) {
        int rv = field(g, peer, &f, now);

        *rpc = r.left;
        if (rv < 0) {
            return rv;
        }
        budget -= rv > 0 ? 1 : 0;
    }
    if (r.err != 0) {
        rpc->len = 0;
        p2p__gossip_score_penalty(g, peer, 1, now);
    }
    return r.err;
}
