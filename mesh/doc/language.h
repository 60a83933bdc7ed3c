/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What an application is written in: the "type" of it, "python 3.11" for
 * instance, and the modules that a Unit shows under /status/modules.
 */
#ifndef UM_DOC_LANGUAGE_H
#define UM_DOC_LANGUAGE_H

#include "mesh/doc/value.h"

/** Kinds of applications. */
enum um_language {
    UM_LANGUAGE_EXTERNAL,
    UM_LANGUAGE_PYTHON,
    UM_LANGUAGE_PHP,
    UM_LANGUAGE_PERL,
    UM_LANGUAGE_RUBY,
    UM_LANGUAGE_JAVA,
    UM_LANGUAGE_WASM,
    UM_LANGUAGE_WASM_WC,
    UM_LANGUAGE_UNKNOWN,
};

/** A type, taken apart; views of its text. */
struct um_language_type {
    enum um_language language;
    struct um_str name;
    struct um_str version; /**< may be empty: any */
};

/** Takes a type apart: a name and, behind a blank or at the first digit, a
 * version. "go" is an external application, as in Unit. */
struct um_language_type um_language_split(struct um_str type);

/** Whether a module's version is what a type wants: a prefix of it that ends
 * where a part of it ends. */
bool um_language_fits(struct um_str have, struct um_str want);

/**
 * Whether a Unit with these modules can run a type.
 * @param modules what /status/modules shows
 */
bool um_language_runs(const struct um_val *modules, struct um_str type);

#endif
