/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* This machine's interfaces by getifaddrs, and that they changed by rtnetlink.
 */
#ifndef P2P_UV_IFACES_H
#define P2P_UV_IFACES_H

#include <uv.h>

#include "port/ifaces.h"
#include "uv/routes.h"

struct p2p__uv_ifaces {
    struct p2p__ifaces ifaces;
    uv_loop_t *uv; /* borrowed */
    struct p2p__list watches;
    uv_poll_t h;
    int fd; /* of rtnetlink; -1: not open */
    struct p2p__uv_routes routes;
};

/* Fills the table; opens nothing yet. */
void p2p__uv_ifaces_init(struct p2p__uv_ifaces *i, uv_loop_t *uv);

/* The handle to close before the loop ends, then to call `closed` with; or
 * NULL: there is none. */
uv_handle_t *p2p__uv_ifaces_handle(struct p2p__uv_ifaces *i);

/* After its handle was closed. */
void p2p__uv_ifaces_closed(struct p2p__uv_ifaces *i);

#endif
