/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * gossipsub 1.0 to 1.3, and floodsub's peers: the core. No streams inside.
 *
 * Inbound. For each peer one reader of frames (frame.h) over its stream:
 *     while (in.len > 0) {
 *         p2p__gossip_rx(g, peer, &in, now);      in: the rest of one RPC
 *         while (p2p__gossip_next(g, &ev)) { … }
 *     }
 * rx takes a bounded piece (16 new messages), so the loop may also be left
 * and continued in a later turn.
 *
 * Outbound. When the owner job runs:
 *     while ((peer = p2p__gossip_tx_peer(g)) != NULL) pump(peer);
 * where pump(), which is also called when a stream becomes WRITABLE, is
 *     while (p2p__gossip_tx(g, peer, &frame)) {   a whole frame, by reference
 *         if (send(stream, &frame) != 0) return;  P2P_EAGAIN: WRITABLE follows
 *         p2p__gossip_tx_done(g, peer);
 *     }
 * A frame is varint length and RPC, ready for the stream; a message that goes
 * to many peers is one slab with a reference each. Control (subscriptions,
 * GRAFT, PRUNE, IHAVE, IWANT, IDONTWANT) is state until tx makes it a frame.
 *
 * Specs: libp2p pubsub/README, gossipsub-v1.0, -v1.1, -v1.2.
 */
#ifndef P2P_PROTO_GOSSIP_GOSSIP_H
#define P2P_PROTO_GOSSIP_GOSSIP_H

#include "base/quota.h"
#include "base/slice.h"
#include "base/turn.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"
#include "port/env.h"
#include "proto/gossip/caps.h"
#include "proto/gossip/params.h"

struct p2p__gossip;
struct p2p__gossip_peer; /* a peer, from peer_add until peer_remove */
struct p2p__gossip_msg;  /* a message that waits for validate() */

/* What a peer's stream negotiated; a later one can do all of the former. */
enum p2p__gossip_version {
    P2P__GOSSIP_FLOODSUB,
    P2P__GOSSIP_V10,
    P2P__GOSSIP_V11,
    P2P__GOSSIP_V12,
    P2P__GOSSIP_V13 /* we have no extension, and say so by saying nothing */
};

#define P2P__GOSSIP_NEWEST P2P__GOSSIP_V13

/*
 * The protocol id of a version: "/meshsub/1.3.0", …, "/floodsub/1.0.0".
 * Constant text. Offer them from P2P__GOSSIP_NEWEST down.
 */
const char *p2p__gossip_protocol(enum p2p__gossip_version version);

/* Parts of a message, for id functions: borrowed, empty where absent. */
struct p2p__gossip_view {
    struct p2p__slice from;
    struct p2p__slice data;
    struct p2p__slice seqno;
    struct p2p__slice topic;
    struct p2p__slice key;       /* as sent, absent for most go peers */
    struct p2p__slice signature; /* absent in StrictNoSign */
};

/*
 * Computes a message's id into `out` (P2P__CAP_GOSSIP_ID bytes of room).
 * Pure: the same message has the same id everywhere, or the topic does not
 * work. Returns the length, or P2P_EFORMAT: the message is then invalid.
 */
typedef int (*p2p__gossip_id_fn)(void *user, const struct p2p__gossip_view *v,
                                 uint8_t *out);

/* from ‖ seqno: the default of the spec, go, rust, and js until 2021. */
int p2p__gossip_id_from_seqno(void *user, const struct p2p__gossip_view *v,
                              uint8_t *out);

/* key ‖ seqno: today's js; the key is taken from `from` where it is absent. */
int p2p__gossip_id_key_seqno(void *user, const struct p2p__gossip_view *v,
                             uint8_t *out);

/* SHA-256 of topic and data: for StrictNoSign. */
int p2p__gossip_id_content(void *user, const struct p2p__gossip_view *v,
                           uint8_t *out);

enum p2p__gossip_policy {
    P2P__GOSSIP_STRICT_SIGN,   /* from, seqno, signature: all must be there */
    P2P__GOSSIP_STRICT_NO_SIGN /* none of them may be there */
};

/*
 * Whether a peer may have a part in a topic. Asked when something is first
 * noted of the peer there, and again by p2p__gossip_recheck(); what it said
 * counts until then. It must do nothing else to g.
 */
typedef bool (*p2p__gossip_may_fn)(void *user, const struct p2p_peer_id *peer,
                                   const struct p2p__slice *topic);

