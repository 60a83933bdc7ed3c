/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The disk of a member, under SQLite: files in memory, of which the disk has
 * for sure what was synced. When its power is cut, of the rest anything may be
 * there, in any order, torn into sectors.
 */
#ifndef TESTS_MESHSIM_DISK_H
#define TESTS_MESHSIM_DISK_H

#include "image.h"
#include "world.h"

struct disk_file;

struct disk {
    struct world *w;
    struct member *of;
    struct disk_file *files;
    bool dead;         /* all calls fail, and nothing gets there */
    bool full;         /* there is no room */
    bool readonly;     /* nor may anything be written */
    unsigned unsynced; /* so many of the next calls of fsync fail */
    bool failed;       /* one of them did, in this run of the node */
    uint64_t syncs;
    uint64_t writes;
};

/* Makes it SQLite's only way to the disk, for members of a world. */
void disks_install(struct world *w);

/* A disk with one file, a store. */
void disk_init(struct disk *d, struct member *of, const struct image *store);
void disk_fini(struct disk *d);

/* Its store, as programs see it. */
const struct image *disk_store(struct disk *d);

/* The power is cut, or comes back: what was not synced is there or not. */
void disk_cut(struct disk *d);

#endif
