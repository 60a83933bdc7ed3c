/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A node of a mesh: the model, and around it the disk, the other members, and
 * this node's Unit. What the model wants done is done here, and what happens is
 * told to it. On one loop; what blocks is the worker's.
 *
 *     um_node_new(&cfg, &node)        reads the store, begins
 *     um_node_up(node, &peer)         whenever the bus says so
 *     um_node_command(node, &c, done, user)
 *     um_node_model(node)             to read: the view, the history, the
 * roster
 */
#ifndef UM_NODE_NODE_H
#define UM_NODE_NODE_H

#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/base/worker.h"
#include "mesh/bus/bus.h"
#include "mesh/model/model.h"
#include "mesh/model/reply.h"
#include "mesh/applier/maker.h"
#include "mesh/node/hands.h"
#include "mesh/node/hints.h"
#include "mesh/node/links.h"
#include "mesh/node/prober.h"
#include "mesh/node/shelf.h"
#include "mesh/node/welcome.h"

/** How many times as fast a node of a test may be. */
#define UM_NODE_SPEED_MAX 100

/** An item that a node heard of; borrowed. */
struct um_node_heard {
    enum um_kind kind;
    bool taken;          /**< it goes to the disk; else it was refused: its
                              signature, or it is none */
    struct um_name id;   /**< none: it is no item */
    struct um_name from; /**< the member that brought it; this node itself: it
                              was made here, or a person brought it */
    struct um_str envelope;
};

/** What a node is made of; borrows all until it is freed. */
struct um_node_cfg {
    const struct p2p_key *key;
    const struct p2p_key *owner; /**< an owner's key, if it is here; or NULL */
    const struct p2p_key *old;   /**< the key before `key`, for what was sealed
                                      for it; or NULL */
    struct um_store *store;      /**< open, of a mesh */
    struct um_bus *bus;
    struct um_hands *hands; /**< to the applier; NULL: there is none */
    bool bare;              /**< it holds no Unit, but the keys alone */
    const struct um_alarms *alarms;
    const struct um_worker *worker;
    const struct um_prober *prober;  /**< NULL: probes of documents fail */
    uint64_t (*wall_ms)(void *user); /**< since 1970, by the plain clock */
    const struct um_log *log;
    const char *name;    /**< what the node calls itself */
    const char *version; /**< of the daemon; NULL: it says none */
    enum um_drift_policy drift;
    unsigned speed; /**< the model's spans are divided by it; 0: as they are */
    /** It cannot go on (memory, a disk that does not sync, a store that is not
     * what was written): end the program. */
    void (*broken)(void *user, const char *text);
    /** For people: something happened, which the log tells, too. May be NULL.
     * @param event one word @param about what; may be empty */
    void (*told)(void *user, const char *event, const char *about,
                 const char *text);
    /** For an audit: an item is new here, or was refused. May be NULL. */
    void (*heard)(void *user, const struct um_node_heard *what);
    void *user;
};

struct um_node;

/**
 * Begins a node: all that is in its store is read.
 * @param out owned
 * @return 0; P2P_EFORMAT (the store holds what does not fit together),
 *         P2P_ENOMEM, the store's errors; the log says what
 */
int um_node_new(const struct um_node_cfg *cfg, struct um_node **out);

/** Ends it: what waits is written first. Before the bus, the applier and the
 * store. */
void um_node_free(struct um_node *n);

/** A peer connected, or is gone. */
void um_node_up(struct um_node *n, const struct p2p_peer_id *peer);
void um_node_down(struct um_node *n, const struct p2p_peer_id *peer);

/** Whether a peer has a role in the roster now. */
bool um_node_may(struct um_node *n, const struct p2p_peer_id *peer);

/** The same, or it had one a moment ago: it is still told of what there is. */
bool um_node_hears(struct um_node *n, const struct p2p_peer_id *peer);

/** What came of a command: on disk, if it is UM_OK. Valid during the call.
 * @param revision that was made, or is in the way; NULL: the node ends, and
 *                 nobody knows */
typedef void um_node_replied(void *user, enum um_reply answer,
                             const struct um_name *revision);

/** Does what a person wants; told once: in this call if it rests on nothing
 * that is on its way to the disk. UM_UNSTORED: the disk does not take it, now
 * or since some seconds; then it may be done later all the same. Errors:
 * P2P_ENOMEM (not told). c->request is set by the node. */
int um_node_command(struct um_node *n, const struct um_command *c,
                    um_node_replied *done, void *user);

/** What this node's Unit said to a document that is no revision yet; valid
 * during the call. */
typedef void um_node_tried(void *user, enum um_result outcome,
                           struct um_str text);

/**
 * Gives this node's Unit what comes of a document, before there is a revision
 * of it. Publish it then, or um_node_untry().
 * @return 0; P2P_ESTATE: it is not to be tried here and now (no Unit, or what
 *         runs is not the current revision), P2P_EAGAIN (another trial, or it
 *         is the current one in a moment),
 *         P2P_EFORMAT, P2P_ENOMEM: nobody is told
 */
int um_node_try(struct um_node *n, const struct um_name *doc,
                um_node_tried *tried, void *user);

/** Whether that would be P2P_EAGAIN now. When it is not any more, watchers are
 * told. */
bool um_node_try_later(struct um_node *n);

