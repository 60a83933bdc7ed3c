/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The daemon as a service: who started it hears that it is ready, how it is,
 * that its loop turns, and that it ends.
 */
#ifndef UM_APP_VIGIL_H
#define UM_APP_VIGIL_H

#include <uv.h>

#include "mesh/app/notify.h"

/** Bytes of what is said of how it is, with its end. */
#define UM_VIGIL_TEXT 128

/** Begun with um_notify_open() of its first member. */
struct um_vigil {
    struct um_notify notify;
    uv_timer_t timer;
    void (*tell)(void *user, char text[UM_VIGIL_TEXT]);
    void *user;
    char said[UM_VIGIL_TEXT]; /* last */
    bool ready;               /* that was told */
    bool runs;                /* the timer does */
    bool ending;              /* that was told */
};

/**
 * It serves: that is told, and from now on what `tell` writes whenever that is
 * something else, and that the loop turns as often as it is asked for. 0, or
 * -1.
 */
int um_vigil_start(struct um_vigil *v, uv_loop_t *loop,
                   void (*tell)(void *user, char text[UM_VIGIL_TEXT]),
                   void *user);

/** It begins to end; told once. */
void um_vigil_ending(struct um_vigil *v);

/** Closes the timer and the socket; the loop runs once more after that. */
void um_vigil_stop(struct um_vigil *v);

#endif
