/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The invitations that this node gave out: mesh/trust/invite.h.
 */
#ifndef UM_STORE_INVITES_H
#define UM_STORE_INVITES_H

#include "mesh/store/store.h"
#include "mesh/trust/invite.h"

/** The most invitations at a time. When there is no room, those that are used
 * up or expired go; if there are none, a new one is refused. */
#define UM__CAP_STORE_INVITES 256

/**
 * Keeps a new invitation.
 * @param now_ms the plain clock
 * @return 0, P2P_EEXIST (its id), P2P_ELIMIT, P2P_EINVAL (a moment that is
 *         none), s->trouble
 */
int um_invites_add(struct um_store *s, const struct um_invite *invite,
                   uint64_t now_ms);

/** The invitation with an id, for its key. Wipe it when done. Errors:
 * P2P_ENOTFOUND, P2P_EFORMAT, s->trouble. */
int um_invites_get(struct um_store *s, const uint8_t id[UM_INVITE_ID_BYTES],
                   struct um_invite *out);

/**
 * Takes one use of it and keeps that it did. Outside of a batch the use is on
 * the disk when this returns 0, in one when that was committed: only then may
 * the joiner be answered.
 * @return 0, P2P_ENOTFOUND, P2P_ETIMEDOUT (expired), P2P_ELIMIT (used up),
 *         P2P_EFORMAT, s->trouble
 */
int um_invites_take(struct um_store *s, const uint8_t id[UM_INVITE_ID_BYTES],
                    uint64_t now_ms);

/**
 * The first invitation whose id is above one; ascending.
 * @param after may be of out; eight zeros: the first of all
 * @return 1, 0 (none), P2P_EFORMAT, s->trouble
 */
int um_invites_next(struct um_store *s, const uint8_t after[UM_INVITE_ID_BYTES],
                    struct um_invite *out);

/** Takes it back. Errors: P2P_ENOTFOUND, s->trouble. */
int um_invites_drop(struct um_store *s, const uint8_t id[UM_INVITE_ID_BYTES]);

#endif