/** Whether there is a Unit here that answers, which a change could be tried
 * with. */
bool um_node_has_unit(const struct um_node *n);

/**
 * Asks this node's policy of what comes of a document, then a Unit beside this
 * node's, if there is one, which runs nothing of it afterwards; those that come
 * at once wait for each other.
 * @return 0; P2P_ESTATE: not yet; P2P_EFORMAT, P2P_ENOTFOUND,
 *         P2P_ENOMEM: nobody is told
 */
int um_node_scratch(struct um_node *n, const struct um_name *doc,
                    um_node_tried *tried, void *user);

/** What was tried is not published: Unit is given what ran before. */
void um_node_untry(struct um_node *n);

/** What came of a statement: 0: it is on disk; P2P_EDUP: it was there; or why
 * not. */
typedef void um_node_taken(void *user, int err);

/** Takes a statement that an owner signed here or elsewhere. Errors, and nobody
 * is told: it is none, P2P_ECLOSED (the node ends).
 * @param done may be NULL; told once: in this call if it is not taken */
int um_node_state(struct um_node *n, struct um_str envelope,
                  um_node_taken *done, void *user);

/** What became of an item that a person brings. */
enum um_imported {
    UM_IMPORT_TAKEN,
    UM_IMPORT_KNOWN,  /**< it was here */
    UM_IMPORT_WAITS,  /**< it rests on what is not here yet */
    UM_IMPORT_ASIDE,  /**< of a later version: kept, and not followed */
    UM_IMPORT_FORGED, /**< its signature does not hold, or it is none */
    UM_IMPORT_REFUSED /**< nobody may accept it, or it is of another mesh */
};

/** Takes an item that a person brings, as one that a member sent.
 * @param id set, unless FORGED */
enum um_imported um_node_import(struct um_node *n, enum um_kind kind,
                                struct um_str envelope, struct um_name *id);

/** Takes a document, a script or a sealed object that a person brings.
 * @param hash set to its name. Errors: as um_papers_put() */
int um_node_give(struct um_node *n, struct um_str bytes, struct um_name *hash);

/** The model, to read. Valid until the loop goes on. */
struct um_model *um_node_model(struct um_node *n);

/** What others want of it, and their rows. */
const struct um_shelf *um_node_shelf(const struct um_node *n);

/** For status pages. */
struct um_node_stats {
    struct um_links_stats links;
    struct um_hints_stats hints;
    /** From the signature of a revision, by its author's clock, until it ran
     * here; of those that were made since this node began. */
    struct um_histogram delay;
};

/** A snapshot of the counters. */
void um_node_stats(const struct um_node *n, struct um_node_stats *out);

/** How often there was something to be told to people since the node began, by
 * what it was. @param word set to the event's word @return false: there is no
 * i-th one */
bool um_node_noticed(const struct um_node *n, size_t i, const char **word,
                     uint64_t *times);

/** Documents. */
struct um_papers *um_node_papers(struct um_node *n);

/** Sealed objects and scripts. */
struct um_vault *um_node_vault(struct um_node *n);

/** Seals bytes for all members and writers. As um_sealer_seal(). */
int um_node_seal(struct um_node *n, struct um_str name, struct um_str bytes,
                 struct um_name *hash);

/** Invitations, and who waits. */
struct um_welcome *um_node_welcome(struct um_node *n);

/** What is known of Unit; NULL: there is none. */
struct um_hands *um_node_hands(struct um_node *n);

/** Why Unit does not answer; NULL: it does, or nobody asked yet. */
const char *um_node_absent(const struct um_node *n);

/** The way to the store. */
struct um_disk *um_node_disk(struct um_node *n);

/** The name of this member. */
const struct um_name *um_node_me(const struct um_node *n);

/** What time it is by the clock that does not go back, in ms: later than the
 * model's, which is that of its last step. */
uint64_t um_node_mono_ms(struct um_node *n);

/** An owner's key that is here: owner.key, or the node's own, if that was made
 * an owner's. NULL: none. */
const struct p2p_key *um_node_owner(struct um_node *n);

/** There is an owner's key from now on; borrows it. */
void um_node_use_owner(struct um_node *n, const struct p2p_key *owner);

/** Whether it is an owner's now: it may be of a mesh that this node left. */
bool um_node_owns(struct um_node *n);

/** Whether the others could have nobody let in or removed if this node went: no
 * owner's key is elsewhere, um_owner_is_last(). */
bool um_node_is_last_owner(struct um_node *n);

/** Facts of a member for overlays and variables. Errors: P2P_ENOMEM. */
int um_node_facts(struct um_node *n, const struct um_name *member,
                  struct um_arena *a, struct um_node_facts *out);

/** Fetches a document that somebody asks for; 0: it is here already,
 * P2P_EAGAIN: it will be, if a connected member has it. */
int um_node_fetch(struct um_node *n, const struct um_name *doc, uint32_t size);

/** Calls back at the next change of anything that people see: the view, rows,
 * what runs here. Once; owned: um_node_unwatch() it, or it was told. */
struct um_watch_node;
typedef void um_node_seen(void *user);
struct um_watch_node *um_node_watch(struct um_node *n, um_node_seen *seen,
                                    void *user);
void um_node_unwatch(struct um_node *n, struct um_watch_node *w);

#endif
