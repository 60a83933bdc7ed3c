/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What this node says of itself (rule 10): its row, when something in it has
 * changed, and as a heartbeat.
 */
#ifndef UM_MODEL_REPORT_H
#define UM_MODEL_REPORT_H

#include "mesh/model/core.h"

/** For how long what runs here does well; 0: it does not, or Unit is being
 * asked. */
uint64_t um_report_healthy_ms(const struct um_model *m);

/** How long news of this node wait: the more members there are, the longer
 * their rows would be in the way of what these are about. */
uint64_t um_report_lag_ms(struct um_model *m);

/** Says the row, if it is due. */
void um_report_decide(struct um_model *m);

#endif
