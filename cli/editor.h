/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file A text in somebody's editor. */
#ifndef UM_CLI_EDITOR_H
#define UM_CLI_EDITOR_H

#include "cli/answer.h"

/** A text that is being edited. */
struct um_editor {
    char file[512]; /**< where it is; "": nowhere yet */
};

/**
 * Writes a text into a file of its own, which nobody else may read: in $TMPDIR.
 * @return UM_EXIT_DONE, or an exit code after it was said what is wrong
 */
int um_editor_begin(struct um_editor *e, struct um_str text);

/**
 * Opens it with $VISUAL, $EDITOR, `editor` or `vi`, and waits.
 * @param out emptied, then what the file has then, whatever went wrong
 * @return UM_EXIT_DONE, or an exit code after it was said what is wrong
 */
int um_editor_run(const struct um_editor *e, struct um_buf *out);

/** Removes the file. */
void um_editor_drop(struct um_editor *e);

/** Leaves the file where it is, and says where. */
void um_editor_keep(const struct um_editor *e);

#endif
