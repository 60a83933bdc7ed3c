/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Documents of revisions over REST, and what is different between two.
 */
#ifndef UM_APP_DOCUMENTS_H
#define UM_APP_DOCUMENTS_H

#include "mesh/app/daemon.h"

/** GET /mesh/revisions/REV/document. */
void um_documents_show(struct um_daemon *d, struct um_http_req *req);

/** GET /config/…?effective&node=MEMBER: what the current one comes to there. */
void um_documents_at(struct um_daemon *d, struct um_http_req *req);

/** GET /mesh/revisions/REV/diff. */
void um_documents_diff(struct um_daemon *d, struct um_http_req *req);

#endif
