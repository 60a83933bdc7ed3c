/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Publish and subscribe by gossipsub 1.0 to 1.3, with floodsub's peers too.
 * Every message is signed by its author (StrictSign), unless the host was told
 * otherwise. Spec: libp2p pubsub, gossipsub.
 */
#ifndef P2P_PUBSUB_H
#define P2P_PUBSUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/err.h"
#include "p2p/host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct p2p_pubsub;

/** How message ids are made; all nodes of a topic should agree on it. Of the
 * first two each understands the other's. */
enum p2p_msgid {
    P2P_MSGID_FROM_SEQNO, /**< author ‖ seqno: the spec, go, rust, js of 2021 */
    P2P_MSGID_KEY_SEQNO, /**< key ‖ seqno: today's js */
    P2P_MSGID_APP        /**< as the config's `msgid_fn` says */
};

/** A message; valid during the call. */
struct p2p_message {
    const char *topic;
    struct p2p_peer_id from; /**< the author, proven by the signature */
    struct p2p_peer_id via;  /**< who forwarded it to us */
    uint64_t seqno;
    const uint8_t *data;
    size_t len;
};

/** The longest message id, in bytes. */
#define P2P_MSGID_MAX 256

/**
 * Computes a message's id. It must depend on nothing but the message: the same
 * one has the same id at every node. Called for our own messages too, and
 * before a signature is checked.
 * @param user the config's `msgid_user`
 * @param msg  valid during the call; `via` is empty, and so is `from` of
 *             messages without an author
 * @param id   room for P2P_MSGID_MAX bytes
 * @return the length, 1 to P2P_MSGID_MAX; else the message is dropped as
 *         invalid
 */
typedef size_t (*p2p_msgid_fn)(void *user, const struct p2p_message *msg,
                               uint8_t *id);

/**
 * Says whether a peer may have a part in a topic. One that may not is for the
 * topic as if it were not subscribed, and is not told that we are: it gets no
 * message, no gossip and no place in a mesh, its GRAFT is answered with PRUNE,
 * and messages that come via it are ignored, whoever wrote them.
 * Asked when a peer first has to do with a topic, also with one that is not
 * ours, and before a message is handed out; else an answer counts until
 * p2p_pubsub_recheck(). It must not call the library's pubsub.
 * @param user  the config's `may_user`
 * @param peer  who is connected to us; its messages may be of other authors
 * @param topic valid during the call
 * @return true: it may
 */
typedef bool (*p2p_peer_may_fn)(void *user, const struct p2p_peer_id *peer,
                                const char *topic);

/** What the application thinks of a message. */
enum p2p_verdict {
    P2P_ACCEPT, /**< pass it on */
    P2P_IGNORE, /**< drop it, nobody's fault */
    P2P_REJECT  /**< drop it; who sent it pays with its score */
};

/**
 * Called for each message on a subscribed topic, once, not for our own.
 * The verdict decides whether it is forwarded.
 */
typedef enum p2p_verdict (*p2p_on_message)(void *user,
                                           const struct p2p_message *msg);

/** What p2p_pubsub_new() is told. Begin with P2P_PUBSUB_CONFIG_INIT. */
struct p2p_pubsub_config {
    size_t size;           /**< set by P2P_PUBSUB_CONFIG_INIT */
    enum p2p_msgid msgid;  /**< default: author ‖ seqno */
    bool no_sign;          /**< StrictNoSign: neither authors nor signatures */
    bool scoring;          /**< score peers with the default parameters */
    p2p_msgid_fn msgid_fn; /**< with P2P_MSGID_APP, and only then */
    void *msgid_user;      /**< borrows until the host is freed */
    p2p_peer_may_fn peer_may; /**< NULL: everybody may everything */
    void *may_user;           /**< borrows until the host is freed */
    /** Its streams go over connections that a relay limits, too, see
     * p2p_stream_open_limited(). */
    bool limited;
};

/** A config with the defaults. */
#define P2P_PUBSUB_CONFIG_INIT                   \
    {                                            \
        .size = sizeof(struct p2p_pubsub_config) \
    }

/**
 * Adds publish and subscribe to a host, once. It is freed with the host.
 * @param host borrows the host
 * @param cfg  borrows the config for the call; NULL: the defaults
 * @param out  set; valid until the host is freed
 * @return 0, P2P_EEXIST, P2P_EINVAL (size, or msgid and msgid_fn disagree),
 *         P2P_ENOMEM
 */
P2P_API int p2p_pubsub_new(struct p2p_host *host,
                           const struct p2p_pubsub_config *cfg,
                           struct p2p_pubsub **out);

/**
 * Subscribes to a topic.
 * @param ps     borrows
 * @param topic  borrows the name
 * @param on_msg called for each message; may not be NULL
 * @param user   borrows until unsubscribed
 * @return 0, P2P_EEXIST, P2P_EINVAL, P2P_ELIMIT, P2P_ENOMEM
 */
P2P_API int p2p_pubsub_subscribe(struct p2p_pubsub *ps, const char *topic,
                                 p2p_on_message on_msg, void *user);

/**
 * Leaves a topic.
 * @param ps    borrows
 * @param topic borrows the name
 * @return 0, P2P_ENOTFOUND
 */
P2P_API int p2p_pubsub_unsubscribe(struct p2p_pubsub *ps, const char *topic);

/**
 * The config's peer_may may answer otherwise than before: asks it again of all
 * connected peers. Who may no more is pruned from meshes, told that we left,
 * and gets nothing that still waits for it. Who may now is told that we are
 * subscribed and is taken in as if it had just subscribed, and told at once of
 * the messages just before. Without peer_may nothing happens.
 * @param ps borrows
 */
P2P_API void p2p_pubsub_recheck(struct p2p_pubsub *ps);

/**
 * Publishes to a topic, subscribed or not.
 * @param ps    borrows
 * @param topic borrows the name
 * @param data  borrows the bytes; copied
 * @param len   how many, at most 1 MiB
 * @return to how many peers it goes at once (>= 0), or P2P_ETOOBIG,
 *         P2P_EINVAL, P2P_EDUP (the application's id was seen already),
 *         P2P_EFORMAT (it gave none), P2P_ELIMIT, P2P_ENOMEM, P2P_ECRYPTO
 */
P2P_API int p2p_pubsub_publish(struct p2p_pubsub *ps, const char *topic,
                               const void *data, size_t len);

/**
 * Peers that are subscribed to a topic, or that are in our mesh for it.
 * @param ps    borrows
 * @param topic borrows the name
 * @param mesh  only those in our mesh
 * @param out   room for `cap` ids; may be NULL when cap is 0
 * @param cap   how many fit
 * @return how many there are, perhaps more than cap
 */
P2P_API size_t p2p_pubsub_peers(const struct p2p_pubsub *ps, const char *topic,
                                bool mesh, struct p2p_peer_id *out, size_t cap);

/** Counters since the start. */
struct p2p_pubsub_stats {
    uint64_t published;
    uint64_t received;  /**< duplicates included */
    uint64_t delivered; /**< new and valid */
    uint64_t duplicates;
    uint64_t invalid;
    uint64_t forwarded;
    uint64_t dropped;   /**< a peer's queue was full */
    uint64_t asked_for; /**< sent because a peer asked: it had missed them */
};

/**
 * A snapshot of the counters.
 * @param ps   borrows
 * @param out  set
 * @param size sizeof *out
 */
P2P_API void p2p_pubsub_stats(const struct p2p_pubsub *ps,
                              struct p2p_pubsub_stats *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
