/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * GET /metrics. It waits for nobody: of Unit it tells what the last look found,
 * and how old that is. docs/reference/metrics.md lists what there is, from the
 * table of families.
 */
#ifndef UM_APP_METRICS_H
#define UM_APP_METRICS_H

#include "mesh/app/daemon.h"

/** Answers with the figures of this node. */
void um_metrics_show(struct um_daemon *d, struct um_http_req *req);

#endif
