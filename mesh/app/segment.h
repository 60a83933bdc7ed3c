/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The segments of a request's path. */
#ifndef UM_APP_SEGMENT_H
#define UM_APP_SEGMENT_H

#include "mesh/base/arena.h"
#include "mesh/rest/http.h"

/** Whether a path fits a pattern: segment by segment, "*" is any that is not
 * empty; a pattern with a slash at its end has what is below it, too. */
bool um_segment_match(const char *pattern, const char *path);

/** The i-th segment of a request's path, from 0, decoded. false: it is none,
 * and the request was answered so. */
bool um_segment_get(struct um_http_req *req, struct um_arena *a, size_t i,
                    struct um_str *out);

#endif
