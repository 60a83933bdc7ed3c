/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file seccomp: which calls of the kernel this process may make. */
#ifndef UM_APP_SIEVE_H
#define UM_APP_SIEVE_H

#include <stdbool.h>

/** Whether a sanitizer is built in: it stops the threads of its own process to
 * look for leaks, so ptrace and another process are let through then. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UM_SIEVE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define UM_SIEVE_SANITIZED 1
#endif
#endif
#ifndef UM_SIEVE_SANITIZED
#define UM_SIEVE_SANITIZED 0
#endif

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
