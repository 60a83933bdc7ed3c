/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * How a change is to come into force, as the query of its request says it:
 *
 *     ?trial[=SPAN] | ?staged[=SELECTOR|N|N%] [&deadline=SPAN] [&soak=SPAN]
 *     [&budget=N]
 *
 * and the guards that it overrides: ?supersede, ?despite, ?alone, ?force,
 * ?skewed, ?crowded.
 */
#ifndef UM_APP_MANNER_H
#define UM_APP_MANNER_H

#include "mesh/node/node.h"
#include "mesh/rest/http.h"

/** The members of the first batch. */
struct um_manner {
    struct um_name first[UM__CAP_NAMES];
};

/**
 * Reads it into a command, whose document is set.
 * @param out the command points into it
 * @return false: the request was answered what is wrong
 */
bool um_manner_read(struct um_node *n, struct um_http_req *req,
                    struct um_command *c, struct um_manner *out);

/** The guards alone; enum um_flag. */
unsigned um_manner_flags(const struct um_http_req *req);

/** Appends what of it makes a request another one. */
void um_manner_text(const struct um_http_req *req, struct um_buf *out);

#endif
