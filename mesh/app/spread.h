/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How far a revision has come: which of the members that are to run it do, as
 * their last rows say.
 */
#ifndef UM_APP_SPREAD_H
#define UM_APP_SPREAD_H

#include "mesh/app/json.h"
#include "mesh/node/node.h"
#include "mesh/applier/runner.h"

/** For how long a member has to do well until it counts as healthy: then its
 * Unit was looked at so often that bad health would have been told. */
#define UM_SPREAD_HEALTHY_MS (UM_RUNNER_LOOK_MS * UM_RUNNER_ILL_LOOKS)

/** How many members are how far. */
struct um_spread {
    size_t there;
    size_t coming;  /**< live, and not there yet */
    size_t refused; /**< live, and it fails there */
    size_t silent;  /**< not heard of lately, or without a Unit */
};

/** Counts. @param healthy whether they have to do well, too */
void um_spread_count(struct um_node *n, const struct um_name *revision,
                     bool healthy, struct um_spread *out);

/** "missing" and "silent": the members that are not there. */
void um_spread_show(struct um_node *n, const struct um_name *revision,
                    bool healthy, struct um_json *j);

#endif
