/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The table of commands as JSON: manual pages are made of it when this
 * is built, see tools/manpages.py. */
#ifndef UM_CLI_GRAMMAR_H
#define UM_CLI_GRAMMAR_H

/** The command's name, which is in no help. */
#define UM_CLI_GRAMMAR_WORD "__grammar"

/** Prints it; an exit code. */
int um_cli_grammar(void);

#endif
