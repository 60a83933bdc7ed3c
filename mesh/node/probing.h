/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How what runs here does: what the applier says of Unit, and what the probes
 * of the revision that runs find. Both together are told to the model.
 */
#ifndef UM_NODE_PROBING_H
#define UM_NODE_PROBING_H

#include <stdbool.h>

struct um_node;
struct um_probing;

/** What a node probes with; nothing yet. Owned; NULL: no memory. */
struct um_probing *um_probing_new(struct um_node *n);

/** Ends it; requests under way end without a word. NULL is fine. */
void um_probing_free(struct um_probing *p);

/** After a step: if another revision runs here, or in another form, its probes
 * begin. */
void um_probing_follow(struct um_probing *p);

/** After a change of the roster: labels may have changed what is probed. */
void um_probing_relabel(struct um_probing *p);

/** What the applier says of Unit. */
void um_probing_unit(struct um_probing *p, bool healthy);

#endif
