/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the parts of the model have in common: how they take items in, sign,
 * store, and say what is to be done. Errors go to m->err, the first one stays.
 */
#ifndef UM_MODEL_CORE_H
#define UM_MODEL_CORE_H

#include "mesh/model/model.h"

/** Notes an error of the step that runs. */
static inline void um_core_fail(struct um_model *m, int err)
{
    if (m->err == 0)
        m->err = err;
}

/** Stores a thing; its bytes are copied. */
void um_core_persist(struct um_model *m, const struct um_record *s);

/** Stores what this node knows of itself, if that has changed. */
void um_core_save(struct um_model *m);

/** Adds an effect that waits for all that was stored so far. */
void um_core_say(struct um_model *m, struct um_effect *e);

/** Tells people something about a revision. */
void um_core_notice(struct um_model *m, enum um_notice what,
                    const struct um_name *revision);

/** Looks at everything anew, if something has changed or ended. */
void um_core_look(struct um_model *m);

/** Asks for a decision at a moment of the steady clock. */
void um_core_wake(struct um_model *m, uint64_t mono_ms);

/** The revision with an id, or NULL; NULL for no name, too. */
struct um_past *um_core_find(const struct um_model *m,
                             const struct um_name *id);

/** Whether this node's key may write now. */
bool um_core_writes(struct um_model *m);

/** Whether a member was heard of lately; this node is. */
bool um_core_fresh(const struct um_model *m, const struct um_name *member);

/** A number that depends on three names and on nothing else: for orders that
 * nobody prefers, and for waits that differ from node to node. */
uint64_t um_core_mix(const struct um_name *a, const struct um_name *b,
                     const struct um_name *c);

#endif
