/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The command that looks at the store of a daemon that does not run. */
#ifndef UM_CLI_VERIFY_H
#define UM_CLI_VERIFY_H

/** `unitmesh verify`: exit codes. */
int um_cli_verify(int argc, char **argv);

#endif
