/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Who is told of what happens: those who listen, and webhooks. */
#ifndef UM_APP_HERALD_H
#define UM_APP_HERALD_H

#include "mesh/app/daemon.h"

/** Begins with what waits for webhooks; behind the bus. 0, or -1. */
int um_herald_start(struct um_daemon *d);

/** Ends it; before the servers. */
void um_herald_stop(struct um_daemon *d);

#endif
