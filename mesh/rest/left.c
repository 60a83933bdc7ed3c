/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See left.h. libmicrohttpd looks at no connection that it has suspended. */
#include "mesh/rest/left.h"

#include <microhttpd.h>
#include <poll.h>

bool um_left_look(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd p = {.events = POLLRDHUP};

    if (info == NULL) {
        return false;
    }
    p.fd = info->connect_fd;
    return poll(&p, 1, 0) == 1;
}
