/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text as JSON, in either flavour. What was read and written is read again as
 * the same, however it was written; what was refused has a place in the text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "must.h"
#include "mesh/standin/parse.h"
#include "mesh/standin/print.h"
#include "p2p/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compact_of(struct um_str text, const struct um_sjson_limits *limits,
                       struct um_buf *out)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_sjson_error err;
    struct um_sval v;

    must(um_sjson_parse(text, limits, &a, &v, &err) == 0);
    um_sjson_compact(out, &v);
    um_arena_fini(&a);
}

static void write_and_read(const struct um_sval *v,
                           const struct um_sjson_limits *limits)
{
    struct um_buf compact = UM_BUF_INIT;
    struct um_buf pretty = UM_BUF_INIT;
    struct um_buf again = UM_BUF_INIT;

    um_sjson_compact(&compact, v);
    um_sjson_pretty(&pretty, v);
    compact_of(um_buf_view(&compact), limits, &again);
    must(um_str_eq(um_buf_view(&again), um_buf_view(&compact)));
    um_buf_clear(&again);
    compact_of(um_buf_view(&pretty), limits, &again);
    must(um_str_eq(um_buf_view(&again), um_buf_view(&compact)));
    um_buf_fini(&compact);
    um_buf_fini(&pretty);
    um_buf_fini(&again);
}

static void read_one(struct um_str text, const struct um_sjson_limits *limits)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_sjson_error err = {NULL, SIZE_MAX};
    struct um_sval v;
    size_t line, column;
    int rc = um_sjson_parse(text, limits, &a, &v, &err);

    if (rc == 0) {
        write_and_read(&v, limits);
    } else if (rc == P2P_EFORMAT) {
        must(err.at <= text.len && err.detail != NULL);
        if (um_sjson_position(text, err.at, &line, &column))
            must(line >= 1 && column >= 1 && line + column <= err.at + 2);
    } else {
        must(rc == P2P_ELIMIT);
    }
    um_arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* 500 levels: a pretty printed document grows with their square */
    static const struct um_sjson_limits unit = {0, 0, 500};
    static const struct um_sjson_limits freeunit = {100, 30, 0};
    char *copy = malloc(size > 0 ? size : 1);

    must(copy != NULL);
    memcpy(copy, data, size);
    read_one(um_str_n(copy, size), &unit);
    read_one(um_str_n(copy, size), &freeunit);
    free(copy);
    return 0;
}
