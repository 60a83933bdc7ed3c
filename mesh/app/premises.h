/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Who owns what, where the network's process and the applier live. */
#ifndef UM_APP_PREMISES_H
#define UM_APP_PREMISES_H

#include "mesh/app/user.h"
#include "mesh/base/log.h"

/** The applier's folder in the state folder. */
#define UM_PREMISES_APPLIER "applier"

/** The places. Borrows. */
struct um_premises {
    const char *state;          /**< the state folder */
    const char *control;        /**< the REST socket */
    const struct um_user *user; /**< whom the network's process becomes */
    bool keys_stay;             /**< they are not his: the applier holds them */
};

/**
 * Makes the folders and gives everybody his own, while we still may.
 *
 * For another user than ours the state folder stays ours, of his group and
 * sticky: he makes, changes and removes his files in it, and none of ours. His
 * are the store, the lock, the token and what the stand-in keeps, and the keys
 * unless they stay; the policy he may read. Who is not root can do so in a
 * folder of his own, for a user whose group he is in, too. The applier's folder
 * is ours alone (0700): one that is not, is refused. The socket's folder
 * becomes his, if it was made here or is one of /run/unitmesh. When there is no
 * other user any more, what he had comes back to us.
 *
 * Only what is known by name changes hands, never through a link, and only in a
 * folder that is new, empty but for the applier's, or has our lock in it.
 * @return 0, or -1: the log says why
 */
int um_premises_part(const struct um_premises *p, const struct um_log *log);

#endif
