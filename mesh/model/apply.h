/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What this node runs (rule 6), and what becomes of changes by hand (rule 9).
 */
#ifndef UM_MODEL_APPLY_H
#define UM_MODEL_APPLY_H

#include "mesh/model/core.h"

/** How long a document may take to come, in ms, until a Unit that has started
 * empty is given what ran before. */
#define UM_DOCUMENT_PATIENCE_MS 2000U

/** Decides what to run, and asks for what it takes. */
void um_apply_decide(struct um_model *m);

/** A configuration was made, or cannot be. */
void um_apply_made(struct um_model *m, const struct um_event *e);

/** Unit has answered, or has not. */
void um_apply_result(struct um_model *m, const struct um_event *e);

/** A revision of what Unit took as a trial: it runs, if it is to, and is told
 * of when both are on the disk. */
void um_apply_tried(struct um_model *m, const struct um_name *revision);

/** What Unit took last: it may be what this node was trying when it ended. */
void um_apply_ran(struct um_model *m, const struct um_event *e);

/** What runs does well, or does not. */
void um_apply_health(struct um_model *m, const struct um_event *e);

/** What Unit runs. */
void um_apply_live(struct um_model *m, const struct um_event *e);

/** Unit's version as this node's last row has it: one that was upgraded while
 * the node was down may take what the one before refused. */
void um_apply_knew_unit(struct um_model *m, struct um_str version);

/** This node starts with what it knew. */
void um_apply_start(struct um_model *m);

/** Gives Unit a configuration, unless it is being asked or is to be left
 * alone. */
void um_apply_launch(struct um_model *m, const struct um_name *revision,
                     const struct um_name *effective);

#endif
