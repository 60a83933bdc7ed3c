/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a service tells who started it: datagrams of lines at the socket that
 * NOTIFY_SOCKET names (sd_notify(3)). Why without its library:
 * docs/adr/0017-the-notify-protocol-by-hand.md.
 */
#ifndef UM_APP_NOTIFY_H
#define UM_APP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh/app/dgram.h"
#include "mesh/base/log.h"

/** The way to who listens. */
struct um_notify {
    struct um_dgram to;
    uint64_t watchdog_ms; /**< how often it wants to hear of us; 0: never */
};

/**
 * Connects with the socket that the environment names, and takes its variables
 * out of it. To be called while there is one thread, and before rights are
 * given up: a socket without a name in the file system is out of reach
 * afterwards. Nothing is wrong where nobody listens; what cannot be used is one
 * line of the log.
 */
void um_notify_open(struct um_notify *n, const struct um_log *log);

/** Tells lines such as "READY=1". Never waits. Whether it was told; true where
 * nobody listens. */
bool um_notify_say(struct um_notify *n, const char *lines);

/** Ends it; may be called twice. */
void um_notify_close(struct um_notify *n);

#endif
