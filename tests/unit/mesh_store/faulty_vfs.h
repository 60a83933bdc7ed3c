/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SQLite's own way to the disk, with calls that fail on demand.
 */
#ifndef TESTS_UNIT_MESH_STORE_FAULTY_VFS_H
#define TESTS_UNIT_MESH_STORE_FAULTY_VFS_H

#include "torn_disk.h"

/* Calls that can fail. */
enum faulty_call { FAULTY_READ, FAULTY_WRITE, FAULTY_SYNC, FAULTY_TRUNCATE };

/* Makes it the one that SQLite takes. Asserts. */
void faulty_vfs_install(void);

/* The n-th call from now on (1: the next), and all after it, answer `rc`, and
 * errno is `err`. n == 0: none fails. */
void faulty_vfs_set(enum faulty_call call, unsigned n, int rc, int err);

/* How many calls of the kind failed since faulty_vfs_set(). */
unsigned faulty_vfs_hits(void);

/* How many open files were written to and not synced since. */
unsigned faulty_vfs_unsynced(void);

/* From now on a disk is told of all that is written, and after so many calls
 * its power is cut: all fail from then on. NULL: no disk, and no failures. */
void faulty_vfs_cut(struct torn_disk *disk, unsigned calls);

/* Whether it was cut. */
bool faulty_vfs_dead(void);

#endif
