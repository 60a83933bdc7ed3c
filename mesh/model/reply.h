/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What comes of a command, for people: a sentence, an HTTP status, and the word
 * of the command line that overrides a guard.
 */
#ifndef UM_MODEL_REPLY_H
#define UM_MODEL_REPLY_H

#include "mesh/model/effects.h"

/** An answer, in words. */
struct um_reply_words {
    const char *text; /**< a constant */
    const char *flag; /**< "--force"; NULL: nothing overrides it */
    unsigned status;  /**< of HTTP */
};

/** The words of an answer. */
const struct um_reply_words *um_reply_words(enum um_reply a);

#endif
