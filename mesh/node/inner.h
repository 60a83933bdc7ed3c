/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A node as the files of this folder know it: node.c begins and ends it, step.c
 * feeds the model, effects.c does what it wants, others.c hears the members,
 * ours.c this node's Unit.
 */
#ifndef UM_NODE_INNER_H
#define UM_NODE_INNER_H

#include "mesh/model/outbox.h"
#include "mesh/node/disk.h"
#include "mesh/node/early.h"
#include "mesh/node/hide.h"
#include "mesh/node/hints.h"
#include "mesh/node/links.h"
#include "mesh/node/node.h"
#include "mesh/node/papers.h"
#include "mesh/node/probing.h"
#include "mesh/node/evidence.h"

/** How often documents that are needed no more are looked for, in ms. */
#define UM_NODE_PRUNE_MS 3600000U

/** How often rows of others go to the disk, in ms. */
#define UM_NODE_ROWS_MS 30000U

/** How soon a node says its row once more, to who could not hear it before, in
 * ms, or as soon as news go out, whichever is later: what makes members come is
 * over by then, and one time does for all. */
#define UM_NODE_REPEAT_MS 500U

/** How long who lost its roles is still told what all are told, in ms: that it
 * lost them, above all. Then it is a stranger. */
#define UM_NODE_FAREWELL_MS 300U

/** Keys of which that is remembered; others are strangers at once. */
#define UM_NODE_LEAVING_MAX 16U

/** Ids of items of a later version, as many as the store keeps. */
#define UM__CAP_NODE_ASIDE 1024U

/** Jobs that wait for the disk before items of others are left with them: a
 * full disk is no reason to fill the memory. */
#define UM__CAP_NODE_BEHIND 4096U

/** A command that waits for its REPLY. */
struct um_node_request {
    struct um_node_request *next;
    uint64_t number;
    uint64_t at_ms; /* since when it waits */
    um_node_replied *done;
    void *user;
};

/** An item that this node brought, and tells of when it is on disk. */
struct um_node_own {
    struct um_node_own *next;
    uint64_t seq;
    enum um_kind kind;
    struct um_name id;
    um_node_taken *done;
    void *user;
    size_t len;
    char envelope[];
};

/** A MAKE whose document, or what that names, is not here yet. */
struct um_node_make {
    struct um_name revision;
    struct um_name doc;
    uint32_t doc_bytes;
};

struct um_watch_node {
    struct um_watch_node *next;
    um_node_seen *seen;
    void *user;
};

struct um_node {
    struct um_node_cfg cfg;
    struct um_name me;
    struct um_model model;
    bool loaded;
    bool ending; /* what is on its way to the disk is written and answered */
    bool over;   /* it is broken: nothing more is done */
    struct um_outbox outbox;
    bool draining;
    uint64_t queued;    /* up to here all is in the disk's row */
    uint64_t persisted; /* up to here all is on disk */
    void *tick;
    uint64_t tick_ms; /* when it goes off */
    struct um_shelf *shelf;
    struct um_disk *disk;
    struct um_papers *papers;
    struct um_vault vault;
    struct um_links *links;
    struct um_hints *hints;
    struct um_welcome *welcome;
    struct um_probing *probing;    /* how what runs here does */
    bool told_unit;                /* that these are the hands of this node */
    struct um_name told_confirmed; /* the last that they heard is confirmed */
    struct um_sync_source source;
    struct um_node_request *requests;
    uint64_t requests_n;     /* ever */
    struct um_node_own *own; /* in the order of their seq */
    /* The newest first; as many as the model remembers, which asks anew for
     * those that it forgot. */
    struct um_node_make makes[UM_MADE_KEPT];
    size_t makes_n;
    struct um_lock lock;           /* of what Unit shows */
    struct um_name wanted;         /* the document of the current revision */
    struct um_node_trial *trial;   /* that was not told yet; NULL: none */
    struct um_node_trial *scratch; /* for the scratch Unit: the first is there,
                                      others wait */
    struct um_watch_node *watchers;
    struct um_watch_node *firing; /* those that are being told */
    void *watch_alarm;
    void *note_alarm;
    void *late; /* whoever waits for the disk is looked after */
    struct um_name aside[UM__CAP_NODE_ASIDE];
    size_t aside_n;
    char newest[UM__CAP_ROW_DAEMON_BYTES + 1]; /* that was told of */
    bool forged; /* the item of the step that runs can never be taken */
    bool roster_changed;
    bool is_new; /* it syncs with whoever is connected, to hear of the others */
    bool met;    /* since it is so, a member that has nothing else */
    struct um_buf rows; /* members whose row is not on disk, as names */
    bool rows_busy;     /* some are on their way there */
    void *rows_alarm;
    char absent[256]; /* why Unit was not there, when it was not */
    struct um_early early;
    struct um_name leaving[UM_NODE_LEAVING_MAX]; /* they lost roles just now */
    size_t leaving_n;
    void *farewell; /* the alarm after which they are strangers */
    void *repeat;   /* the alarm by which this node's row is said once more */
    void *prune_alarm;
    uint64_t began_ms; /* by the plain clock */
    struct um_histogram delay;
    uint64_t delay_number; /* of the revision that it was measured of last */
    uint64_t noticed[UM_NOTICES];
};

