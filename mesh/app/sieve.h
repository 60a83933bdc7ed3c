/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file seccomp: which calls of the kernel this process may make. */
#ifndef UM_APP_SIEVE_H
#define UM_APP_SIEVE_H

#include <stdbool.h>

/** Whose calls they are. */
enum um_sieve_role {
    UM_SIEVE_NETWORK, /**< listens and connects */
    UM_SIEVE_APPLIER  /**< connects alone */
};

/**
 * Lets the calls through that such a process makes, for this thread and those
 * that it starts, for ever. All others answer ENOSYS, as on a kernel that has
 * not got them, and those that nobody here makes and an intruder wants answer
 * EPERM. Sets no_new_privs.
 * @return 0; else a negative errno
 */
int um_sieve_set(enum um_sieve_role role);

/** Whether a filter is in force here. */
bool um_sieve_on(void);

#endif
