/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What people decide about revisions and conflicts over REST. */
#ifndef UM_APP_VERBS_H
#define UM_APP_VERBS_H

#include "mesh/app/daemon.h"

/** POST /mesh/revisions/REV/VERB: rollback, confirm, abort, resume, open; and
 * /mesh/conflicts/REV/VERB: take, drop, edit. */
void um_verbs_handle(struct um_daemon *d, struct um_http_req *req);

#endif
