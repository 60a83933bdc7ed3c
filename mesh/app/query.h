/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What the query of a request may ask for. */
#ifndef UM_APP_QUERY_H
#define UM_APP_QUERY_H

#include "mesh/rest/http.h"

/** Whether each argument of a request that may change something is one that
 * there is, and each flag has no value, or "true": a slip such as `?dryrun` or
 * `?force=false` must not do what was to be tried, or not to be done. false: it
 * was answered, with the name. What only reads takes any. */
bool um_query_fits(struct um_http_req *req);

#endif
