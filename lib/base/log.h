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
    /* `text` is UTF-8, one line, valid until the call returns. */
    void (*sink)(void *user, enum p2p__log_level level, const char *text);
};

/* Makes a line of at most 512 bytes, printf style, if the level is on. */
__attribute__((format(printf, 3, 4))) void p2p__log(
    const struct p2p__logger *log, enum p2p__log_level level,
    const char *format, ...);

#define P2P__LOG(log, level, ...)                           \
    do {                                                    \
        if ((log) != NULL && (log)->sink != NULL &&         \
            P2P__LOG_##level <= (log)->level) {             \
            p2p__log((log), P2P__LOG_##level, __VA_ARGS__); \
        }                                                   \
    } while (0)

#endif
