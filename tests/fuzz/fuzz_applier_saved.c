/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a warden reads: bytes as a file of its own, as an entry of one whose sum
 * is right, and as items of a case. Nothing of it is granted that is not in
 * force, and what is read is written back as it was.
 */
#include <stdlib.h>

#include "mesh/applier/saved.h"
#include "mesh/applier/warden.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The mesh of tests/golden, so that its items can be read. */
static const struct um_name mesh = {
    {0xc2, 0x87, 0xfb, 0xff, 0x80, 0x5c, 0xb1, 0x62, 0x65, 0x4b, 0xe4,
     0xd8, 0x66, 0x58, 0xad, 0xc4, 0x2b, 0xf1, 0x36, 0xff, 0x39, 0x99,
     0x02, 0x48, 0x43, 0x25, 0xb7, 0xfd, 0x47, 0x15, 0x9b, 0x42}};
static const struct um_name me = {{2}};

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* Reads a part; if it can be read, appends it as it is written. */
static int read_it(struct um_str bytes, enum um_warden_part part,
                   struct um_buf *out)
{
    struct um_warden *w = um_warden_new(&mesh, &me);
    int err;

    need(w != NULL);
    err = um_warden_load(w, part, bytes);
    need(err == 0 || err == P2P_EFORMAT || err == P2P_EPEER ||
         err == P2P_ENOTSUP);
    if (err == 0)
        um_warden_save(w, part, out);
    um_warden_free(w);
    return err;
}

/* Fields of later versions are not kept, all else is. */
static void read_twice(struct um_str bytes, enum um_warden_part part)
{
    struct um_buf a = UM_BUF_INIT, b = UM_BUF_INIT;

    if (read_it(bytes, part, &a) == 0) {
        need(read_it(um_buf_view(&a), part, &b) == 0);
        need(um_str_eq(um_buf_view(&a), um_buf_view(&b)));
    }
    um_buf_fini(&a);
    um_buf_fini(&b);
}

static void read_entry(struct um_str entry, enum um_warden_part part)
{
    struct um_saved head = {
        .part = (unsigned)part + 1, .mesh = mesh, .node = me};
    struct um_buf b = UM_BUF_INIT;

    um_saved_begin(&head, &b);
    um_saved_entry(&b, entry);
    um_saved_end(&head, &b);
    read_twice(um_buf_view(&b), part);
    um_buf_fini(&b);
}

static void judge(struct um_str item)
{
    const struct um_case revs = {.revisions = &item, .revisions_n = 1},
                         facts = {.facts = &item, .facts_n = 1};
    struct um_warden *w = um_warden_new(&mesh, &me);
    struct um_order out;

    need(w != NULL);
    need(um_warden_judge(w, &mesh, &revs, 1, &out) != 0);
    need(um_warden_judge(w, &mesh, &facts, 1, &out) != 0);
    (void)um_warden_statement(w, item);
    um_warden_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str bytes = um_str_n((const char *)data, size);

    read_twice(bytes, UM_WARDEN_ROSTER);
    read_twice(bytes, UM_WARDEN_RECORD);
    read_entry(bytes, UM_WARDEN_ROSTER);
    read_entry(bytes, UM_WARDEN_RECORD);
    judge(bytes);
    return 0;
}
