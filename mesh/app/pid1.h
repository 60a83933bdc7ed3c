/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Being the first process of a container. */
#ifndef UM_APP_PID1_H
#define UM_APP_PID1_H

/** From now on SIGTERM and SIGINT end this process at once, with exit code 0,
 * until somebody has another way: without one the kernel keeps them from a
 * process 1, and whoever stops its container would have to wait and kill it. */
void um_pid1_signals(void);

#endif
