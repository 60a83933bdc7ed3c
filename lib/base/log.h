/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Logging of stack and mesh; cores return reasons instead. A line is an event
 * name (constant, dotted) and fields. The sink belongs to the application.
 */
#ifndef P2P_BASE_LOG_H
#define P2P_BASE_LOG_H

#include "base/types.h"

enum p2p__log_level {
    P2P__LOG_ERROR,
    P2P__LOG_WARN,
    P2P__LOG_INFO,
    P2P__LOG_DEBUG,
    P2P__LOG_TRACE
};

struct p2p__logger {
    enum p2p__log_level level; /* lines above it are not made */
    void *user;
    /* `text` is one line of printable ASCII, valid until the call returns. */
    void (*sink)(void *user, enum p2p__log_level level, const char *text);
};

/* Makes a line of at most 511 bytes, printf style: use P2P__LOG, which asks
 * for the level first. What is not printable ASCII becomes '?'. */
__attribute__((format(printf, 3, 4))) void p2p__log(
    const struct p2p__logger *log, enum p2p__log_level level,
    const char *format, ...);

/* P2P__LOG(logger or NULL, ERROR|WARN|INFO|DEBUG|TRACE, format, …) */
#define P2P__LOG(log, severity, ...)                           \
    do {                                                       \
        if ((log) != NULL && (log)->sink != NULL &&            \
            P2P__LOG_##severity <= (log)->level) {             \
            p2p__log((log), P2P__LOG_##severity, __VA_ARGS__); \
        }                                                      \
    } while (0)

#endif
