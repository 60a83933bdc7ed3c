/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * `share`: answers that are files.
 */
#ifndef UM_STANDIN_SHARE_H
#define UM_STANDIN_SHARE_H

#include "mesh/standin/serve.h"

/** Answers with the first of an action's files that can be had. */
void um_sshare_serve(const struct um_sval *conf,
                     const struct um_ssite_files *files,
                     const struct um_sval *action, struct um_srequest *r,
                     struct um_sresponse *out);

#endif