struct p2p__gossip_cfg {
    const struct p2p_key *key; /* borrowed; NULL with STRICT_NO_SIGN */
    struct p2p_peer_id self;   /* of that key */
    struct p2p__quota *quota;  /* for what belongs to no peer; borrowed */
    enum p2p__gossip_policy policy;
    p2p__gossip_id_fn id_fn;    /* NULL: from ‖ seqno, or content */
    p2p__gossip_id_fn alias_fn; /* NULL: none. Ids of the other kind that
                                 * peers may use: understood, never a reason
                                 * to think a message new */
    void *id_user;
    p2p__gossip_may_fn may_fn; /* NULL: everybody may everything */
    void *may_user;
    bool known_topics_only; /* forget what peers say about other topics than
                             * those given to know() or subscribe() */
    bool increasing_seqno;  /* ignore replays that are older than the memory
                             * of ids; not with js peers of 2021, whose
                             * sequence numbers are random */
    struct p2p__gossip_params params;
    const struct p2p__gossip_score_params *score; /* copied; NULL: off */
};

/* Defaults: StrictSign, from ‖ seqno, flood publishing, no scoring. */
void p2p__gossip_cfg_defaults(struct p2p__gossip_cfg *cfg);

/*
 * A core. Returns owned; cfg is copied, what it points to is borrowed but for
 * the scores. `owner` (may be NULL) is marked when there is output or an
 * event. Errors: P2P_EINVAL (parameters contradict each other), P2P_ENOMEM.
 */
int p2p__gossip_new(const struct p2p__gossip_cfg *cfg, struct p2p__env *env,
                    struct p2p__job *owner, p2p_ns now,
                    struct p2p__gossip **out);

/* Frees everything, from any state; gives all quota back. NULL is fine. */
void p2p__gossip_free(struct p2p__gossip *g);

/* ---- peers ---- */

struct p2p__gossip_peer_info {
    struct p2p_peer_id id;
    enum p2p__gossip_version version;
    bool outbound; /* we dialed: counts for D_out */
    bool direct;   /* gets every message, never in a mesh; as agreed */
    uint8_t ip[16];
    uint8_t ip_len; /* 4, 16, or 0: unknown, relayed or loopback (P6) */
    struct p2p__quota *quota; /* the peer's scope, borrowed; may be NULL */
    void *user;               /* comes back in events and from tx_peer */
};

/*
 * A peer that speaks pubsub is there: call it when the first of its two
 * streams, in or out, is open. Our subscriptions wait in tx at once.
 * *out is valid until peer_remove.
 * Errors: P2P_EEXIST, P2P_ELIMIT, P2P_ENOMEM, P2P_EINVAL (id, ip_len).
 */
int p2p__gossip_peer_add(struct p2p__gossip *g,
                         const struct p2p__gossip_peer_info *info, p2p_ns now,
                         struct p2p__gossip_peer **out);

/*
 * The peer's streams are gone. Drops its queue, its places in meshes, and
 * gives its quota back; UNSUBSCRIBED comes for each of its topics. What must
 * outlive it (a bad score, back-offs) is kept under the core's own caps.
 */
void p2p__gossip_peer_remove(struct p2p__gossip *g,
                             struct p2p__gossip_peer *peer, p2p_ns now);

/* The outbound stream negotiated another version than peer_add said. */
void p2p__gossip_peer_version(struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer,
                              enum p2p__gossip_version version);

/*
 * The peer computes message ids as alias_fn does, or as id_fn does. That is
 * learnt from the ids that it names; who knows earlier, by the agent that
 * identify names (js-libp2p/3: key ‖ seqno), spares the first misunderstanding.
 */
void p2p__gossip_peer_alias(struct p2p__gossip *g,
                            struct p2p__gossip_peer *peer, bool alias);

/*
 * The outbound stream ended and another one is open: a message that had no
 * tx_done comes again, our subscriptions and places in meshes are said again,
 * and IHAVE names what may have been lost.
 */
void p2p__gossip_peer_restart(struct p2p__gossip *g,
                              struct p2p__gossip_peer *peer);

/* The `user` of peer_add. */
void *p2p__gossip_peer_user(const struct p2p__gossip_peer *peer);

/* The peer with this id, or NULL. */
struct p2p__gossip_peer *p2p__gossip_peer_find(const struct p2p__gossip *g,
                                               const struct p2p_peer_id *id);

