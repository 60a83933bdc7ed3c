/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The token of REST over TCP, kept in the state folder. */
#ifndef UM_APP_TOKEN_H
#define UM_APP_TOKEN_H

#include "mesh/base/log.h"
#include "mesh/rest/auth.h"

/**
 * Reads rest.token (0600) in the folder, or makes it.
 * @param dir the folder's descriptor
 * @return 0, or -1 after it said what is wrong
 */
int um_token_load(int dir, char token[UM_TOKEN_CHARS + 1],
                  const struct um_log *log);

/**
 * Reads a token that opens less, from a file that a person made: its owner and
 * group may read it, and nobody else.
 * @param path NULL: there is none, and the token is ""
 * @return NULL, or what is wrong: valid until the next call on strerror
 */
const char *um_token_read(const char *path, char token[UM_TOKEN_CHARS + 1]);

#endif
