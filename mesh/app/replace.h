/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Another key in the place of a member's: of a new machine, or of the same one.
 * It gets the roles, the labels and the name, and the old key goes; what that
 * wrote stays.
 */
#ifndef UM_APP_REPLACE_H
#define UM_APP_REPLACE_H

#include "mesh/app/daemon.h"

/** POST /mesh/members/MEMBER/replace: {"by": PEER}. */
void um_replace_member(struct um_daemon *d, struct um_http_req *req);

/** POST /mesh/rotate: this node gets another key, at once if an owner's key is
 * here; else an owner has to say so. {"take": true}: an owner said so, and this
 * node could not hear it. */
void um_replace_own(struct um_daemon *d, struct um_http_req *req);

/** Looks from now on whether the next key of this node is a member's, and takes
 * it then. */
void um_replace_watch(struct um_daemon *d);

/** Looks no more. */
void um_replace_rest(struct um_daemon *d);

#endif
