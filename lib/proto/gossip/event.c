/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A ring of events, each with counted references to its topic and message.
 * The last one pulled is kept until the next pull, for its slices. Possible
 * failure modes: nobody pulls. Then rx takes nothing at the cap, and what
 * heartbeats have to say is lost at twice the cap.
 */
#include "proto/gossip/event.h"

#include "base/mem.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/topic.h"

#define FIRST_ROOM 16U

/* Makes the ring larger, oldest in front. */
static int grow(struct p2p__gossip *g)
{
    struct p2p__gossip_events *e = &g->events;
    uint32_t room = e->room == 0 ? FIRST_ROOM : e->room * 2;
    size_t more = (room - e->room) * sizeof *e->ring;
    struct p2p__gossip_event *ring;

    if (room > 2 * P2P__CAP_GOSSIP_EVENTS ||
        p2p__quota_take(g->cfg.quota, P2P__Q_MEMORY, more) != 0) {
        g->stats.limited++;
        return P2P_ELIMIT;
    }
    ring = p2p__alloc(room * sizeof *ring);
    if (ring == NULL) {
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, more);
        return P2P_ENOMEM;
    }
    for (uint32_t i = 0; i < e->count; i++) {
        ring[i] = e->ring[(e->first + i) & (e->room - 1)];
    }
    p2p__free(e->ring);
    e->ring = ring;
    e->room = room;
    e->first = 0;
    return 0;
}

/* Appends an event whose references are counted already. */
static int push(struct p2p__gossip *g, const struct p2p__gossip_event *ev)
{
    struct p2p__gossip_events *e = &g->events;
    int rv = e->count < e->room ? 0 : grow(g);

    if (rv != 0) {
        return rv;
    }
    e->ring[(e->first + e->count) & (e->room - 1)] = *ev;
    e->count++;
    p2p__mark(g->owner);
    return 0;
}

/* Drops the references of an event. */
static void release(struct p2p__gossip *g, struct p2p__gossip_event *ev)
{
    if (ev->msg != NULL) {
        p2p__gossip_msg_unref(g, ev->msg);
    }
    if (ev->topic != NULL) {
        p2p__gossip_topic_unref(g, ev->topic);
    }
    *ev = (struct p2p__gossip_event){0};
}

void p2p__gossip_event_push(struct p2p__gossip *g,
                            enum p2p__gossip_ev_type type,
                            const struct p2p__gossip_peer *peer,
                            struct p2p__gossip_topic *topic)
{
    struct p2p__gossip_event ev = {.peer = peer->id,
                                   .serial = peer->serial,
                                   .topic = topic,
                                   .type = (uint8_t)type};

    if (topic != NULL) {
        p2p__gossip_topic_ref(topic);
    }
    if (push(g, &ev) != 0) {
        release(g, &ev);
    }
}

int p2p__gossip_event_message(struct p2p__gossip *g,
                              const struct p2p__gossip_peer *via,
                              struct p2p__gossip_msg *msg)
{
    const struct p2p__gossip_event ev = {.peer = via->id,
                                         .serial = via->serial,
                                         .msg = msg,
                                         .handle = msg->handle,
                                         .type = P2P__GOSSIP_MESSAGE};
    int rv = push(g, &ev);

    if (rv == 0) {
        p2p__gossip_msg_ref(msg);
    }
    return rv;
}

/* Fills in what only a message has. */
static void fill_message(struct p2p__gossip_ev *ev,
                         const struct p2p__gossip_msg *msg)
{
    const struct p2p__slice *seqno = &msg->view.seqno;

    ev->topic = p2p__slice_of(msg->topic->name, msg->topic->name_len);
    ev->id = p2p__slice_of(msg->ids, msg->id_len);
    ev->data = msg->view.data;
    for (size_t i = 0; i < seqno->len && i < sizeof ev->seqno; i++) {
        ev->seqno = ev->seqno << 8U | seqno->p[i];
    }
    if (msg->view.from.len > 0) {
        (void)p2p_peer_id_from_bytes(msg->view.from.p, msg->view.from.len,
                                     &ev->from);
    }
}

bool p2p__gossip_next(struct p2p__gossip *g, struct p2p__gossip_ev *ev)
{
    struct p2p__gossip_events *e = &g->events;
    const struct p2p__gossip_peer *peer;

    release(g, &e->last);
    if (e->count == 0) {
        return false;
    }
    e->last = e->ring[e->first];
    e->first = (e->first + 1) & (e->room - 1);
    e->count--;
    peer = p2p__gossip_peer_by_serial(g, e->last.serial);
    *ev =
        (struct p2p__gossip_ev){.type = (enum p2p__gossip_ev_type)e->last.type,
                                .peer = e->last.peer,
                                .user = peer != NULL ? peer->user : NULL};
    if (e->last.topic != NULL) {
        ev->topic = p2p__slice_of(e->last.topic->name, e->last.topic->name_len);
    }
    ev->handle = e->last.handle;
    if (e->last.msg != NULL) {
        fill_message(ev, e->last.msg);
    }
    return true;
}

void p2p__gossip_events_shrink(struct p2p__gossip *g)
{
    struct p2p__gossip_events *e = &g->events;

    if (e->count == 0) {
        p2p__quota_give(g->cfg.quota, P2P__Q_MEMORY, e->room * sizeof *e->ring);
        p2p__free(e->ring);
        e->ring = NULL;
        e->room = 0;
        e->first = 0;
    }
}

void p2p__gossip_events_fini(struct p2p__gossip *g)
{
    struct p2p__gossip_events *e = &g->events;

    release(g, &e->last);
    while (e->count > 0) {
        release(g, &e->ring[e->first]);
        e->first = (e->first + 1) & (e->room - 1);
        e->count--;
    }
    p2p__gossip_events_shrink(g);
}
