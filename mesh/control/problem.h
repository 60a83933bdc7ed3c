/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is wrong with a request, and how it is said: in Unit's form, or as a
 * problem of RFC 9457.
 */
#ifndef UM_CONTROL_PROBLEM_H
#define UM_CONTROL_PROBLEM_H

#include <stdint.h>

#include "mesh/doc/error.h"
#include "mesh/doc/value.h"

/** A mistake. Texts are borrowed; all but status and error may be empty. */
struct um_problem {
    unsigned status;
    struct um_str error; /**< a title, Unit's where Unit has one */
    struct um_str detail;
    struct um_str offset; /**< in the body; numbers, as text */
    struct um_str line;
    struct um_str column;
    bool has_pointer;
    bool quiet; /**< Unit's form has no place for this pointer */
    struct um_str pointer;
    struct um_str suggestion;
    const char *of; /**< what the pointer leads into: NULL: the configuration;
                         "effective": that of this node; "document", "patch",
                         "body" */
};

/** True if a problem has something to say of where it is. */
bool um_problem_located(const struct um_problem *p);

/**
 * The mistake in a body that is no JSON.
 * @return false if memory is out
 */
bool um_problem_json(struct um_arena *a, const struct um_doc_error *err,
                     struct um_problem *out);

/**
 * Reads an answer of Unit.
 * @param body borrowed as long as out
 * @return 0, P2P_EFORMAT (no answer of Unit) or P2P_ENOMEM
 */
int um_problem_read(struct um_arena *a, struct um_str body,
                    struct um_problem *out);

/**
 * Writes a problem: Unit's form, or RFC 9457's.
 * @param out in a
 * @return 0 or P2P_ENOMEM
 */
int um_problem_write(struct um_arena *a, const struct um_problem *p,
                     bool rfc9457, struct um_str *out);

#endif
