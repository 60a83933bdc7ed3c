/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A message that arrives. The happy path: read, known topic, fields as the
 * policy wants them, not seen, signature, then it is kept, told to the
 * application and forwarded. The order is by cost: a duplicate costs two
 * hashes, and only what is new costs a signature check.
 *
 * Possible failure modes: it is malformed or forged (its sender pays P4, and
 * with many of them in one heartbeat is not heard until the next), no room
 * for it, nobody here wants it, or not from this peer: then it is not looked
 * at, and the same message of another one is new.
 */
#include "proto/gossip/receive.h"

#include "proto/gossip/author.h"
#include "proto/gossip/event.h"
#include "proto/gossip/filter.h"
#include "proto/gossip/forward.h"
#include "proto/gossip/history.h"
#include "proto/gossip/member.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/promise.h"
#include "proto/gossip/score.h"
#include "proto/gossip/sign.h"
#include "proto/gossip/topic.h"

/* The sender pays for a message that is worthless. */
static int invalid(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                   struct p2p__gossip_topic *t, p2p_ns now)
{
    g->stats.invalid++;
    p2p__gossip_peer_counts(g, peer)->invalid++;
    if (t != NULL) {
        p2p__gossip_score_invalid(g, peer, t, now);
    } else {
        p2p__gossip_score_penalty(g, peer, 1, now);
    }
    return 0;
}

/* A copy came in time for P3? */
static void near(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                 const struct p2p__gossip_msg *msg, p2p_ns now)
{
    struct p2p__gossip_member *m = p2p__gossip_member_find(g, peer, msg->topic);
    uint32_t window = p2p__gossip_topic_score(g, msg->topic)->p3_window_ms;

    if (m != NULL && msg->accepted != 0 &&
        now <= p2p__ns_after(msg->accepted, P2P__MS(window))) {
        p2p__gossip_score_near(g, m, now);
    }
}

/* A message that was seen before: nothing to do but to note who has it. */
static int duplicate(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                     struct p2p__gossip_topic *t,
                     const struct p2p__gossip_fp *fp, p2p_ns now)
{
    const struct p2p__gossip_id_entry *e = p2p__gossip_idset_get(&g->seen, fp);
    struct p2p__gossip_msg *msg = p2p__gossip_history_find(g, fp);
    struct p2p__gossip_who *who;

    g->stats.duplicates++;
    if (e->mark == P2P__GOSSIP_INVALID) {
        p2p__gossip_score_invalid(g, peer, t, now);
    }
    if (msg == NULL) {
        return 0;
    }
    who = p2p__gossip_msg_note(g, msg, peer->serial);
    if (who != NULL && who->sent == 0) {
        who->sent = 1;
        if (g->scoring && peer->serial != msg->via) {
            near(g, peer, msg, now);
        }
    }
    return 0;
}

int p2p__gossip_see(struct p2p__gossip *g, const struct p2p__gossip_msg *msg,
                    p2p_ns now)
{
    int rv = p2p__gossip_idset_add(&g->seen, &msg->fp, now);

    if (rv == 0 && msg->alias_len > 0 &&
        p2p__gossip_idset_get(&g->seen, &msg->alias) == NULL) {
        rv = p2p__gossip_idset_add(&g->seen, &msg->alias, now);
    }
    return rv;
}

/* Tells the application, who may have to say whether it is valid. */
static int tell(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                struct p2p__gossip_msg *msg, p2p_ns now)
{
    int rv;

    if (msg->topic->validate) {
        rv = p2p__gossip_pend(g, msg, now);
        if (rv != 0) {
            return rv;
        }
    }
    rv = p2p__gossip_event_message(g, peer, msg);
    if (rv != 0 && msg->handle != 0) {
        (void)p2p__gossip_validate(g, msg->handle, P2P__GOSSIP_IGNORE, now);
    }
    return rv;
}

