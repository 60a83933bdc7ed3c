/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * IHAVE, IWANT and IDONTWANT of a peer.
 *
 * The happy path: of the ids it has, those that we have not seen are asked
 * for; of those that it wants, what the history has is sent. Possible failure
 * modes: a peer that says too much of them; each has a cap per heartbeat, and
 * what is above it is ignored (T30).
 */
#include "proto/gossip/control.h"
#include "proto/gossip/filter.h"
#include "proto/gossip/history.h"
#include "proto/gossip/msg.h"
#include "proto/gossip/peer.h"
#include "proto/gossip/pick.h"
#include "proto/gossip/promise.h"
#include "proto/gossip/rpc.h"
#include "proto/gossip/score.h"
#include "proto/gossip/topic.h"
#include "proto/gossip/tx.h"

/* Learns from an id which kind the peer uses. */
static void learn_kind(const struct p2p__gossip *g,
                       struct p2p__gossip_peer *peer,
                       const struct p2p__gossip_msg *msg,
                       const struct p2p__gossip_fp *fp)
{
    if (g->cfg.alias_fn != NULL && msg != NULL && msg->alias_len > 0) {
        peer->alias_ids = !p2p__gossip_fp_equal(&msg->fp, fp);
    }
}

/* The ids of one IHAVE that we lack, each once. */
struct lacking {
    struct p2p__gossip_idset set;
    struct p2p__slice *ids; /* in g->scratch */
    size_t count;
};

#define SET_MAX 8192U

/* Adds an id. Errors: P2P_ENOMEM, P2P_ELIMIT. */
static int lacks(struct p2p__gossip *g, const struct p2p__slice *id,
                 const struct p2p__gossip_fp *fp, struct lacking *out)
{
    int rv;

    if (p2p__gossip_idset_get(&out->set, fp) != NULL) {
        return 0;
    }
    rv = p2p__gossip_scratch(g, (out->count + 1) * sizeof *id);
    if (rv == 0) {
        rv = p2p__gossip_idset_add(&out->set, fp, 0);
    }
    if (rv == 0) {
        out->ids = (struct p2p__slice *)(void *)g->scratch;
        out->ids[out->count++] = *id;
    }
    return rv;
}

/* Gathers them. Errors: P2P_EFORMAT; without memory they are fewer. */
static int gather(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                  const struct p2p__slice *body, struct lacking *out)
{
    struct p2p__pb r;
    struct p2p__slice id;

    p2p__pb_init(&r, *body);
    for (size_t n = 0; n < P2P__CAP_GOSSIP_IHAVE_IDS &&
                       p2p__rpc_id_next(&r, P2P__RPC_IHAVE_IDS, &id);
         n++) {
        struct p2p__gossip_fp fp;

        if (id.len == 0 || id.len > P2P__CAP_GOSSIP_ID) {
            continue;
        }
        p2p__gossip_fp_of(g, id.p, id.len, &fp);
        if (p2p__gossip_idset_get(&g->seen, &fp) != NULL) {
            learn_kind(g, peer, p2p__gossip_history_find(g, &fp), &fp);
        } else if (lacks(g, &id, &fp, out) != 0) {
            break;
        }
    }
    return r.err;
}

/* Asks for some of them, in random order, and watches one. */
static void ask(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                struct lacking *l, p2p_ns now)
{
    struct p2p__gossip_counts *c = p2p__gossip_peer_counts(g, peer);
    size_t room = P2P__CAP_GOSSIP_IHAVE_IDS - c->asked;

    for (size_t i = 0; i < l->count && i < room; i++) {
        size_t j = i + (size_t)p2p__rng_below(&g->rng, l->count - i);
        struct p2p__slice id = l->ids[j];

        l->ids[j] = l->ids[i];
        l->ids[i] = id;
        if (p2p__gossip_tx_iwant(g, peer, &id) != 0) {
            return;
        }
        c->asked++;
        if (i == 0) {
            struct p2p__gossip_fp fp;

            p2p__gossip_fp_of(g, id.p, id.len, &fp);
            p2p__gossip_promise_add(g, peer, &fp, now);
        }
    }
}

