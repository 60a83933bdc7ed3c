/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What `unitmesh run` would be told by its settings file. */
#ifndef UM_CLI_SETTINGS_H
#define UM_CLI_SETTINGS_H

#include "cli/command.h"

/** `unitmesh config check [FILE]`: exit codes. */
int um_cli_settings_check(struct um_cli *c);

#endif
