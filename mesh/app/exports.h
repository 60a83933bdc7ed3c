/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file All that the mesh agrees on, page by page, for an export. */
#ifndef UM_APP_EXPORTS_H
#define UM_APP_EXPORTS_H

#include "mesh/app/daemon.h"

/** Bytes after which a page of items ends. */
#define UM_EXPORTS_PAGE_BYTES (1U << 20)

/** Names on a page of documents. */
#define UM_EXPORTS_NAMES 1000U

/** GET /mesh/export/SET?from=N: envelopes of roster, revisions or facts from
 * the N-th on, in an order in which they can be taken; each behind its length,
 * as a field 1. */
void um_exports_items(struct um_daemon *d, struct um_http_req *req);

/** GET /mesh/documents?after=HASH: "documents", hashes of what is here. */
void um_exports_list(struct um_daemon *d, struct um_http_req *req);

/** GET /mesh/documents/HASH: its bytes. */
void um_exports_document(struct um_daemon *d, struct um_http_req *req);

#endif
