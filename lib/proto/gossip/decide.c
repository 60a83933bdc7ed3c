/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The verdict on a message, at once or after the application's word.
 *
 * The happy path: accepted; who brought it first and who was nearly as early
 * is rewarded, and it is forwarded. Possible failure modes: rejected, and all
 * who sent it pay; or no answer in time, which is nobody's fault.
 */
#include "proto/gossip/forward.h"
#include "proto/gossip/history.h"
#include "proto/gossip/member.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/receive.h"
#include "proto/gossip/score.h"
#include "proto/gossip/topic.h"

/* Notes in the memory of ids what became of the message. */
static void mark(struct p2p__gossip *g, const struct p2p__gossip_msg *msg,
                 enum p2p__gossip_fate fate)
{
    struct p2p__gossip_id_entry *e = p2p__gossip_idset_get(&g->seen, &msg->fp);

    if (e != NULL) {
        e->mark = (uint32_t)fate;
    }
    e = msg->alias_len > 0 ? p2p__gossip_idset_get(&g->seen, &msg->alias)
                           : NULL;
    if (e != NULL) {
        e->mark = (uint32_t)fate;
    }
}

/* P2 and P3 for those who sent it; now they can be known to be right. */
static void reward(struct p2p__gossip *g, const struct p2p__gossip_msg *msg,
                   p2p_ns now)
{
    for (uint32_t i = 0; g->scoring && i < msg->who_count; i++) {
        const struct p2p__gossip_who *w = p2p__gossip_msg_nth(msg, i);
        struct p2p__gossip_peer *peer =
            p2p__gossip_peer_by_serial(g, w->serial);
        struct p2p__gossip_member *m;

        if (peer == NULL || w->sent == 0) {
            continue;
        }
        if (w->serial != msg->via) {
            m = p2p__gossip_member_find(g, peer, msg->topic);
            if (m != NULL) {
                p2p__gossip_score_near(g, m, now);
            }
        } else if (p2p__gossip_member_get(g, peer, msg->topic, &m) == 0) {
            p2p__gossip_score_first(g, m, now);
            p2p__gossip_member_check(g, m, now);
        }
    }
}

/* P4 for all who sent it. */
static void punish(struct p2p__gossip *g, const struct p2p__gossip_msg *msg,
                   p2p_ns now)
{
    for (uint32_t i = 0; i < msg->who_count; i++) {
        const struct p2p__gossip_who *w = p2p__gossip_msg_nth(msg, i);
        struct p2p__gossip_peer *peer =
            p2p__gossip_peer_by_serial(g, w->serial);

        if (peer != NULL && w->sent > 0) {
            p2p__gossip_score_invalid(g, peer, msg->topic, now);
        }
    }
}

void p2p__gossip_decide(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                        enum p2p__gossip_verdict verdict, p2p_ns now)
{
    assert(msg->listed && msg->accepted == 0);
    switch (verdict) {
        case P2P__GOSSIP_ACCEPT:
            mark(g, msg, P2P__GOSSIP_VALID);
            msg->accepted = now > 0 ? now : 1;
            g->stats.delivered++;
            reward(g, msg, now);
            break;
        case P2P__GOSSIP_REJECT:
            mark(g, msg, P2P__GOSSIP_INVALID);
            g->stats.invalid++;
            punish(g, msg, now);
            break;
        default:
            mark(g, msg, P2P__GOSSIP_IGNORED);
            g->stats.ignored++;
            break;
    }
    if (verdict == P2P__GOSSIP_ACCEPT && msg->topic->subscribed) {
        p2p__gossip_history_put(g, msg);
        p2p__gossip_forward(g, msg, now);
    } else {
        p2p__gossip_history_unlist(g, msg);
    }
}

int p2p__gossip_pend(struct p2p__gossip *g, struct p2p__gossip_msg *msg,
                     p2p_ns now)
{
    uint32_t bytes = p2p__gossip_msg_bytes(msg);
    int rv;

    if (g->pending_count >= P2P__CAP_GOSSIP_PENDING ||
        g->pending_bytes + bytes > P2P__CAP_GOSSIP_PENDING_BYTES) {
        g->stats.limited++;
        return P2P_ELIMIT;
    }
    msg->handle = ++g->serial;
    rv = p2p__map_put(&g->pending_by_handle, &msg->by_handle, &msg->handle,
                      sizeof msg->handle);
    if (rv != 0) {
        msg->handle = 0;
        return rv;
    }
    msg->due = p2p__ns_after(now, P2P__MS(g->cfg.params.validate_ms));
    p2p__list_push(&g->pending, &msg->in_pending);
    g->pending_count++;
    g->pending_bytes += bytes;
    p2p__gossip_msg_ref(msg);
    return 0;
}

/* It waits no more; drops the reference that waiting had. */
static void unpend(struct p2p__gossip *g, struct p2p__gossip_msg *msg)
{
    uint32_t bytes = p2p__gossip_msg_bytes(msg);

    assert(g->pending_count > 0 && g->pending_bytes >= bytes);
    p2p__map_remove(&g->pending_by_handle, &msg->by_handle);
    p2p__list_remove(&msg->in_pending);
    g->pending_count--;
    g->pending_bytes -= bytes;
    msg->handle = 0;
    p2p__gossip_msg_unref(g, msg);
}

int p2p__gossip_validate(struct p2p__gossip *g, uint64_t handle,
                         enum p2p__gossip_verdict verdict, p2p_ns now)
{
    struct p2p__map_node *n =
        p2p__map_get(&g->pending_by_handle, &handle, sizeof handle);
    struct p2p__gossip_msg *msg;

    if (n == NULL) {
        return P2P_ENOTFOUND;
    }
    msg = P2P__MSG(n, by_handle);
    p2p__gossip_msg_ref(msg);
    unpend(g, msg);
    p2p__gossip_decide(g, msg, verdict, now);
    p2p__gossip_msg_unref(g, msg);
    return 0;
}

void p2p__gossip_pending_expire(struct p2p__gossip *g, p2p_ns now)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->pending)) != NULL &&
           P2P__MSG(l, in_pending)->due <= now) {
        (void)p2p__gossip_validate(g, P2P__MSG(l, in_pending)->handle,
                                   P2P__GOSSIP_IGNORE, now);
    }
}

void p2p__gossip_pending_fini(struct p2p__gossip *g)
{
    struct p2p__list *l;

    while ((l = p2p__list_first(&g->pending)) != NULL) {
        struct p2p__gossip_msg *msg = P2P__MSG(l, in_pending);

        p2p__gossip_history_unlist(g, msg);
        unpend(g, msg);
    }
}
