/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * From a listener to the action that answers a request.
 */
#ifndef UM_STANDIN_ROUTE_H
#define UM_STANDIN_ROUTE_H

#include "mesh/standin/request.h"

enum { UM_SROUTE_HOPS_MAX = 255 /**< passes from route to route */ };

/** Where a request ends. */
struct um_sroute {
    const struct um_sval *action; /**< return, share or proxy; or */
    int status;                   /**< an error to answer with */
};

/**
 * Follows a request from a listener through routes.
 * @param conf the configuration
 * @param listener its name there
 * @param r its path may be rewritten
 */
struct um_sroute um_sroute_find(const struct um_sval *conf,
                                struct um_str listener, struct um_srequest *r);

/** Rewrites the path, if an action says so; false if that fails. */
bool um_sroute_rewrite(struct um_srequest *r, const struct um_sval *action);

/** Follows an action that may pass on. */
struct um_sroute um_sroute_follow(const struct um_sval *conf,
                                  const struct um_sval *action,
                                  struct um_srequest *r);

#endif