/* A new message with a good signature. */
static int take(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                struct p2p__gossip_msg *msg, p2p_ns now)
{
    struct p2p__gossip_who *who = p2p__gossip_msg_note(g, msg, peer->serial);
    int rv = p2p__gossip_history_list(g, msg);

    if (rv != 0) {
        return rv;
    }
    assert(who != NULL); /* the first few need no memory */
    who->sent = 1;
    msg->via = peer->serial;
    rv = p2p__gossip_see(g, msg, now);
    if (rv == 0) {
        p2p__gossip_decline(g, msg, peer);
        rv = tell(g, peer, msg, now);
    }
    if (rv != 0 && msg->listed) {
        p2p__gossip_decide(g, msg, P2P__GOSSIP_IGNORE, now);
    } else if (rv == 0 && !msg->topic->validate) {
        p2p__gossip_decide(g, msg, P2P__GOSSIP_ACCEPT, now);
    }
    return rv;
}

/* Nobody owes us the message any more. */
static void promises_kept(struct p2p__gossip *g,
                          const struct p2p__gossip_ids *ids)
{
    p2p__gossip_promise_kept(g, &ids->fp);
    if (ids->alias_len > 0) {
        p2p__gossip_promise_kept(g, &ids->alias);
    }
}

/* Which of a message's ids was seen, or NULL. */
static const struct p2p__gossip_fp *seen(const struct p2p__gossip *g,
                                         const struct p2p__gossip_ids *ids)
{
    if (p2p__gossip_idset_get(&g->seen, &ids->fp) != NULL) {
        return &ids->fp;
    }
    if (ids->alias_len > 0 &&
        p2p__gossip_idset_get(&g->seen, &ids->alias) != NULL) {
        return &ids->alias;
    }
    return NULL;
}

/* Whether a message says that we wrote it. */
static bool is_own(const struct p2p__gossip *g,
                   const struct p2p__gossip_view *v)
{
    return v->from.len > 0 && v->from.len == g->cfg.self.len &&
           memcmp(v->from.p, g->cfg.self.bytes, v->from.len) == 0;
}

/* A message on a topic of ours, read and with the right fields. */
static int arrived(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                   const struct p2p__rpc_msg *in, struct p2p__gossip_topic *t,
                   p2p_ns now)
{
    const struct p2p__gossip_fp *fp;
    struct p2p__gossip_ids ids;
    struct p2p__gossip_msg *msg;
    int rv = p2p__gossip_ids_of(g, &in->view, &ids);

    if (rv != 0) {
        return invalid(g, peer, t, now);
    }
    fp = seen(g, &ids);
    if (fp != NULL) {
        return duplicate(g, peer, t, fp, now);
    }
    if (is_own(g, &in->view)) {
        /* Of a former life: nobody's fault, and nothing new. */
        g->stats.ignored++;
        return 0;
    }
    rv = p2p__gossip_verify(g, in);
    if (rv == 0) {
        promises_kept(g, &ids);
        rv = p2p__gossip_author_note(g, &in->view, now);
    }
    if (rv == P2P_EDUP) {
        g->stats.ignored++;
        return 1;
    }
    if (rv == 0) {
        rv = p2p__gossip_msg_new(g, in, &ids, t, &msg);
    } else if (rv != P2P_ENOMEM && rv != P2P_ELIMIT) {
        (void)invalid(g, peer, t, now);
        return 1;
    }
    if (rv != 0) {
        g->stats.ignored++;
        return rv;
    }
    rv = take(g, peer, msg, now);
    p2p__gossip_msg_unref(g, msg);
    return rv < 0 ? rv : 1;
}

int p2p__gossip_on_message(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           const struct p2p__slice *body, p2p_ns now)
{
    struct p2p__gossip_topic *t;
    struct p2p__rpc_msg in;

    g->stats.received++;
    if (p2p__gossip_peer_counts(g, peer)->invalid >= P2P__CAP_GOSSIP_INVALID) {
        g->stats.ignored++;
        return 0;
    }
    if (p2p__rpc_msg_read(*body, &in) != 0 ||
        in.view.data.len > P2P__CAP_GOSSIP_DATA) {
        return invalid(g, peer, NULL, now);
    }
    t = p2p__gossip_topic_find(g, in.view.topic.p, in.view.topic.len);
    if (t == NULL || !t->subscribed || !p2p__gossip_may(g, peer, t)) {
        g->stats.ignored++;
        return 0;
    }
    if (p2p__gossip_policy_check(g, &in) != 0) {
        return invalid(g, peer, t, now);
    }
    return arrived(g, peer, &in, t, now);
}
