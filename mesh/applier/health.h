/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a Unit says of itself at GET /status: whether what it runs does well,
 * and which modules it has.
 */
#ifndef UM_APPLIER_HEALTH_H
#define UM_APPLIER_HEALTH_H

#include "mesh/base/buf.h"
#include "mesh/base/str.h"

/** What there is to say. */
struct um_health {
    bool idle;    /**< an application of the configuration has no process, is
                       starting none, and none comes when one is asked for */
    bool modules; /**< it lists them; older ones do not */
};

/**
 * Looks at a status. An application has a process at any time unless its
 * "processes" are an object whose "spare" is 0 or absent: those come on demand.
 * What cannot be read says nothing.
 * @param status GET /status
 * @param config GET /config
 * @param modules the text of /status/modules, in Unit's form, is appended
 */
struct um_health um_health_judge(struct um_str status, struct um_str config,
                                 struct um_buf *modules);

#endif
