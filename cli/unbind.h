/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * An applier lets go of its mesh when a person says so that the daemon cannot
 * speak for: by a file in its folder.
 */
#ifndef UM_CLI_UNBIND_H
#define UM_CLI_UNBIND_H

/**
 * Puts the file there, if the applier's folder is ours and nobody else's.
 * @param state borrows; the state folder
 * @return the folder's descriptor, for um_cli_unbind_end(); -1: it is not ours
 */
int um_cli_unbind_begin(const char *state);

/** Takes it away again, if the applier has not; takes the descriptor. -1 is
 * fine. */
void um_cli_unbind_end(int dir);

#endif