/*
 * Asks may_fn again of all peers in all topics. To who may no more it is as if
 * we had left the topic: PRUNE, and our subscription taken back; what waits
 * for it is dropped. Who may now is told of our subscription, and if it said
 * its own already, it comes in as if it said so now, with IHAVE at once.
 */
void p2p__gossip_recheck(struct p2p__gossip *g, p2p_ns now);

/* ---- bytes ---- */

/*
 * Takes a piece of one RPC (without its length prefix) from the front of
 * `rpc`: all of it, or as much as holds P2P__CAP_GOSSIP_RX_BATCH new
 * messages. Takes nothing while P2P__CAP_GOSSIP_EVENTS events wait. `rpc` is
 * borrowed; what is kept is copied into exact memory.
 * Errors: P2P_EFORMAT: not an RPC; drop the rest and reset the stream (its
 * score has paid already). P2P_ELIMIT, P2P_ENOMEM: a message was dropped, go
 * on.
 */
int p2p__gossip_rx(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                   struct p2p__slice *rpc, p2p_ns now);

/* Takes the next peer off the list of those that have something to send and
 * are not stalled (tx said true, and no tx_done yet); NULL: none. */
struct p2p__gossip_peer *p2p__gossip_tx_peer(struct p2p__gossip *g);

/*
 * The frame that is next for the peer: length prefix and RPC, with a slab
 * (so p2p__slice_keep counts a reference). The same one until tx_done.
 * Borrowed until the next call on g. false: nothing to send.
 */
bool p2p__gossip_tx(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                    struct p2p__slice *out, p2p_ns now);

/* The frame of the last tx was sent. */
void p2p__gossip_tx_done(struct p2p__gossip *g, struct p2p__gossip_peer *peer);

/*
 * The frame of the last tx cannot be sent, now or ever: a message is dropped
 * for this peer alone. false: it says what the peer must know; end the stream.
 */
bool p2p__gossip_tx_skip(struct p2p__gossip *g, struct p2p__gossip_peer *peer);

/* ---- topics and messages ---- */

struct p2p__gossip_topic_cfg {
    bool validate; /* each message waits for p2p__gossip_validate() */
    const struct p2p__gossip_topic_score *score; /* copied; NULL: the params'
                                                  * default topic */
};

/*
 * Subscribes and joins the topic's mesh. tc == NULL: no validation.
 * Errors: P2P_EEXIST, P2P_EINVAL (empty or long name), P2P_ELIMIT,
 * P2P_ENOMEM.
 */
int p2p__gossip_subscribe(struct p2p__gossip *g, const void *topic,
                          size_t topic_len,
                          const struct p2p__gossip_topic_cfg *tc, p2p_ns now);

/* Leaves the mesh with PRUNE and unsubscribes. Errors: P2P_ENOTFOUND. */
int p2p__gossip_unsubscribe(struct p2p__gossip *g, const void *topic,
                            size_t topic_len, p2p_ns now);

/* Peers' subscriptions to this topic are remembered though we have none yet
 * (known_topics_only). Errors: P2P_EINVAL, P2P_ELIMIT, P2P_ENOMEM. */
int p2p__gossip_know(struct p2p__gossip *g, const void *topic,
                     size_t topic_len);

struct p2p__gossip_id {
    uint16_t len;
    uint8_t bytes[P2P__CAP_GOSSIP_ID];
};

/*
 * Signs and sends a message; data is copied once. Own messages do not come
 * back as events. `id` (may be NULL) is set to the message's id.
 * Returns to how many peers it was queued (0: it is in the history, and
 * gossip may still spread it), or P2P_EINVAL (topic), P2P_ETOOBIG,
 * P2P_EDUP (same id seen: content ids only), P2P_ELIMIT, P2P_ENOMEM,
 * P2P_ECRYPTO.
 */
int p2p__gossip_publish(struct p2p__gossip *g, const void *topic,
                        size_t topic_len, const struct p2p__slice *data,
                        p2p_ns now, struct p2p__gossip_id *id);

enum p2p__gossip_verdict {
    P2P__GOSSIP_ACCEPT, /* forward it, reward who brought it */
    P2P__GOSSIP_IGNORE, /* drop it, nobody's fault */
    P2P__GOSSIP_REJECT  /* drop it, whoever sent it is punished (P4) */
};

/*
 * The application's word on a message whose event had a handle. The handle is
 * valid until this call; after params.validate_ms it is ignored by itself,
 * and this call says P2P_ENOTFOUND.
 */
