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

#include "mesh/base/log.h"
#include "p2p/key.h"

struct um_keys;

/**
 * Keys over a socket.
 * @param fd takes
 * @return owned; NULL: the applier has no key for us, the log says why
 */
struct um_keys *um_keys_new(int fd, const struct um_log *log);

/** Ends them, after all that uses keys of theirs. */
void um_keys_free(struct um_keys *k);

/** The node's key, used like any other; valid as long as the keys. */
struct p2p_key *um_keys_node(struct um_keys *k);

/** An owner's key; NULL: it is not here. Valid until um_keys_leave(). */
struct p2p_key *um_keys_owner(struct um_keys *k);

/** Has an owner's key made and written, unless there is one. 0, or an error. */
int um_keys_make_owner(struct um_keys *k);

/**
 * The mesh was left: the applier may be one of another mesh.
 * @param purge the owner's key goes, too
 * @return 0; P2P_EACCES: it stays bound to that mesh, um_agent_leave(); or an
 *         error
 */
int um_keys_leave(struct um_keys *k, bool purge);

#endif