int p2p__gossip_on_ihave(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now)
{
    const struct p2p__gossip_topic *t;
    struct p2p__rpc_topic ihave;
    struct lacking l = {0};
    int rv = p2p__rpc_topic_read(*body, &ihave);

    if (rv != 0) {
        return rv;
    }
    t = p2p__gossip_topic_find(g, ihave.topic.p, ihave.topic.len);
    if (t == NULL || !t->subscribed || !p2p__gossip_may(g, peer, t) ||
        p2p__gossip_score_of(g, peer, now) < g->score.gossip_threshold) {
        return 0;
    }
    if (p2p__gossip_peer_counts(g, peer)->asked >= P2P__CAP_GOSSIP_IHAVE_IDS) {
        g->stats.limited++;
        return 0;
    }
    p2p__gossip_idset_init(&l.set, g->cfg.quota, SET_MAX);
    rv = gather(g, peer, body, &l);
    if (rv == 0 && l.count > 0) {
        ask(g, peer, &l, now);
    }
    p2p__gossip_idset_fini(&l.set);
    return rv;
}

/* Sends one message that was asked for. */
static void serve(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                  const struct p2p__slice *id)
{
    struct p2p__gossip_fp fp;
    struct p2p__gossip_msg *msg;
    struct p2p__gossip_who *who;

    p2p__gossip_fp_of(g, id->p, id->len, &fp);
    msg = p2p__gossip_history_find(g, &fp);
    learn_kind(g, peer, msg, &fp);
    if (msg == NULL || !msg->cached || !p2p__gossip_may(g, peer, msg->topic) ||
        p2p__gossip_peer_declined(g, peer, msg)) {
        return;
    }
    who = p2p__gossip_msg_note(g, msg, peer->serial);
    if (who == NULL || who->asked >= P2P__CAP_GOSSIP_RETRANSMIT) {
        g->stats.limited++;
        return;
    }
    who->asked++;
    if (p2p__gossip_tx_push(g, peer, msg, true) == 0) {
        g->stats.iwant_served++;
    }
}

int p2p__gossip_on_iwant(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                         const struct p2p__slice *body, p2p_ns now)
{
    struct p2p__gossip_counts *c = p2p__gossip_peer_counts(g, peer);
    bool deaf = p2p__gossip_score_of(g, peer, now) < g->score.gossip_threshold;
    struct p2p__pb r;
    struct p2p__slice id;

    p2p__pb_init(&r, *body);
    while (!deaf && p2p__rpc_id_next(&r, P2P__RPC_IWANT_IDS, &id)) {
        if (++c->iwants > P2P__CAP_GOSSIP_IWANT_IDS) {
            g->stats.limited++;
            return 0;
        }
        serve(g, peer, &id);
    }
    return r.err;
}

int p2p__gossip_on_idontwant(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer,
                             const struct p2p__slice *body, uint32_t *ids)
{
    struct p2p__pb r;
    struct p2p__slice id;

    p2p__pb_init(&r, *body);
    while (p2p__rpc_id_next(&r, P2P__RPC_IWANT_IDS, &id)) {
        struct p2p__gossip_fp fp;
        struct p2p__gossip_id_entry *e;

        if (++*ids > P2P__CAP_GOSSIP_IDONTWANT_IDS) {
            g->stats.limited++;
            return 0;
        }
        p2p__gossip_fp_of(g, id.p, id.len, &fp);
        learn_kind(g, peer, p2p__gossip_history_find(g, &fp), &fp);
        e = p2p__gossip_idset_get(&peer->unwanted, &fp);
        if (e == NULL) {
            (void)p2p__gossip_idset_add(&peer->unwanted, &fp, g->beat);
        }
    }
    return r.err;
}
