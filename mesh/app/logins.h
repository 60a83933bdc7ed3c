/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Who may ask: tokens that open less, links to the page, and the
 * sessions that these begin. */
#ifndef UM_APP_LOGINS_H
#define UM_APP_LOGINS_H

#include "mesh/app/daemon.h"

/** Reads the tokens that open less, if settings name any. 0, or -1 after it
 * said what is wrong. */
int um_logins_tokens(struct um_daemon *d);

/** Opens the page and its sessions, if settings say so: REST over TCP is there
 * and its address is known. */
void um_logins_open(struct um_daemon *d);

/** POST /mesh/logins: a link, for who is at the unix socket. */
void um_logins_make(struct um_daemon *d, struct um_http_req *req);

/** POST, GET and DELETE /mesh/session. */
void um_logins_begin(struct um_daemon *d, struct um_http_req *req);
void um_logins_show(struct um_daemon *d, struct um_http_req *req);
void um_logins_end(struct um_daemon *d, struct um_http_req *req);

#endif
