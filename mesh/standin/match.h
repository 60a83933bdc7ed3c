/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Does a request match what a route says?
 */
#ifndef UM_STANDIN_MATCH_H
#define UM_STANDIN_MATCH_H

#include "mesh/standin/request.h"

/**
 * Matches a request with a "match" object.
 * @param match NULL matches everything
 */
bool um_smatch_request(const struct um_srequest *r,
                       const struct um_sval *match);

#endif
