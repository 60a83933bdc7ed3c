/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Commands that ask a running daemon over its REST socket. */
#ifndef UM_CLI_CLI_H
#define UM_CLI_CLI_H

/** `unitmesh status`, `peers`, `id`, `publish`: exit codes. */
int um_cli_status(int argc, char **argv);
int um_cli_peers(int argc, char **argv);
int um_cli_id(int argc, char **argv);
int um_cli_publish(int argc, char **argv);

#endif
