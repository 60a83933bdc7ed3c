/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How text looks: colours, and how wide it is. What is no terminal gets neither
 * colours nor a width.
 */
#ifndef UM_CLI_STYLE_H
#define UM_CLI_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** What a text is. */
enum um_style {
    UM_STYLE_PLAIN,
    UM_STYLE_TITLE,
    UM_STYLE_GOOD,
    UM_STYLE_CARE, /**< it may become good */
    UM_STYLE_BAD,
};

/** Whether it is a terminal; out: stdout or stderr, also if stdout is a buffer
 * for the time being. */
bool um_style_terminal(const FILE *out);

/** Whether it shows colours: a terminal, unless NO_COLOR is set or TERM is
 * dumb. */
bool um_style_colours(const FILE *out);

/** Its columns: $COLUMNS, or what the terminal says; 0: no end. */
size_t um_style_columns(const FILE *out);

/** Its rows; 0: no end. */
size_t um_style_rows(const FILE *out);

/** What begins a style; "" ends none. um_style_end() ends it. */
const char *um_style_begin(enum um_style style);
const char *um_style_end(enum um_style style);

/** What a word is that tells a state: "synced", "refused". */
enum um_style um_style_of(const char *state);

/** The columns that a text takes, of UTF-8 that is harmless; of a character
 * that is wide two. */
size_t um_style_width(const char *text);

/** The bytes at the front of a text that take no more columns than that, and
 * how many these take. */
size_t um_style_front(const char *text, size_t columns, size_t *taken);

#endif
