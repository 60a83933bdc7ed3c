/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pulling frames. The happy path: tx_peer names a dirty peer, tx gives its
 * next frame, tx_done lets it go, until tx says false. Between tx and tx_done
 * the peer is stalled and is not named again: whoever holds its stream comes
 * back when that is writable. Possible failure modes: full lanes, and then
 * the message is dropped for this peer alone.
 */
#include "proto/gossip/tx.h"

#include "proto/gossip/filter.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/word.h"

int p2p__gossip_tx_push(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                        struct p2p__gossip_msg *msg, bool own)
{
    struct p2p__gossip_lane *lane = own ? &peer->own : &peer->forward;
    size_t need = p2p__gossip_lane_need(lane);
    int rv = p2p__gossip_peer_take(peer, need);

    if (rv == 0) {
        rv = p2p__gossip_lane_push(lane, msg, p2p__gossip_msg_bytes(msg));
        if (rv != 0) {
            p2p__gossip_peer_give(peer, need);
        }
    }
    if (rv != 0) {
        g->stats.dropped++;
        return rv;
    }
    p2p__gossip_msg_ref(msg);
    g->stats.forwarded++;
    p2p__gossip_peer_dirty(g, peer);
    return 0;
}

/* Appends an id to one of a peer's two buffers. */
static int note_id(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                   struct p2p__gossip_idbuf *buf, const struct p2p__slice *id)
{
    size_t max =
        buf == &peer->iwant ? P2P__GOSSIP_IWANT_MAX : P2P__GOSSIP_IDONTWANT_MAX;
    size_t need = p2p__gossip_idbuf_need(buf, id->len);
    int rv;

    if (buf->room + need > max) {
        g->stats.limited++;
        return P2P_ELIMIT;
    }
    rv = p2p__gossip_peer_take(peer, need);
    if (rv != 0) {
        return rv;
    }
    rv = p2p__gossip_idbuf_add(buf, id->p, id->len);
    if (rv != 0) {
        p2p__gossip_peer_give(peer, need);
        return rv;
    }
    p2p__gossip_peer_dirty(g, peer);
    return 0;
}

int p2p__gossip_tx_iwant(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *id)
{
    return note_id(g, peer, &peer->iwant, id);
}

int p2p__gossip_tx_idontwant(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer,
                             const struct p2p__slice *id)
{
    return note_id(g, peer, &peer->idontwant, id);
}

/* Takes the oldest message of a lane; its reference is the caller's. */
static struct p2p__gossip_msg *pop(struct p2p__gossip_peer *peer,
                                   struct p2p__gossip_lane *lane)
{
    struct p2p__gossip_msg *msg = p2p__gossip_lane_first(lane);

    if (msg != NULL) {
        p2p__gossip_lane_pop(lane, p2p__gossip_msg_bytes(msg));
        p2p__gossip_peer_give(peer, p2p__gossip_lane_shrink(lane));
    }
    return msg;
}

/* Whether the peer has a message meanwhile, or declined it. */
static bool needless(struct p2p__gossip *g, const struct p2p__gossip_peer *peer,
                     const struct p2p__gossip_msg *msg)
{
    if (p2p__gossip_msg_has(msg, peer->serial) ||
        p2p__gossip_peer_declined(g, peer, msg)) {
        g->stats.suppressed++;
        return true;
    }
    return false;
}

/* The next message for the peer; those that it may not have any more, and of
 * others' those that it need not have, are dropped. */
static struct p2p__gossip_msg *next_msg(struct p2p__gossip *g,
                                        struct p2p__gossip_peer *peer)
{
    struct p2p__gossip_msg *msg;

    while ((msg = pop(peer, &peer->own)) != NULL) {
        if (p2p__gossip_may(g, peer, msg->topic)) {
            return msg;
        }
        p2p__gossip_msg_unref(g, msg);
    }
    while ((msg = pop(peer, &peer->forward)) != NULL) {
        if (p2p__gossip_may(g, peer, msg->topic) && !needless(g, peer, msg)) {
            return msg;
        }
        p2p__gossip_msg_unref(g, msg);
    }
    return NULL;
}

struct p2p__gossip_peer *p2p__gossip_tx_peer(struct p2p__gossip *g)
{
    struct p2p__list *l = p2p__list_pop(&g->dirty);

    return l != NULL ? P2P__PEER(l, dirty) : NULL;
}

bool p2p__gossip_tx(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                    struct p2p__slice *out, p2p_ns now)
{
    struct p2p__slab *slab;

    assert(peer->connected);
    if (!peer->stalled) {
        p2p__list_remove(&peer->dirty);
        peer->sending_control = p2p__gossip_word_make(g, peer, now);
        if (peer->sending_control == NULL) {
            peer->sending = next_msg(g, peer);
        }
        if (peer->sending_control == NULL && peer->sending == NULL) {
            /* An IHAVE waited behind messages that were declined. */
            peer->sending_control = p2p__gossip_word_make(g, peer, now);
        }
        peer->stalled = peer->sending_control != NULL || peer->sending != NULL;
    }
    if (!peer->stalled) {
        return false;
    }
    slab = peer->sending != NULL ? peer->sending->slab : peer->sending_control;
    *out = (struct p2p__slice){slab->data, slab->cap, slab};
    return true;
}

void p2p__gossip_tx_release(struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer)
{
    if (peer->sending != NULL) {
        p2p__gossip_msg_unref(g, peer->sending);
    }
    if (peer->sending_control != NULL) {
        p2p__gossip_peer_give(peer, peer->sending_control->cap);
        p2p__slab_unref(peer->sending_control);
    }
    peer->sending = NULL;
    peer->sending_control = NULL;
    peer->stalled = false;
}

void p2p__gossip_tx_withdraw(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer)
{
    if (peer->sending != NULL &&
        !p2p__gossip_may(g, peer, peer->sending->topic)) {
        p2p__gossip_tx_release(g, peer);
        p2p__gossip_peer_dirty(g, peer);
    }
}

void p2p__gossip_tx_done(struct p2p__gossip *g, struct p2p__gossip_peer *peer)
{
    assert(peer->stalled);
    p2p__gossip_tx_release(g, peer);
    if (peer->own.count > 0 || peer->forward.count > 0 ||
        p2p__gossip_word_due(g, peer)) {
        p2p__gossip_peer_dirty(g, peer);
    }
}

bool p2p__gossip_tx_skip(struct p2p__gossip *g, struct p2p__gossip_peer *peer)
{
    if (peer->sending == NULL) {
        return false;
    }
    g->stats.dropped++;
    p2p__gossip_tx_done(g, peer);
    return true;
}

void p2p__gossip_tx_drop(struct p2p__gossip *g, struct p2p__gossip_peer *peer)
{
    struct p2p__gossip_msg *msg;

    p2p__gossip_tx_release(g, peer);
    while ((msg = pop(peer, &peer->own)) != NULL ||
           (msg = pop(peer, &peer->forward)) != NULL) {
        p2p__gossip_msg_unref(g, msg);
    }
    p2p__gossip_peer_give(peer, p2p__gossip_lane_fini(&peer->own));
    p2p__gossip_peer_give(peer, p2p__gossip_lane_fini(&peer->forward));
}
