/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file A file of lines `key = value`, each with its number. */
#ifndef UM_APP_INIFILE_H
#define UM_APP_INIFILE_H

#include <stdio.h>

/** Who is told what stands in it; texts are valid until the call returns. */
struct um_inifile_cb {
    /** A pair, in the file's order. */
    void (*pair)(void *user, unsigned line, const char *key, const char *value);
    /** A line that is wrong. */
    void (*wrong)(void *user, unsigned line, const char *why);
    void *user;
};

/** Reads all of it. Lines that begin with # or ; are comments, a line that
 * begins with a space is one more value of the key above. */
void um_inifile_read(FILE *in, const struct um_inifile_cb *cb);

#endif
