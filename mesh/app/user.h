/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Another user of this machine, to become for good. */
#ifndef UM_APP_USER_H
#define UM_APP_USER_H

#include <stdbool.h>
#include <sys/types.h>

/** A user. */
struct um_user {
    uid_t uid;
    gid_t gid;
    char name[64];  /**< or its number */
    bool own_group; /**< nobody else is in its group by being a user */
};

/** What a process may still do of what root may, as bits of um_user_become().
 */
enum um_user_keeps {
    UM_USER_KEEPS_PORTS = 1, /**< bind ports below 1024 */
    UM_USER_KEEPS_FILES = 2  /**< open files whoever owns them */
};

/**
 * A user by name or number. A number that nobody has is a user of its own
 * group.
 * @return 0; P2P_ENOTFOUND: no such user; P2P_EINVAL: a number out of range
 */
int um_user_find(const char *text, struct um_user *out);

/** The user that we are. */
void um_user_self(struct um_user *out);

/**
 * Becomes the user in all ways there are: groups, saved ids, capabilities but
 * those of `keeps` (bits), the bounding set. To become who we are drops the
 * capabilities alone. Call it while there is one thread: capabilities are a
 * thread's.
 * @return 0; else negative, errno says why, and `step` (borrowed for ever)
 *         names what did not work; nothing must be trusted then to be as it was
 */
int um_user_become(const struct um_user *u, unsigned keeps, const char **step);

/**
 * From now on files are opened and made as this user does it, by this thread;
 * all else stays. With who we are it ends. Without effect for who is not root.
 */
void um_user_files(const struct um_user *u);

/**
 * Whether um_user_become() would work: a child tries it.
 * @param why set if not: in words
 */
bool um_user_try(const struct um_user *u, char *why, size_t cap);

#endif
