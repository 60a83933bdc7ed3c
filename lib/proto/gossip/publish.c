/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the application asks for: topics and own messages. The happy path of a
 * message: signed and encoded once, kept in the history, and queued by
 * reference. Possible failure modes: names and sizes out of bounds, no room,
 * and no peers, which is not an error: gossip goes on for some heartbeats.
 */
#include "proto/gossip/announce.h"
#include "proto/gossip/forward.h"
#include "proto/gossip/history.h"
#include "proto/gossip/mesh.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/receive.h"
#include "proto/gossip/sign.h"
#include "proto/gossip/topic.h"

/* Sets what the application wants of a topic. */
static int configure(struct p2p__gossip_topic *t,
                     const struct p2p__gossip_topic_cfg *tc)
{
    t->validate = tc != NULL && tc->validate;
    if (tc == NULL || tc->score == NULL) {
        return 0;
    }
    if (p2p__gossip_topic_score_check(tc->score) != 0) {
        return P2P_EINVAL;
    }
    return p2p__gossip_topic_set_score(t, tc->score);
}

int p2p__gossip_subscribe(struct p2p__gossip *g, const void *topic,
                          size_t topic_len,
                          const struct p2p__gossip_topic_cfg *tc, p2p_ns now)
{
    const struct p2p__slice name = p2p__slice_of(topic, topic_len);
    struct p2p__gossip_topic *t;
    int rv = p2p__gossip_topic_get(g, &name, true, &t);

    if (rv != 0) {
        return rv;
    }
    if (t->subscribed) {
        return P2P_EEXIST;
    }
    rv = configure(t, tc);
    if (rv != 0) {
        p2p__gossip_topic_check(g, t);
        return rv;
    }
    t->subscribed = true;
    p2p__gossip_announce(g, t);
    p2p__gossip_mesh_join(g, t, now);
    return 0;
}

int p2p__gossip_unsubscribe(struct p2p__gossip *g, const void *topic,
                            size_t topic_len, p2p_ns now)
{
    struct p2p__gossip_topic *t = p2p__gossip_topic_find(g, topic, topic_len);

    if (t == NULL || !t->subscribed) {
        return P2P_ENOTFOUND;
    }
    p2p__gossip_topic_ref(t);
    p2p__gossip_mesh_leave(g, t, now);
    t->subscribed = false;
    p2p__gossip_announce(g, t);
    p2p__gossip_topic_unref(g, t);
    return 0;
}

int p2p__gossip_know(struct p2p__gossip *g, const void *topic, size_t topic_len)
{
    const struct p2p__slice name = p2p__slice_of(topic, topic_len);
    struct p2p__gossip_topic *t;
    int rv = p2p__gossip_topic_get(g, &name, true, &t);

    if (rv == 0) {
        t->known = true;
    }
    return rv;
}

/* Keeps an own message and sends it. Returns to how many. */
static int send_out(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                    p2p_ns now)
{
    int rv = p2p__gossip_history_list(g, msg);

    if (rv != 0) {
        return rv;
    }
    rv = p2p__gossip_see(g, msg, now);
    if (rv != 0) {
        p2p__gossip_history_unlist(g, msg);
        return rv;
    }
    msg->accepted = now > 0 ? now : 1;
    p2p__gossip_history_put(g, msg);
    g->stats.published++;
    return p2p__gossip_spread(g, msg, now);
}

static void tell_id(const struct p2p__gossip_ids *ids,
                    struct p2p__gossip_id *id)
{
    if (id != NULL) {
        id->len = (uint16_t)ids->len;
        memcpy(id->bytes, ids->id, ids->len);
    }
}

/* Makes a message of its encoding and sends it. */
static int publish_body(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                        const struct p2p__slice *body, p2p_ns now,
                        struct p2p__gossip_id *id)
{
    struct p2p__gossip_ids ids;
    struct p2p__gossip_msg *msg;
    struct p2p__rpc_msg in;
    int rv = p2p__rpc_msg_read(*body, &in);

    assert(rv == 0);
    rv = p2p__gossip_ids_of(g, &in.view, &ids);
    if (rv != 0) {
        return P2P_EINVAL;
    }
    tell_id(&ids, id);
    if (p2p__gossip_idset_get(&g->seen, &ids.fp) != NULL) {
        return P2P_EDUP;
    }
    rv = p2p__gossip_msg_new(g, &in, &ids, t, &msg);
    if (rv != 0) {
        return rv;
    }
    rv = send_out(g, msg, now);
    p2p__gossip_msg_unref(g, msg);
    return rv;
}

int p2p__gossip_publish(struct p2p__gossip *g, const void *topic,
                        size_t topic_len, const struct p2p__slice *data,
                        p2p_ns now, struct p2p__gossip_id *id)
{
    const struct p2p__slice name = p2p__slice_of(topic, topic_len);
    struct p2p__gossip_topic *t;
    struct p2p__slice body;
    int rv;

    if (data->len > P2P__CAP_GOSSIP_DATA) {
        return P2P_ETOOBIG;
    }
    rv = p2p__gossip_topic_get(g, &name, true, &t);
    if (rv != 0) {
        return rv;
    }
    p2p__gossip_topic_ref(t);
    rv = p2p__gossip_sign(g, &name, data, &body);
    if (rv == 0) {
        rv = publish_body(g, t, &body, now, id);
    }
    p2p__gossip_topic_unref(g, t);
    return rv;
}
