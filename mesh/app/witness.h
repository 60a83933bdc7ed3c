/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What goes into the audit log: answers to requests that change
 * something, requests that may not, and what is signed. */
#ifndef UM_APP_WITNESS_H
#define UM_APP_WITNESS_H

#include "mesh/app/daemon.h"

/** For um_http_cfg.said; user: the daemon. */
void um_witness_said(void *user, const struct um_http_req *req, unsigned status,
                     const void *body, size_t len);

/** For um_node_cfg.heard; user: the daemon. */
void um_witness_heard(void *user, const struct um_node_heard *what);

/** GET /mesh/audit. */
void um_witness_show(struct um_daemon *d, struct um_http_req *req);

#endif
