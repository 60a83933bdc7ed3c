/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is wrong with a configuration, as far as it can be said without asking
 * a Unit: where something is named that is not there, addresses that are none,
 * listeners that lead nowhere. All of it, and not only the first; never what a
 * Unit takes. Types, ranges and the members of each object are Unit's business
 * (docs/adr/0013).
 */
#ifndef UM_DOC_CHECK_H
#define UM_DOC_CHECK_H

#include "mesh/doc/problems.h"
#include "mesh/doc/value.h"

/** What is known of a Unit and of what travels beside the document. */
struct um_check_known {
    void *user;
    /** Whether there is a certificate, a script, of a name; NULL: not known,
     * and nothing is said. */
    bool (*certificate)(void *user, struct um_str name);
    bool (*script)(void *user, struct um_str name);
    const struct um_val *modules; /**< /status/modules; NULL: not known */
    /** The Unit is later than 1.36: what is not known here may be known there,
     * so it is a warning. */
    bool later;
};

/**
 * Checks a configuration.
 * @param a scratch memory
 * @param known borrowed
 * @param out what was found is added
 * @return 0: out says it all; P2P_ENOMEM
 */
int um_doc_check(struct um_arena *a, const struct um_val *config,
                 const struct um_check_known *known, struct um_problems *out);

#endif
