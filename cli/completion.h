/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The files of cli/completion, put into the program when it is built:
 * tools/embed.py writes the files that define these; each ends with a zero byte
 * that its length does not count. */
#ifndef UM_CLI_COMPLETION_H
#define UM_CLI_COMPLETION_H

#include <stddef.h>

extern const char um_bash_text[];
extern const size_t um_bash_bytes;
extern const char um_zsh_text[];
extern const size_t um_zsh_bytes;
extern const char um_fish_text[];
extern const size_t um_fish_bytes;

#endif
