/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The state folder: a lock, and the node's key. */
#ifndef UM_APP_STATE_H
#define UM_APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <p2p/key.h>

#include "mesh/base/log.h"

/** An open state folder; it stays locked until um_state_close(). */
struct um_state {
    int dir;  /**< the folder's descriptor */
    int lock; /**< holds the lock */
    struct p2p_key *key;
    struct p2p_key *owner; /**< of a mesh, if it is here; NULL: it is not */
    struct p2p_key *next;  /**< that is to be in the place of key; or NULL */
    struct p2p_key *old;   /**< in whose place key is; NULL: none is kept */
};

/**
 * Opens or makes the folder (0700), locks it, and reads node.key or makes it
 * (0600). What is wrong goes to the log, with the path.
 * @return 0, or -1
 */
int um_state_open(struct um_state *s, const char *path,
                  const struct um_log *log);

/** The same without a key: somebody else holds those. */
int um_state_hold(struct um_state *s, const char *path,
                  const struct um_log *log);

/** The keys alone, in a folder that another process holds: node.key is made if
 * there is none, owner.key read if there is one. */
int um_state_visit(struct um_state *s, const char *path,
                   const struct um_log *log);

/**
 * Opens the folder; if there is none, makes it (0700) and those above it (the
 * mode `above`).
 * @return a descriptor, owned; or -1, with errno
 */
int um_state_folder(const char *path, unsigned above);

/** Reads owner.key, if there is one. 0, or -1: it is no good; the log says why.
 */
int um_state_owner(struct um_state *s, const struct um_log *log);

/** Writes owner.key (0600). Takes the key if it returns 0; -1: it cannot. */
int um_state_keep_owner(struct um_state *s, struct p2p_key *owner,
                        const struct um_log *log);

/**
 * Opens a folder to look at what is in it while no daemon runs on it: nothing
 * is made, the key is not read, and none can start until um_state_close(). What
 * is wrong goes to the log, with the path.
 * @return 0, or -1
 */
int um_state_look(struct um_state *s, const char *path,
                  const struct um_log *log);

/** Removes owner.key; fine if there is none. 0, or -1: it cannot. */
int um_state_drop_owner(struct um_state *s, const struct um_log *log);

/** Whether a mesh with owners left its database here. */
bool um_state_has_roster(const struct um_state *s);

/** Makes node.key.next, unless there is one. 0, or -1: the log says why. */
int um_state_make_next(struct um_state *s, const struct um_log *log);

/** Puts the next key in the place of the node's, which is kept as node.key.old:
 * it opens what was sealed for it. 0, or -1: all is as it was, and the log says
 * why. */
int um_state_succeed(struct um_state *s, const struct um_log *log);

/** Removes the next key and the old one; fine if there are none. */
void um_state_drop_others(struct um_state *s);

/** Notes that all of the folder's database was looked at and holds: when is
 * then known. Nothing happens if it cannot be written. */
void um_state_note_verified(const struct um_state *s);

/** That is forgotten. */
void um_state_drop_verified(const struct um_state *s);

/** When that was, in seconds since 1970; 0: never. */
int64_t um_state_verified(const struct um_state *s);

/** Room for a version. */
#define UM_STATE_VERSION 32

/** Which version of unitmesh wrote the folder's database last; "": that is not
 * known. For people: nothing rests on it. */
void um_state_wrote(const struct um_state *s, char out[UM_STATE_VERSION]);

/** Notes it. Nothing happens if it cannot be written. */
void um_state_note_wrote(const struct um_state *s, const char *version);

/** Takes the note away, with the database; fine if there is none. */
void um_state_forget_wrote(const struct um_state *s);

/** Closes it; the lock goes with it. */
void um_state_close(struct um_state *s);

#endif
