/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What Unit would answer: a stand-in in memory for the time of one request.
 * It has the certificates and scripts of a document under their names there;
 * everything binds and starts.
 */
#ifndef UM_CONTROL_TRIAL_H
#define UM_CONTROL_TRIAL_H

#include "mesh/control/control.h"

/** Something that is uploaded, in place of what the document has. */
struct um_trial_fresh {
    enum um_bundle_kind kind;
    struct um_str name;
    struct um_str bytes; /**< p NULL: it is not there at all */
};

/** How a trial is made; all borrowed. */
struct um_trial {
    const struct um_control_node *node; /**< NULL: of a Unit that has all */
    const struct um_control_vault *vault;
    const struct um_meshdoc *doc;
    const struct um_trial_fresh *fresh; /**< NULL: nothing */
    const struct um_member *secret; /**< a variable that is not sealed yet; or
                                         NULL */
    struct um_str config;           /**< what is in force; empty: the default */
    bool freeunit;                  /**< whatever the node has */
};

/** A request to it. */
struct um_trial_request {
    const char *method;
    struct um_str path;
    struct um_str body;
};

/** Its answer. */
struct um_trial_answer {
    unsigned status;    /**< 0: the connection is closed without one */
    struct um_str body; /**< in the arena */
};

/**
 * Makes a stand-in, asks it, and forgets it.
 * @param a where the answer's body is made
 * @return 0 or P2P_ENOMEM
 */
int um_trial_ask(struct um_arena *a, const struct um_trial *t,
                 const struct um_trial_request *req,
                 struct um_trial_answer *out);

#endif
