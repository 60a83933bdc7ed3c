/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * All that is wrong with a configuration, each thing with its words and its
 * JSON pointer, in the order in which it was found. An error is what ends it;
 * a warning is what a person should know.
 */
#ifndef UM_DOC_PROBLEMS_H
#define UM_DOC_PROBLEMS_H

#include "mesh/base/arena.h"
#include "mesh/doc/place.h"

/** Problems that a list keeps, half of them warnings; the rest is counted. */
#define UM__CAP_DOC_PROBLEMS 64U

/** How bad it is. */
enum um_severity { UM_PROBLEM_ERROR, UM_PROBLEM_WARNING };

/** One problem. */
struct um_problem {
    enum um_severity severity;
    const char *text;      /**< a constant, for people */
    struct um_str pointer; /**< RFC 6901, in the list's arena */
};

/** A list of them. */
struct um_problems {
    struct um_arena *arena; /**< borrowed */
    struct um_problem item[UM__CAP_DOC_PROBLEMS];
    size_t count;    /**< kept */
    size_t found[2]; /**< by severity, kept or not */
    bool failed;     /**< memory was out: the list says too little */
};

/** Makes an empty list, whose pointers are made in a. */
void um_problems_init(struct um_problems *p, struct um_arena *a);

/** Adds a problem; text must be a constant. */
void um_problems_add(struct um_problems *p, enum um_severity severity,
                     const struct um_place *at, const char *text);

/** The first error, or NULL. */
const struct um_problem *um_problems_error(const struct um_problems *p);

#endif
