/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "torn_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/base/buf.h"
#include "rig.h"
#include "unit.h"

/* Disks write so many bytes, or none of them. */
#define SECTOR 512

/* A write (p is not NULL) or a truncation that was not synced yet. */
struct op {
    struct op *next;
    uint64_t at;
    size_t len;
    char *p;
};

struct torn_file {
    struct torn_file *next;
    char path[128];
    struct um_buf disk; /* what is on the disk for sure */
    struct op *ops;     /* the rest, in order */
    struct op **last;
    bool deleted;
    bool gone; /* what the cut decided of that */
};

static uint64_t dice(struct torn_disk *d, uint64_t sides)
{
    d->random =
        d->random * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (d->random >> 33) % sides;
}

static struct torn_file *find(struct torn_disk *d, const char *path)
{
    struct torn_file *f = d->files;

    while (f != NULL && strcmp(f->path, path) != 0)
        f = f->next;
    return f;
}

static void drop_ops(struct torn_file *f)
{
    while (f->ops != NULL) {
        struct op *op = f->ops;

        f->ops = op->next;
        free(op->p);
        free(op);
    }
    f->last = &f->ops;
}

struct torn_file *torn_disk_open(struct torn_disk *d, const char *path)
{
    struct torn_file *f = find(d, path);

    if (f != NULL && f->deleted) { /* a new one of this name */
        drop_ops(f);
        um_buf_clear(&f->disk);
        f->deleted = false;
    }
    if (f != NULL)
        return f;
    f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->path, sizeof f->path, "%s", path);
    f->last = &f->ops;
    if (access(path, F_OK) == 0)
        rig_read(path, &f->disk);
    f->next = d->files;
    d->files = f;
    return f;
}

static void add(struct torn_file *f, uint64_t at, const void *p, size_t len)
{
    struct op *op = calloc(1, sizeof *op);

    assert_non_null(op);
    op->at = at;
    op->len = len;
    if (p != NULL) {
        op->p = malloc(len);
        assert_non_null(op->p);
        memcpy(op->p, p, len);
    }
    *f->last = op;
    f->last = &op->next;
}

void torn_disk_write(struct torn_file *f, uint64_t at, const void *p,
                     size_t len)
{
    add(f, at, p, len);
}

void torn_disk_truncate(struct torn_file *f, uint64_t size)
{
    add(f, size, NULL, 0);
}

static void put(struct um_buf *disk, uint64_t at, const char *p, size_t len)
{
    if (disk->len < at + len)
        um_buf_fill(disk, '\0', at + len - disk->len);
    memcpy(disk->p + at, p, len);
}

static void apply(struct um_buf *disk, const struct op *op)
{
    if (op->p != NULL)
        put(disk, op->at, op->p, op->len);
    else if (op->at < disk->len)
        disk->len = op->at;
    else
        um_buf_fill(disk, '\0', op->at - disk->len);
}

void torn_disk_sync(struct torn_file *f)
{
    for (struct op *op = f->ops; op != NULL; op = op->next)
        apply(&f->disk, op);
    drop_ops(f);
}

void torn_disk_forget(struct torn_file *f)
{
    drop_ops(f);
}

void torn_disk_delete(struct torn_disk *d, const char *path)
{
    struct torn_file *f = find(d, path);

    if (f != NULL)
        f->deleted = true;
}

/* Some sectors of a write. */
static void tear(struct torn_disk *d, struct um_buf *disk, const struct op *op)
{
    for (size_t i = 0; i < op->len; i += SECTOR) {
        size_t len = op->len - i < SECTOR ? op->len - i : SECTOR;

        if (dice(d, 2) == 0)
            put(disk, op->at + i, op->p + i, len);
    }
}

/* Of what was not synced: nothing, all, nearly all, or anything, torn too. */
static void decide(struct torn_disk *d, struct torn_file *f)
{
    uint64_t of_ten = (uint64_t[]){0, 10, 9, 5}[dice(d, 4)];

    for (struct op *op = f->ops; op != NULL; op = op->next) {
        if (dice(d, 10) < of_ten)
            apply(&f->disk, op);
        else if (of_ten > 0 && op->p != NULL && dice(d, 2) == 0)
            tear(d, &f->disk, op);
    }
    f->gone = f->deleted && dice(d, 2) == 0;
}

void torn_disk_cut(struct torn_disk *d)
{
    for (struct torn_file *f = d->files; f != NULL; f = f->next) {
        decide(d, f);
        drop_ops(f);
    }
}

void torn_disk_restore(struct torn_disk *d)
{
    while (d->files != NULL) {
        struct torn_file *f = d->files;

        assert_false(um_buf_failed(&f->disk));
        (void)unlink(f->path);
        if (!f->gone)
            rig_write(f->path, f->disk.p, f->disk.len);
        d->files = f->next;
        um_buf_fini(&f->disk);
        drop_ops(f);
        free(f);
    }
}