int p2p__gossip_validate(struct p2p__gossip *g, uint64_t handle,
                         enum p2p__gossip_verdict verdict, p2p_ns now);

/* ---- events ---- */

enum p2p__gossip_ev_type {
    P2P__GOSSIP_MESSAGE,      /* a new message on one of our topics */
    P2P__GOSSIP_SUBSCRIBED,   /* peer joined topic */
    P2P__GOSSIP_UNSUBSCRIBED, /* peer left topic, or is gone */
    P2P__GOSSIP_GRAFTED,      /* peer is in our mesh: worth keeping */
    P2P__GOSSIP_PRUNED,       /* peer is in it no more */
    P2P__GOSSIP_GRAYLISTED    /* the score fell below the last threshold: all
                               * it sends is ignored; worth disconnecting */
};

struct p2p__gossip_ev {
    enum p2p__gossip_ev_type type;
    struct p2p_peer_id peer; /* the peer meant; MESSAGE: who forwarded it */
    void *user;              /* its user; NULL when it is gone */
    struct p2p__slice topic; /* borrowed until the next call on g */
    /* MESSAGE only; slices are borrowed until the next call on g. */
    struct p2p_peer_id from; /* the author; empty in StrictNoSign */
    uint64_t seqno;          /* 0 in StrictNoSign */
    struct p2p__slice id;
    struct p2p__slice data;
    uint64_t handle; /* not 0: p2p__gossip_validate() it */
};

/* Pulls one event; false: none. */
bool p2p__gossip_next(struct p2p__gossip *g, struct p2p__gossip_ev *ev);

/* The next heartbeat, which also ends validations that are overdue. */
p2p_ns p2p__gossip_deadline(const struct p2p__gossip *g);

/* Runs what is due. Cannot fail: a heartbeat without memory does less. */
void p2p__gossip_expire(struct p2p__gossip *g, p2p_ns now);

/* ---- looking inside ---- */

/* Peers that are subscribed to a topic (mesh: those in our mesh) into `out`,
 * in order of subscription; returns how many there are, perhaps above cap. */
size_t p2p__gossip_topic_peers(const struct p2p__gossip *g, const void *topic,
                               size_t topic_len, bool mesh,
                               struct p2p_peer_id *out, size_t cap);

/* A peer's score and its parts, for people and tests. */
struct p2p__gossip_score_view {
    double score;
    double topics;     /* P1 to P4, weighted and capped */
    double app;        /* P5, weighted */
    double colocation; /* P6, weighted */
    double behaviour;  /* P7, weighted */
};

/* The score now; all zero when scoring is off. */
void p2p__gossip_score(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                       p2p_ns now, struct p2p__gossip_score_view *out);

/* P5: what the application thinks of the peer; kept while it is known. */
void p2p__gossip_app_score(struct p2p__gossip *g, struct p2p__gossip_peer *peer,
                           double score);

/* Counters: X(name, text). */
#define P2P__GOSSIP_STAT_MAP(X)                                     \
    X(published, "messages published")                              \
    X(received, "messages received, duplicates included")           \
    X(delivered, "new messages accepted")                           \
    X(duplicates, "messages seen already")                          \
    X(invalid, "messages refused: form, signature, own, rejected")  \
    X(ignored, "messages ignored: topic, verdict, time-out, limit") \
    X(forwarded, "messages queued for peers")                       \
    X(dropped, "messages not queued: a peer's queue was full")      \
    X(iwant_sent, "ids asked for")                                  \
    X(iwant_served, "messages sent because they were asked for")    \
    X(ihave_sent, "ids advertised")                                 \
    X(idontwant_sent, "ids declined")                               \
    X(suppressed, "messages not sent because they were declined")   \
    X(grafts, "mesh links made")                                    \
    X(prunes, "mesh links ended")                                   \
    X(broken_promises, "advertised, asked for, never sent")         \
    X(limited, "times a cap said no")                               \
    X(heartbeats, "heartbeats")

struct p2p__gossip_stats {
#define P2P__GOSSIP_STAT_FIELD(name, text) uint64_t name;
    P2P__GOSSIP_STAT_MAP(P2P__GOSSIP_STAT_FIELD)
#undef P2P__GOSSIP_STAT_FIELD
};

/* The counters, borrowed from g. */
const struct p2p__gossip_stats *p2p__gossip_stats(const struct p2p__gossip *g);

#endif
