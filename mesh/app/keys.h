/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The keys of this node, which its applier holds: they are asked for over a
 * socket, one question at a time, and the answer is waited for. The applier
 * answers at once, whatever its Unit does.
 */
#ifndef UM_APP_KEYS_H
#define UM_APP_KEYS_H

#include <stdbool.h>

#include "mesh/applier/keyring.h"
#include "mesh/base/log.h"
#include "p2p/key.h"

struct um_keys;

/** How they are asked for. */
struct um_keys_cfg {
    int fd;                   /**< takes */
    const struct um_log *log; /**< borrows */
    unsigned patience_ms;     /**< how long an answer is waited for; 0: 20 s */
    /** An answer did not come, or was none. Nothing is asked any more: what
     * comes late would be taken for the answer to something else. Called once,
     * from inside of whatever needed a key; NULL: nobody is told. */
    void (*lost)(void *user, bool closed);
    void *user;
};

/**
 * Keys over a socket.
 * @return owned; NULL: the applier has no key for us, the log says why
 */
struct um_keys *um_keys_new(const struct um_keys_cfg *cfg);

/** Ends them, after all that uses keys of theirs. */
void um_keys_free(struct um_keys *k);

/** A key, used like any other; NULL: it is not here. Valid until it changes. */
struct p2p_key *um_keys_get(struct um_keys *k, enum um_keyring_key which);

/** Has an owner's or the next key made and written, unless there is one. 0, or
 * an error. */
int um_keys_make(struct um_keys *k, enum um_keyring_key which);

/** Has the next key take the place of the node's, which is kept as the old one:
 * nobody may use these any more. 0, or an error: all is as it was. */
int um_keys_succeed(struct um_keys *k);

/**
 * The mesh was left: the applier may be one of another mesh.
 * @param purge the owner's key goes, too, and the node gets another: nobody may
 *              use these any more. The next and the old one always go
 * @return 0; P2P_EACCES: it stays bound to that mesh, um_agent_leave(); or an
 *         error
 */
int um_keys_leave(struct um_keys *k, bool purge);

#endif
