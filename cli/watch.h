/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file A command that looks again and again. */
#ifndef UM_CLI_WATCH_H
#define UM_CLI_WATCH_H

#include "cli/command.h"

/**
 * Runs the verb of a call whenever something happens in the mesh, and at least
 * every two seconds, until it is interrupted. A terminal is drawn anew; what is
 * none gets what the verb says if that is something else than before, apart
 * from how long ago things were.
 * @return an exit code: on what is no terminal that of the first mistake
 */
int um_cli_watch(struct um_cli *c);

#endif
