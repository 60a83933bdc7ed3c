/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Whether a policy permits one thing that a configuration reaches.
 */
#ifndef UM_TRUST_PERMIT_H
#define UM_TRUST_PERMIT_H

#include "mesh/trust/policy.h"
#include "mesh/trust/reach.h"

/** Where in a configuration the thing is. */
struct um_permit {
    struct um_arena *arena; /**< scratch memory */
    const struct um_policy *policy;
    const struct um_val *object; /**< that it is a member of */
    const struct um_val *root;   /**< "rootfs" of the application, or NULL */
    const struct um_val *share;  /**< the action that the next two are of */
    bool links_off;              /**< it follows no links, crosses no mounts */
    bool jailed;                 /**< Unit keeps it in a folder that is fine */
    bool failed;                 /**< memory was out: the answer is none */
};

/** The "rootfs" of an application, or NULL. */
const struct um_val *um_permit_root(const struct um_val *app);

/**
 * Judges what stands as a value.
 * @param v of any type: what should be a text and is none is refused, where
 *        that matters
 * @return NULL: it is permitted; else why not, a constant
 */
const char *um_permit_value(struct um_permit *w, enum um_reach what,
                            const struct um_val *v);

/** Judges the name of a member in the same way. */
const char *um_permit_name(struct um_permit *w, enum um_reach what,
                           struct um_str name);

/** Judges the type of an application; NULL if it has none. */
const char *um_permit_type(const struct um_policy *p,
                           const struct um_val *type);

/** Judges the command of an external application. */
const char *um_permit_command(const struct um_policy *p,
                              const struct um_val *app);

#endif
