/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* In place of mesh/node/disk: jobs go to a real store when the test says so. */
#ifndef TESTS_UNIT_MESH_NODE_FAKE_DISK_H
#define TESTS_UNIT_MESH_NODE_FAKE_DISK_H

#include "mesh/node/disk.h"

enum { FAKE_DISK_ROW = 512 };

struct um_disk {
    struct um_store *store;
    struct um_disk_job row[FAKE_DISK_ROW];
    size_t n;
    size_t batches;
    bool no_memory; /* nothing gets into the row */
    bool broken;    /* batches cannot be written; told P2P_ECLOSED */
    bool locked;
};

void fake_disk_init(struct um_disk *d, struct um_store *store);

/* Writes what waits in one batch, and tells; returns how many jobs there were.
 */
size_t fake_disk_turn(struct um_disk *d);

/* Tells what waits that the disk was freed. */
void fake_disk_fini(struct um_disk *d);

#endif
