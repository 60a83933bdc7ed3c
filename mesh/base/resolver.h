/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A port: names to addresses. The daemon's loop offers it.
 */
#ifndef UM_BASE_RESOLVER_H
#define UM_BASE_RESOLVER_H

#include <stddef.h>

#include "mesh/base/ip.h"

/** How a part asks for the addresses of a name. */
struct um_resolver {
    void *user;
    /**
     * Looks a name up; calls done(arg) once, later, with n addresses (0:
     * none), unless the daemon ends first.
     * @return 0, or -1: no memory
     */
    int (*resolve)(void *user, const char *name,
                   void (*done)(void *arg, const struct um_ip *at, size_t n),
                   void *arg);
};

#endif
