/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A mesh as a file. The first byte says in which pieces it is read; another
 * cut gives the same records, and what was read whole is written again as it
 * was. */
#include <stdlib.h>
#include <string.h>

#include "mesh/sync/dump.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine)
        abort();
}

/* What came of a reading. */
struct read {
    int err;
    bool whole;
    uint64_t records;
    struct um_buf again; /* written once more */
};

static void write_again(struct read *out, struct um_dump_sum *w,
                        const struct um_dump_record *r)
{
    if (r->what == UM_DUMP_BEGIN)
        um_dump_begin(w, &r->mesh, r->wall_ms, &out->again);
    else if (r->what == UM_DUMP_END)
        um_dump_end(w, &out->again);
    else
        need(um_dump_add(w, r->what, r->bytes, &out->again) == 0);
}

static void read_it(struct um_str in, size_t piece, struct read *out)
{
    struct um_dump_sum w = {.n = 0};
    struct um_dump_record r;
    struct um_dump d;
    int got = 0;

    *out = (struct read){.again = UM_BUF_INIT};
    um_dump_open(&d);
    while (in.len > 0 && got >= 0) {
        struct um_str part = um_str_head(in, piece);

        in = um_str_skip(in, part.len);
        while ((got = um_dump_next(&d, &part, &r)) == 1) {
            need(r.what >= UM_DUMP_BEGIN && r.what <= UM_DUMP_END);
            need((out->records++ == 0) == (r.what == UM_DUMP_BEGIN));
            write_again(out, &w, &r);
        }
    }
    out->err = got < 0 ? got : 0;
    out->whole = got >= 0 && um_dump_whole(&d);
    um_dump_fini(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data + 1, size - 1);
    struct read a, b;

    if (size == 0)
        return 0;
    read_it(in, in.len > 0 ? in.len : 1, &a);
    read_it(in, 1 + data[0] % 37, &b);
    need(a.err == b.err && a.whole == b.whole && a.records == b.records);
    if (a.whole)
        need(a.again.len <= in.len);
    um_buf_fini(&a.again);
    um_buf_fini(&b.again);
    return 0;
}
