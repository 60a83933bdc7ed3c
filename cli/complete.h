/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The words that may come next, for shells: "WORD\tWHAT IT IS", a line each;
 * ":files" means the names of files. Of the table of commands; what is only
 * known in a mesh is asked of the daemon, which has a moment for it.
 */
#ifndef UM_CLI_COMPLETE_H
#define UM_CLI_COMPLETE_H

#include "cli/command.h"

/** The command's name, which is in no help. */
#define UM_CLI_COMPLETE_WORD "__complete"

/** `unitmesh __complete WORD…`: those behind "unitmesh"; the last one is where
 * the cursor is. */
int um_cli_complete(int argc, char **argv);

/** What is being completed. */
struct um_offer {
    const char *cur;    /**< what a word has to begin with */
    const char *before; /**< what stands before each: "--wait=" */
};

/** Prints a word, if it begins with what is there; text NULL: none. */
void um_offer_word(const struct um_offer *o, const char *word,
                   const char *text);

/**
 * The words that a usage has there: MEMBER, REV, PATH, FILE, a|b.
 * @param c the call so far; its words are those before
 */
void um_offer_kind(const struct um_offer *o, const struct um_cli *c,
                   const char *kind);

#endif
