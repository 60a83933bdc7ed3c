/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The node's end of the socket to the applier (mesh/applier/agent.h), which
 * holds Unit. It speaks for the node, and remembers what it was told of Unit.
 * It is there before the node is in a mesh: people may look at Unit then.
 */
#ifndef UM_NODE_HANDS_H
#define UM_NODE_HANDS_H

#include "mesh/applier/applier.h"
#include "mesh/applier/runner.h"
#include "mesh/applier/wire.h"
#include "mesh/base/histogram.h"

/** GETs that wait for an answer; further ones are busy at once. */
#define UM__CAP_HANDS_GETS 32U

/** Statements in one message. */
#define UM_HANDS_STATEMENTS 256U

/** What hands are made of; borrows all until they are freed. */
struct um_hands_cfg {
    const struct um_log *log;
    /** Bytes for the applier; never called from inside of itself. NULL: there
     * is no memory for what it is to be told, so it is no use any more. */
    void (*send)(void *user, struct um_str bytes);
    void *user;
    /** By whose clock is measured how long Unit takes, and how old is what it
     * said of itself; NULL: by none, all takes no time. */
    const struct um_alarms *alarms;
};

/** A member whose hands they are; borrows what it points to until
 * um_hands_stop(), but `shown`. */
struct um_hands_member {
    struct um_name mesh;
    struct um_name doc; /**< of what ran when the node ended; none: nothing */
    struct um_name effective;      /**< what that came to */
    struct um_str shown;           /**< what Unit showed for it */
    size_t statements;             /**< that it has: they follow at once */
    const struct um_runner_cb *cb; /**< told as a runner tells it */
    /** The bytes under a hash, valid until the next call; or why not. */
    int (*paper)(void *user, const struct um_name *hash, struct um_str *out);
    /** Which revision runs, as the applier's record says. NULL: nobody asks. */
    void (*runs)(void *user, const struct um_name *revision);
    /** A statement that the applier has, when it has more than `statements`; it
     * is for the member to verify it. NULL: nobody asks. */
    void (*stated)(void *user, struct um_str envelope);
    void *user;
};

/** An order with its case: lists as um_wire_put_revision() and
 * um_wire_put_fact() make them. */
struct um_hands_order {
    struct um_name revision;
    struct um_name effective; /**< what it comes to; none, if to nothing */
    struct um_str revisions;
    struct um_str facts;
    const char *why; /**< "r42.9f3c" */
};

struct um_hands;

/** Hands of nobody yet. Owned; NULL: no memory. */
struct um_hands *um_hands_new(const struct um_hands_cfg *cfg);

/** Frees them; who waits is told nothing. */
void um_hands_free(struct um_hands *h);

/** What came from the applier. Errors: P2P_EFORMAT, P2P_ETOOBIG, P2P_ENOMEM:
 * the connection is of no use any more. */
int um_hands_recv(struct um_hands *h, struct um_str bytes);

/** GET of a path of Unit's control API. As um_unit_get(). */
void um_hands_get(struct um_hands *h, const char *path, um_unit_done *done,
                  void *user);

/** Whoever waits for a GET with this `user` is told no more. Whether one did.
 */
bool um_hands_forget(struct um_hands *h, const void *user);

/** Unit is a stand-in in this process; before anything else. */
void um_hands_unit(struct um_hands *h, const char *target);

/** Become those of a member. */
void um_hands_start(struct um_hands *h, const struct um_hands_member *m);

/** Become nobody's. */
void um_hands_stop(struct um_hands *h);

/** Sends statements: a list as um_wire_put_statement() makes it. */
void um_hands_statements(struct um_hands *h, struct um_str list);

/** Has a revision run; `applied` is told once. One at a time. */
void um_hands_apply(struct um_hands *h, const struct um_hands_order *o);

/** Has what ran before a trial run again. As um_hands_try(). */
int um_hands_back(struct um_hands *h, const struct um_hands_order *o,
                  um_runner_tried *tried, void *user);

/** Has the applier see for itself that a revision comes to no configuration, or
 * that Unit runs it. */
void um_hands_examine(struct um_hands *h, const struct um_hands_order *o);

/** Tells it the case alone: who confirmed what is in its record. */
void um_hands_hear(struct um_hands *h, const struct um_hands_order *o);

/**
 * Has a document tried before there is a revision of it. As um_runner_try().
 * @return 0; P2P_EAGAIN: another trial is under way, and nobody is told
 */
int um_hands_try(struct um_hands *h, const struct um_name *doc,
                 const struct um_name *effective, um_runner_tried *tried,
                 void *user);

/** The same on the scratch Unit, which changes nothing that runs. */
int um_hands_scratch(struct um_hands *h, const struct um_name *doc,
                     const struct um_name *effective, um_runner_tried *tried,
                     void *user);

/** As um_runner_look(). */
void um_hands_look(struct um_hands *h);

/** As um_runner_adopted(). */
void um_hands_adopted(struct um_hands *h, const struct um_name *effective);

/** Gives a slot of a sealed object on, that came for this node's key. */
void um_hands_slot(struct um_hands *h, const struct um_name *object,
                   const uint8_t slot[UM_SEALED_SLOT_BYTES]);

/** As um_runner_modules(), um_runner_config(). */
const char *um_hands_modules(const struct um_hands *h);
struct um_str um_hands_config(const struct um_hands *h);

/** What Unit showed for what it took last; p NULL: nothing. */
struct um_str um_hands_shown(const struct um_hands *h);

/** What came of orders so far, and whether one is under way. */
void um_hands_stats(const struct um_hands *h, struct um_applier_stats *out);

/** How long orders took, from when they were given until they were answered;
 * those for the scratch Unit apart, which are not in it. */
const struct um_histogram *um_hands_took(const struct um_hands *h);

/** GET /status as Unit answered at the last look, p NULL: it never did. Valid
 * until the next message. @param age_ms set to how long ago that was */
struct um_str um_hands_status(const struct um_hands *h, uint64_t *age_ms);

/** The revisions in the applier's record, which a case needs. Valid until the
 * next message. */
struct um_namelist um_hands_record(const struct um_hands *h);

#endif
