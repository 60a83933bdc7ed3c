/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a disk has of files whose power is cut: all that was synced, and of what
 * was not, any part. It is told of each write, truncation, sync and deletion.
 */
#ifndef TESTS_UNIT_MESH_STORE_TORN_DISK_H
#define TESTS_UNIT_MESH_STORE_TORN_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct torn_file;

/* The files that are known; none at first. */
struct torn_disk {
    struct torn_file *files;
    uint64_t random; /* state of the dice */
};

/* A file is opened: it is on the disk as it is now, unless known already. */
struct torn_file *torn_disk_open(struct torn_disk *d, const char *path);

void torn_disk_write(struct torn_file *f, uint64_t at, const void *p,
                     size_t len);
void torn_disk_truncate(struct torn_file *f, uint64_t size);
void torn_disk_sync(struct torn_file *f);

/* A sync failed: the system shows what was written, takes it for written, and
 * never writes it. */
void torn_disk_forget(struct torn_file *f);

/* A file is deleted; whether the disk knows is chance. */
void torn_disk_delete(struct torn_disk *d, const char *path);

/* The power is cut: decides what the disk has; nothing else is told then. */
void torn_disk_cut(struct torn_disk *d);

/* Puts what the disk has in the place of the files; forgets them. */
void torn_disk_restore(struct torn_disk *d);

#endif
