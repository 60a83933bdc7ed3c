/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What the daemon needs of its rights, by its settings, and the rest
 * given up. */
#ifndef UM_APP_RIGHTS_H
#define UM_APP_RIGHTS_H

#include "mesh/app/daemon.h"

/**
 * Chooses whom the daemon becomes (d->user) and gives everybody his folders.
 * First of all: what comes between this and um_rights_drop() still may all.
 * @return 0, or -1: the log says why
 */
int um_rights_prepare(struct um_daemon *d);

/**
 * Becomes him and gives up what is not needed (d->confined). Before the first
 * thread, and before a byte of the network is read.
 * @return 0, or -1: the log says why
 */
int um_rights_drop(struct um_daemon *d);

#endif
