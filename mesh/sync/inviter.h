/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who is asked by strangers to be let in: the inviter's side of
 * /unitmesh/join/1.0.0. A core: it judges a Hello, says what has to be written
 * to disk, and gives the answer away only after that.
 * docs/reference/formats.md, "Join".
 *
 *     um_door_init(&door);                       // one for the node
 *     um_inviter_init(&i, &cfg, now_ms);         // a stream was accepted
 *     um_inviter_rx(&i, &in, now_ms, wall_ms);
 *     if (um_inviter_next(&i, &ev)) {
 *         COUNT:   err = um_invite_take(the invitation of ev.id, wall_ms);
 *                  to disk, in one transaction: the invitation, ev.grant
 *         PENDING: the same with ev.coded; to disk: that ev.joiner asks
 *         um_inviter_stored(&i, err);            // when it is on disk
 *     }
 *     um_inviter_tx(&i, &out);                   // the Answer; then close
 *     um_inviter_fini(&i);                       // from any state
 *
 * A joiner whose answer was lost asks again with the same code: it has its
 * roles by then, and is welcome without another use.
 */
#ifndef UM_SYNC_INVITER_H
#define UM_SYNC_INVITER_H

#include "mesh/sync/joinmsg.h"
#include "mesh/trust/roster.h"

/** The most strangers who ask at a time; others are told that too many ask. */
#define UM__CAP_JOIN_ASKING 16U

/** The most who wait for approval and have no code; likewise. The store keeps
 * 64, so who has a code finds room. */
#define UM__CAP_JOIN_PENDING 48U

/** How many without a code are put down at once; then one in ten seconds.
 * Others are told that too many ask. */
#define UM__CAP_JOIN_ASKS 8U

/** How long a Hello may take, in ms. */
#define UM_INVITER_PATIENCE_MS 10000U

/** The limits of a node: how many ask. All zero but for um_door_init(). */
struct um_door {
    unsigned asking;
    unsigned asks;  /* that may be put down now */
    uint64_t at_ms; /* when that was last counted */
};

/** What an inviter reads of its node; called inside of um_inviter_rx() only. */
struct um_inviter_node {
    void *user;
    struct um_roster *roster;
    bool open; /**< whether one may ask without a code */
    /** Copies the invitation with an id; false: there is none. */
    bool (*invite)(void *user, const uint8_t id[UM_INVITE_ID_BYTES],
                   struct um_invite *out);
    /** Appends the envelope of a statement of the roster. 0 or an error. */
    int (*statement)(void *user, const struct um_name *id, struct um_buf *out);
    /** Signs a GRANT with an owner's key and appends its envelope; it is not in
     * the roster yet. NULL, or P2P_EACCES: no owner's key is here. 0 or an
     * error. */
    int (*grant)(void *user, const struct um_name *key, unsigned roles,
                 struct um_buf *out);
    /** Whether a key waits for approval already. */
    bool (*waits)(void *user, const struct um_name *key);
    /** How many wait for approval who had no code. */
    size_t (*waiting)(void *user);
};

/** What an inviter is about. */
struct um_inviter_cfg {
    const struct um_inviter_node *node; /**< borrowed until fini */
    struct um_door *door;               /**< likewise */
    uint8_t binding[32];                /**< p2p_stream_binding() */
    struct um_name me;
    struct um_name joiner; /**< the key that the connection proved */
};

/** What has to be on disk before the answer goes. */
enum um_inviter_event {
    UM_INVITER_COUNT,  /**< a use of an invitation, and the GRANT for it */
    UM_INVITER_PENDING /**< that a key waits for approval; a use, if coded */
};

/** An event; what it borrows is valid until the next call on the inviter. */
struct um_inviter_ev {
    enum um_inviter_event what;
    struct um_name joiner;
    bool coded;                     /**< an invitation loses a use */
    uint8_t id[UM_INVITE_ID_BYTES]; /**< which */
    unsigned roles;                 /**< that the invitation gives */
    struct um_str grant;            /**< COUNT: the envelope */
    struct um_str name;             /**< what the joiner calls itself */
};

/** An inviter; members are private. */
struct um_inviter {
    const struct um_inviter_node *node;
    struct um_door *door;
    struct um_join join;
    struct um_frames frames;
    struct um_buf answer;
    struct um_buf grant;
    struct um_inviter_ev ev;
    char name[UM__CAP_JOIN_NAME_BYTES];
    bool event;  /* to be pulled */
    bool store;  /* it was, and is not stored yet */
    bool judged; /* the Hello is done with */
    bool over;
    uint64_t deadline_ms;
};

/** Opens a node's door. */
void um_door_init(struct um_door *door, uint64_t now_ms);

/** Begins. Who finds too many before him is told so at once. */
void um_inviter_init(struct um_inviter *i, const struct um_inviter_cfg *cfg,
                     uint64_t now_ms);

/** Frees it. */
void um_inviter_fini(struct um_inviter *i);

/**
 * Takes bytes of the joiner; what comes after the Hello is dropped.
 * @param now_ms  monotonic
 * @param wall_ms the plain clock, for expiries
 */
void um_inviter_rx(struct um_inviter *i, struct um_str *in, uint64_t now_ms,
                   uint64_t wall_ms);

/** The event, if there is one. */
bool um_inviter_next(struct um_inviter *i, struct um_inviter_ev *ev);

/**
 * What the event asked for was done.
 * @param err 0: it is on disk; P2P_ETIMEDOUT, P2P_ELIMIT: what um_invite_take()
 *            said; P2P_EAGAIN: too many ask; another: it could not be stored,
 *            and there is no answer
 */
void um_inviter_stored(struct um_inviter *i, int err);

/** Appends the Answer, when it may go: 1, or 0. */
int um_inviter_tx(struct um_inviter *i, struct um_buf *out);

/** Whether there is nothing more to do: close the stream if the answer was
 * pulled, else reset it. */
static inline bool um_inviter_over(const struct um_inviter *i)
{
    return i->over;
}

/** When um_inviter_expire() is to be called; UINT64_MAX: never. */
uint64_t um_inviter_deadline(const struct um_inviter *i);

/** Time passed. */
void um_inviter_expire(struct um_inviter *i, uint64_t now_ms);

#endif