/** A configuration that Unit is given before there is a revision of it. */
struct um_node_trial {
    struct um_node_trial *next; /**< of those for the scratch Unit */
    struct um_name doc;
    struct um_name effective;
    um_node_tried *tried;
    void *user;
};

/** Whether a key may sync and use the bus. */
bool um_node_member_may(struct um_node *n, const struct um_name *member);

/** A key loses roles: it hears of that. */
void um_node_farewell(struct um_node *n, const struct um_name *key);

/** Whether who was new still is: without a role, or it met no member. */
bool um_node_still_new(struct um_node *n);

/** This node and a member have the same now. */
void um_node_met(struct um_node *n, const struct um_name *member);

/* ---- step.c */

/** Tells the model what happened, and does what it wants. The moments of e are
 * set. */
void um_node_step(struct um_node *n, struct um_event *e);

/** The same with items that this node brought: `done` is told when they are on
 * disk, and others hear of them then. */
void um_node_bring(struct um_node *n, enum um_kind kind, struct um_str envelope,
                   um_node_taken *done, void *user);

/** It cannot go on. */
void um_node_break(struct um_node *n, const char *why);

/** People may look again: watchers are told soon. */
void um_node_stir(struct um_node *n);

/* ---- requests.c */

/** Somebody waits for the disk: not for ever. */
void um_node_hurry(struct um_node *n);

/* ---- effects.c */

/** Does one thing that the model wants, now. */
void um_node_carry(struct um_node *n, const struct um_effect *e);

/** An item is in its set: others may have it. */
void um_node_shelve(struct um_node *n, enum um_kind kind,
                    const struct um_name *id, struct um_str envelope);

/** Reads a statement that was verified. */
int um_node_statement(struct um_str envelope, struct um_statement *out);

/** Tells others of it, soon. */
void um_node_say(struct um_node *n, enum um_kind kind, const struct um_name *id,
                 struct um_str envelope);

/** Tells people something, besides the log. */
void um_node_tell(struct um_node *n, const char *event, const char *about,
                  const char *text);

/** Forgets commands and items that were not answered for. */
void um_node_forget(struct um_node *n);

/* ---- others.c */

/** Tables of functions for links, hints and sessions. */
extern const struct um_links_cb um_node_links_cb;
extern const struct um_hints_cb um_node_hints_cb;
void um_node_source(struct um_node *n, struct um_sync_source *out);

/** Keeps a row, of this node or another, and writes it some time; `believed` as
 * in struct um_shelf_row. */
void um_node_keep_row(struct um_node *n, const struct um_row *row,
                      struct um_str envelope, bool believed);

/** Writes rows that are not on disk. */
void um_node_write_rows(struct um_node *n);

/** Judges the rows that came before their key was a member's, of those that
 * are now. */
void um_node_hear_early(struct um_node *n);

/** Says this node's row once more, soon: there are members who cannot have
 * heard it. */
void um_node_repeat_row(struct um_node *n);

/* ---- ours.c */

extern const struct um_runner_cb um_node_runner_cb;

/** Makes the configuration of a document for this node. As um_maker_make(). */
int um_node_make_it(struct um_node *n, const struct um_name *doc,
                    struct um_maker_out *out);

/** Whether a MAKE waits for a document, or it is to be here for later. */
bool um_node_waits(const struct um_node *n, const struct um_name *doc);

/** Has the document of the current revision fetched, also where it is not to
 * run yet: its author may be gone when it is. */
void um_node_want_target(struct um_node *n);

/** Tries again what waits for documents, and asks for them. */
void um_node_remake(struct um_node *n);

/* ---- orders.c */

/** Begins to use the hands: what ran last, and the roster. */
int um_node_take_unit(struct um_node *n);

/** A statement is in the roster: the applier hears of it. */
void um_node_tell_unit(struct um_node *n, struct um_str envelope);

/** Has the applier hear that what runs was confirmed, once, and once that is on
 * the disk: it would remember what this node forgets in a crash. */
void um_node_tell_confirmed(struct um_node *n);

/** No configuration can be made of a revision here: the applier sees for
 * itself, so that what ran before may come back. */
void um_node_examine(struct um_node *n, const struct um_name *revision);

/** What this node applied, if the applier does not know of it: it sees for
 * itself that Unit runs it. */
void um_node_note(struct um_node *n);

/** MAKE, APPLY, KEEP and MERGE. */
void um_node_make(struct um_node *n, const struct um_effect *e);
void um_node_apply(struct um_node *n, const struct um_effect *e);
void um_node_keep(struct um_node *n, const struct um_effect *e);
void um_node_merge(struct um_node *n, const struct um_effect *e);

/** Forgets a trial, or those for the scratch Unit; nobody is told. */
void um_node_forget_trial(struct um_node *n);
void um_node_forget_scratch(struct um_node *n);

#endif
