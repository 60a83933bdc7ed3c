/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A port: call me later. The daemon's loop offers it to the parts that wait.
 */
#ifndef UM_BASE_ALARM_H
#define UM_BASE_ALARM_H

#include <stdint.h>

/** How a part asks its loop to be called later. */
struct um_alarms {
    void *user;
    /** Calls fn(arg) once in ms milliseconds; NULL: no memory. */
    void *(*set)(void *user, uint64_t ms, void (*fn)(void *arg), void *arg);
    /** Forgets an alarm that has not gone off; NULL is fine. */
    void (*clear)(void *user, void *alarm);
    /** Monotonic milliseconds, of sleep of the machine as well; alarms wait for
     * those that it is awake. */
    uint64_t (*now_ms)(void *user);
};

#endif
