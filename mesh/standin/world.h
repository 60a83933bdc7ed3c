/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The world of a stand-in on a real machine: a state folder, sockets, and a
 * look at whether applications could run. It runs nothing.
 */
#ifndef UM_STANDIN_WORLD_H
#define UM_STANDIN_WORLD_H

#include "mesh/standin/standin.h"
#include "mesh/standin/site.h"

enum { UM_SWORLD_PATH_MAX = 4096 /**< bytes of a path */ };

/** Told of sockets that listen. */
struct um_sworld_sockets {
    void *ctx;
    /** A socket listens; who is told takes fd. 0 or a negative P2P_E…. */
    int (*opened)(void *ctx, struct um_str name, const struct um_addr *addr,
                  int fd);
    /** A listener is to be closed. */
    void (*closed)(void *ctx, const struct um_addr *addr);
};

/** How a world is made. */
struct um_sworld_cfg {
    const char *state; /**< the state folder, made if it is not there */
    const char *root;  /**< where the paths of configurations begin, or NULL */
    const char *any;   /**< the IPv4 address that *:PORT listens at, or NULL */
    struct um_sworld_sockets sockets;
};

struct um_sworld;

/**
 * Makes a world.
 * @return owned, or NULL: no memory, or no state folder
 */
struct um_sworld *um_sworld_new(const struct um_sworld_cfg *cfg);

/** Frees a world; the files stay. */
void um_sworld_free(struct um_sworld *w);

/** The port that a stand-in wants; borrows w. */
struct um_standin_world um_sworld_port(struct um_sworld *w);

/** The files that listeners serve; borrows w. */
struct um_ssite_files um_sworld_files(struct um_sworld *w);

/**
 * Opens a socket that listens.
 * @param w whose root unix sockets are under, NULL for none
 * @return the descriptor, owned, or a negative P2P_E…
 */
int um_sworld_listen(struct um_sworld *w, const struct um_addr *addr);

#endif
