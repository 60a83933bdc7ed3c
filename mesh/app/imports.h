/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What an export has, brought to a node: item by item it is judged like
 * what a member sends, and nobody has to be trusted for it. */
#ifndef UM_APP_IMPORTS_H
#define UM_APP_IMPORTS_H

#include "mesh/app/daemon.h"

/** Items in one request; more are refused. */
#define UM_IMPORTS_ITEMS 1024U

/** POST /mesh/import: statements, revisions and facts as fields 1, 2 and 3.
 * Answers when they are on the disk: "taken", "known", "waiting", "aside", and
 * "refused", a list. */
void um_imports_items(struct um_daemon *d, struct um_http_req *req);

/** PUT /mesh/documents/HASH. */
void um_imports_document(struct um_daemon *d, struct um_http_req *req);

#endif
