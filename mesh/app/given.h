/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What was given for each setting, and by whom. A flag counts before the
 * environment, that before the file: who is nearer to the call.
 */
#ifndef UM_APP_GIVEN_H
#define UM_APP_GIVEN_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh/app/settings_table.h"
#include "mesh/base/arena.h"

/** How often a setting may be given. */
#define UM_GIVEN_MAX 32

/** Bytes of a path of a settings file. */
#define UM_GIVEN_PATH 512

/** Bytes of a place, with what was given there. */
#define UM_GIVEN_PLACE 800

/** Who said so, the weaker first. */
enum um_given_by {
    UM_GIVEN_NOBODY,
    UM_GIVEN_FILE,
    UM_GIVEN_VARIABLE,
    UM_GIVEN_FLAG
};

/** What counts for one setting: texts are borrowed from argv, or of um_given's
 * memory. */
struct um_given_row {
    enum um_given_by by;
    size_t n;
    const char *values[UM_GIVEN_MAX];
    unsigned lines[UM_GIVEN_MAX]; /**< of the file */
};

/** All of them. */
struct um_given {
    struct um_given_row rows[UM_SETTINGS];
    char file[UM_GIVEN_PATH]; /**< which was read; "": there is none */
    struct um_arena memory;
    /** Takes a mistake with its place, a line without its end; NULL: nobody is
     * told. */
    void (*complain)(void *user, const char *line);
    void *user;
    unsigned wrong; /**< mistakes up to now */
};

/** What to read. Texts are borrowed. */
struct um_given_sources {
    int argc; /**< 0: there are no flags */
    char **argv;
    const char *file; /**< NULL: that which flags and variables name */
    const char *name; /**< of the daemon, a flag; NULL: likewise */
};

/**
 * Reads all sources; mistakes are told and counted.
 * @param g zeroed, but for whom to tell
 * @return 1: --help is among the flags, and nothing else was read; or 0
 */
int um_given_read(struct um_given *g, const struct um_given_sources *from);

/** Frees what was copied. */
void um_given_fini(struct um_given *g);

/** Where the i-th value of a setting was given, and what: "--unit x",
 * "UNITMESH_UNIT=x", "FILE:3: unit = x". */
const char *um_given_place(const struct um_given *g, enum um_setting which,
                           size_t i, char out[UM_GIVEN_PLACE]);

/** Tells a mistake that is of no setting, and counts it. */
void um_given_tell(struct um_given *g, const char *line);

/** Tells that this value is wrong. */
void um_given_wrong(struct um_given *g, enum um_setting which, size_t i,
                    const char *why);

#endif
