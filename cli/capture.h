/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What goes to standard output, kept in memory for a while. */
#ifndef UM_CLI_CAPTURE_H
#define UM_CLI_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** A while. */
struct um_capture {
    FILE *real;
    char *text; /**< after the end: what there was, with a zero byte */
    size_t len;
};

/** Begins: whatever is printed is kept. false: memory is out. */
bool um_capture_begin(struct um_capture *c);

/** Ends it: text is there. */
void um_capture_end(struct um_capture *c);

/** Frees the text. */
void um_capture_fini(struct um_capture *c);

#endif
