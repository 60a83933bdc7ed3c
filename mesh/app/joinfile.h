/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A file with a join code (--join-file): a daemon that is in no mesh goes into
 * one with it, without anybody there to type. Where it is in one already the
 * file is not looked at.
 */
#ifndef UM_APP_JOINFILE_H
#define UM_APP_JOINFILE_H

#include <stdbool.h>
#include <stdint.h>

struct um_daemon;

/** How far it is; all zero is nowhere. */
struct um_joinfile {
    void *alarm;      /**< of the next look */
    uint64_t wait_ms; /**< until that, longer each time */
    bool told;        /**< that there is no code yet */
    bool over;        /**< it is looked at no more */
};

/** Begins to look, unless this node is in a mesh or has no such file: until a
 * code is there and was taken, or somebody else brought the node into a mesh.
 * What comes of it is in the log. */
void um_joinfile_begin(struct um_daemon *d);

/** Ends it, before um_mesh_close(). */
void um_joinfile_end(struct um_daemon *d);

#endif
