/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The patterns of a route: exact text, text with asterisks, or behind a tilde
 * a regular expression; an exclamation mark in front negates.
 */
#ifndef UM_STANDIN_PATTERN_H
#define UM_STANDIN_PATTERN_H

#include "mesh/standin/value.h"

/** Bytes of a pattern that can match; a longer one never does. */
#define UM__CAP_STANDIN_PATTERN_BYTES 4096U

/** How a pattern is compared. */
struct um_spattern_how {
    bool nocase;  /**< letters have no case */
    bool encoded; /**< the pattern is URL-encoded */
    bool plus;    /**< and a plus in it is a blank */
};

/**
 * Matches one pattern, an exclamation mark included.
 * @param pattern as it stands in the configuration
 */
bool um_spattern_match(struct um_str pattern, struct um_str subject,
                       const struct um_spattern_how *how);

/**
 * Matches a pattern or a list of them, as Unit combines them: the first
 * positive one that fits decides, the first negative one that does not, else
 * the last.
 */
bool um_spattern_list(const struct um_sval *patterns, struct um_str subject,
                      const struct um_spattern_how *how);

#endif
