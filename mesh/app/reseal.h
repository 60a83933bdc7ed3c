/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A revision in which what is secret is sealed anew for those who are members
 * now: asked for by itself, or because somebody is none any more.
 */
#ifndef UM_APP_RESEAL_H
#define UM_APP_RESEAL_H

#include "mesh/app/json.h"
#include "mesh/app/wait.h"

/** Answers POST /mesh/reseal. */
void um_reseal_handle(struct um_daemon *d, struct um_http_req *req);

/**
 * Goes on after somebody lost its part: what was asked for is done, and the
 * answer is a success whatever comes of sealing anew, which is said in it as
 * "sealed_anew".
 * @param answer of success; taken
 */
void um_reseal_after(struct um_daemon *d, struct um_http_req *req,
                     struct um_json *answer);

#endif
