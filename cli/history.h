/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What the commands about revisions share. */
#ifndef UM_CLI_HISTORY_H
#define UM_CLI_HISTORY_H

#include "cli/answer.h"

/** Appends the path of a revision and what is behind it. */
void um_cli_revision_path(struct um_buf *path, const char *rev,
                          const char *behind);

/** Who made a revision: a name, or the front of an id; returns buf. */
const char *um_cli_author(struct yyjson_val *revision, char buf[UM_CLI_TEXT]);

/** Prints a revision's fields, a line each. */
void um_cli_print_revision(struct yyjson_val *revision);

/**
 * Does what a verb says to a revision: POST part/REV/verb with the message and
 * the guards of the call. Prints what came of it.
 * @return an exit code
 */
int um_cli_act(const struct um_cli *c, const char *part, const char *rev,
               const char *verb);

#endif
