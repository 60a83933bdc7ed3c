/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Requests that make a revision, and how their outcome is shown. */
#ifndef UM_CLI_CHANGE_H
#define UM_CLI_CHANGE_H

#include "cli/answer.h"

/**
 * Sends a change with what the call's flags say: message, If-Match, the policy
 * and what overrides guards. Prints the new revision, or the changes of a dry
 * run.
 * @param path the request's, not ended; flags are appended
 * @param body p NULL: none
 * @return an exit code
 */
int um_cli_change(const struct um_cli *c, const char *method,
                  struct um_buf *path, struct um_str body);

/**
 * The entity tag of the document in force, with its quotes.
 * @return UM_EXIT_DONE, or an exit code after it was said why not
 */
int um_cli_tag(const struct um_cli *c, char tag[128]);

/** The revision of an entity tag as people say it: r42.9f3c. */
void um_cli_tag_name(const char tag[128], char name[32]);

#endif
