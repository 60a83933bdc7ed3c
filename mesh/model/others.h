/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The latest row of each other member: what they say of themselves (rule 10).
 * Rows choose whom to open and when to hold; no view reads them.
 */
#ifndef UM_MODEL_OTHERS_H
#define UM_MODEL_OTHERS_H

#include "mesh/trust/roster.h"
#include "mesh/trust/row.h"

/** The most members whose rows are kept; those of others are not looked at, as
 * if they were silent. */
#define UM__CAP_OTHERS 4096U

/** A row, with the bytes that it borrows from behind it. */
struct um_heard {
    struct um_row row;
    uint64_t heard_ms; /**< when it came, by our steady clock */
    struct um_str envelope;
};

/** All zero is empty. Ascending by member. */
struct um_others {
    struct um_heard **list;
    size_t n;
    size_t cap;
};

/** Frees it. */
void um_others_fini(struct um_others *r);

/**
 * Takes a row, if it is of a member and newer than the one that is there.
 * @param envelope borrows a row's, verified
 * @return 0, P2P_EDUP (not newer), P2P_EACCES (of nobody who is a member),
 *         P2P_EPEER (another mesh), P2P_EFORMAT, P2P_ELIMIT, P2P_ENOMEM
 */
int um_others_add(struct um_others *r, struct um_roster *roster,
                  struct um_str envelope, uint64_t mono_ms);

/** The row of a member, or NULL. Valid until the next add. */
const struct um_heard *um_others_find(const struct um_others *r,
                                      const struct um_name *member);

/** Whether a row names a revision as bad. */
bool um_others_names_bad(const struct um_row *row, const struct um_name *rev);

#endif
