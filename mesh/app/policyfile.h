/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The file of a node's policy: docs/reference/policy.md. */
#ifndef UM_APP_POLICYFILE_H
#define UM_APP_POLICYFILE_H

#include "mesh/base/log.h"
#include "mesh/trust/policy.h"

/** A policy that was read. */
struct um_policy_file {
    struct um_policy policy;
    struct um_arena memory;
};

/**
 * Reads it: the file that was named, or policy.json in the state folder, if
 * there is one.
 * @param state the folder
 * @param named NULL: no file was named
 * @return 0; else what is wrong is in the log, with the path
 */
int um_policy_file_read(struct um_policy_file *f, const char *state,
                        const char *named, const struct um_log *log);

/** Frees it. */
void um_policy_file_fini(struct um_policy_file *f);

#endif
