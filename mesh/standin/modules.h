/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The language modules that a stand-in pretends to have. They come as Unit
 * shows them under /status/modules.
 */
#ifndef UM_STANDIN_MODULES_H
#define UM_STANDIN_MODULES_H

#include "mesh/doc/language.h"
#include "mesh/standin/value.h"

/** Modules; the value is what /status/modules shows. */
struct um_smodules {
    struct um_arena arena;
    struct um_sval shown;
    bool any; /**< each language is there, in each version */
};

/** No modules: external applications only. */
void um_smodules_init(struct um_smodules *m);

/** Frees the modules. */
void um_smodules_fini(struct um_smodules *m);

/**
 * Reads modules from JSON: {"python": {"version": "3.11.7", "lib": "…"}},
 * with an array of such objects where a language has several versions.
 * @return 0, P2P_EFORMAT (m is unchanged) or P2P_ENOMEM
 */
int um_smodules_load(struct um_smodules *m, struct um_str json);

/**
 * The kind of an application's type, "python 3.11" for instance.
 * @return UM_LANGUAGE_UNKNOWN if there is no module for it
 */
enum um_language um_smodules_find(const struct um_smodules *m,
                                  struct um_str type);

#endif
