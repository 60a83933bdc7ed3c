/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where strangers ask to be let in: the streams of /unitmesh/join/1.0.0 that
 * others open, the invitations that this node printed, and who waits for an
 * owner's word. mesh/sync/inviter.h has the protocol.
 */
#ifndef UM_NODE_WELCOME_H
#define UM_NODE_WELCOME_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/bus/bus.h"
#include "mesh/node/disk.h"
#include "mesh/store/pending.h"
#include "mesh/sync/inviter.h"

/** Streams on which strangers ask at a time, those included that were answered
 * and are not closed; more are reset. */
#define UM__CAP_WELCOME_STREAMS 64U

/** Those of them that one key has without an answer; more are reset. */
#define UM__CAP_WELCOME_OF_PEER 2U

/** Uses and pending keys on their way to the disk; who comes when there are
 * more is told that too many ask. */
#define UM__CAP_WELCOME_WRITES 64U

/** How long a stream may stay open behind its answer, in ms. */
#define UM_WELCOME_LINGER_MS 10000U

/** What it asks of the node; all are required. They may call the welcome, but
 * for um_welcome_free(). */
struct um_welcome_cb {
    /** Appends the envelope of a statement of the roster. 0 or an error. */
    int (*statement)(void *user, const struct um_name *id, struct um_buf *out);
    /** Signs a GRANT with the owner's key and appends its envelope. 0;
     * P2P_EACCES: no owner's key is here, so the key waits. */
    int (*grant)(void *user, const struct um_name *key, unsigned roles,
                 struct um_buf *out);
    /** Takes the GRANT into the roster and stores it, behind whatever is in the
     * disk's row already, so in one batch with the use of the invitation. 0;
     * an error (but P2P_EDUP): nothing of it stays, and the use is not taken.
     */
    int (*take)(void *user, struct um_str grant);
    /** For people: a key was let in, or waits, and the disk knows it. Without
     * the GRANT; valid during the call. */
    void (*told)(void *user, const struct um_inviter_ev *ev);
};

/** What it is made of; borrows all until it is freed. */
struct um_welcome_cfg {
    struct um_bus *bus;
    struct um_disk *disk;
    struct um_roster *roster;
    struct um_name mesh;
    struct um_name me;
    bool owns; /**< an owner's key is here */
    const struct um_alarms *alarms;
    uint64_t (*wall_ms)(void *user);
    const struct um_log *log;
    const struct um_welcome_cb *cb;
    void *user;
};

struct um_welcome;

/** Reads invitations and who waits from the store, and serves the protocol.
 * Owned; NULL: it cannot. */
struct um_welcome *um_welcome_new(const struct um_welcome_cfg *cfg);

/** Ends all that ask, before the bus and the disk are freed. */
void um_welcome_free(struct um_welcome *w);

/** Whether an owner's key is here from now on: without one an owner elsewhere
 * has to approve. */
void um_welcome_owns(struct um_welcome *w, bool owns);

/** What an invitation is to be. */
struct um_welcome_plan {
    struct um_name owner; /**< whose fingerprint is in the code */
    unsigned roles;
    uint64_t expires_ms;      /**< since 1970; 0: never */
    uint32_t uses;            /**< at least one */
    const char *const *addrs; /**< multiaddrs, the best first; those that do not
                                   fit are left out */
    size_t addrs_n;
};

/** Told when a code may be printed: its text, valid during the call; NULL and
 * an error: it could not be stored. */
typedef void um_welcome_code(void *user, int err, const char *code);

/** Makes an invitation, and tells its code when it is on disk. Errors:
 * P2P_ELIMIT (256 of them), P2P_EINVAL (no use, no role, or an expiry after the
 * year 10000), P2P_ENOMEM, P2P_ECRYPTO; done is not called. P2P_ECLOSED for
 * done: the welcome was freed. */
int um_welcome_invite(struct um_welcome *w, const struct um_welcome_plan *plan,
                      um_welcome_code *done, void *user);

/** The i-th invitation, without its secret; NULL: no more. */
const struct um_invite *um_welcome_at(const struct um_welcome *w, size_t i);

/** Whether one of them can still be used. */
bool um_welcome_awaits(const struct um_welcome *w);

/** Takes an invitation back. Errors: P2P_ENOTFOUND, P2P_ENOMEM. */
int um_welcome_drop(struct um_welcome *w, const uint8_t id[UM_INVITE_ID_BYTES]);

/** The i-th key that waits for an owner's word; NULL: no more. */
const struct um_pending *um_welcome_pending(const struct um_welcome *w,
                                            size_t i);

/** Forgets one: it was let in, or not. Errors: P2P_ENOTFOUND, P2P_ENOMEM. */
int um_welcome_settle(struct um_welcome *w, const struct um_name *key);

/** The roster changed: keys that waited and have a role now wait no more. */
void um_welcome_roster(struct um_welcome *w);

#endif
