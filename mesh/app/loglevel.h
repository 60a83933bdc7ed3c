/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file How much is logged, changed while the daemon runs. */
#ifndef UM_APP_LOGLEVEL_H
#define UM_APP_LOGLEVEL_H

#include "mesh/app/daemon.h"

/** GET /mesh/log-level: what holds, what the settings say, and until when the
 * one is not the other. */
void um_loglevel_show(struct um_daemon *d, struct um_http_req *req);

/** PUT /mesh/log-level: {"level": WORD, "for_ms": N}; without N until the
 * daemon ends. */
void um_loglevel_put(struct um_daemon *d, struct um_http_req *req);

/** Nothing goes off any more. */
void um_loglevel_stop(struct um_daemon *d);

#endif
