/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is asked before something is changed: a plan on standard error, then
 * "Go on? [y/N]". Nobody is asked where nobody can answer: standard input and
 * standard error have to be terminals. `--yes` and `--dry-run` ask nothing.
 */
#ifndef UM_CLI_CONSENT_H
#define UM_CLI_CONSENT_H

#include "cli/answer.h"

/** Whether somebody is there and has to be asked. */
bool um_cli_asks(const struct um_cli *c);

/** Whether standard input and standard error are terminals. */
bool um_cli_attended(void);

/**
 * Asks, and reads the answer.
 * @param letters what may be answered, small: "yn"
 * @param other what any other answer means, and the end of input
 */
char um_cli_question(const char *text, const char *letters, char other);

/**
 * Asks whether to go on, if um_cli_asks().
 * @param text what would be done, a sentence that is printed before; NULL: none
 * @return UM_EXIT_DONE: go on; else it was said that nothing is changed
 */
int um_cli_consent(const struct um_cli *c, const char *text);

/** Prints the "changes" of an answer, a line each; how many there are. */
size_t um_cli_changes(FILE *out, struct yyjson_val *root);

/** Prints the plan of a change and asks.
 * @param root the answer of a dry run
 * @param against the revision that it was compared with */
int um_cli_consent_changes(const struct um_cli *c, struct yyjson_val *root,
                           const char *against);

/** The same of going from one revision's document to another one's. */
int um_cli_consent_diff(const struct um_cli *c, const char *from,
                        const char *to);

#endif
