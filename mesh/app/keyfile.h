/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Keys in files, as a state folder has them: libp2p's private key, for
 * nobody's eyes but ours. */
#ifndef UM_APP_KEYFILE_H
#define UM_APP_KEYFILE_H

#include <p2p/key.h>

#include "mesh/base/log.h"

/** A file with a key; all borrowed. */
struct um_keyfile {
    int dir; /**< its folder's descriptor; AT_FDCWD */
    const char *name;
    const char *temp; /**< what it is called while it is written */
    const char *hint; /**< what can be done if it is no good, for the log */
    const struct um_log *log;
};

/** Reads it. @param out owned. 0; 1: there is none; -1: it is no good, and the
 * log says why. */
int um_keyfile_read(const struct um_keyfile *k, struct p2p_key **out);

/** Writes it, in the place of what is there. 0, or -1: the log says why. */
int um_keyfile_write(const struct um_keyfile *k, const struct p2p_key *key);

#endif
