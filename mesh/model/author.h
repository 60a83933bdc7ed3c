/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What this node's key signs: new revisions and facts. They are taken like
 * those of others, stored, and hinted when they are on disk.
 */
#ifndef UM_MODEL_AUTHOR_H
#define UM_MODEL_AUTHOR_H

#include "mesh/model/core.h"

/**
 * Makes a revision. Parents are in r->parents; number, clock, mesh and, unless
 * the policy is immediate, the first batch are filled in.
 * @param r     its id is set
 * @param first who is in the first batch; NAMED: r->first as it is
 * @return 0, P2P_EINVAL, P2P_ETOOBIG (no item can be made of it); what else
 *         goes wrong is an error of the step
 */
int um_author_revision(struct um_model *m, struct um_revision *r,
                       enum um_first first);

/** What a fact is to say. */
struct um_saying {
    enum um_fact_what what;
    struct um_namelist nodes; /**< OPEN; ascending */
    struct um_str message;
};

/** Makes a fact about a revision, unless this node said the same before.
 * Returns as um_author_revision(). */
int um_author_fact(struct um_model *m, const struct um_past *p,
                   const struct um_saying *say);

/** Whether a member may be in a batch: live, its clock near ours, and something
 * to fall back on. Of this node the first two hold. */
bool um_author_may_open(const struct um_model *m, const struct um_name *member);

/** The order in which members are opened, the same on each node. */
uint64_t um_author_turn(const struct um_revision *r,
                        const struct um_name *member);

#endif
