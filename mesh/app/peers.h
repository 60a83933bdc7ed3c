/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The daemon's bus: how it begins, and what is told of peers. */
#ifndef UM_APP_PEERS_H
#define UM_APP_PEERS_H

struct um_daemon;

/** Begins the bus, under the key that holds. 0, or -1: the log says why. */
int um_peers_start(struct um_daemon *d);

#endif
