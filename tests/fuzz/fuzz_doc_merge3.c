/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Three documents: a base and what two sides made of it. What one side left
 * alone is the other's; the same twice is the same; and the sides may be
 * exchanged. Differences of the three are found on the way.
 */
#include "doc_parts.h"

#include "mesh/doc/diff.h"
#include "mesh/doc/merge3.h"
#include "mesh/doc/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is(struct um_arena *a, const struct um_val v[3],
               const struct um_val *want)
{
    struct um_merge3 m;

    must(um_merge3_run(a, &v[0], &v[1], &v[2], &m) == 0);
    must(m.conflicts == 0 && um_val_same(&m.value, want));
}

static void both_ways(struct um_arena *a, const struct um_val v[3])
{
    struct um_merge3 m, back;
    bool same;
    int rc = um_merge3_run(a, &v[0], &v[1], &v[2], &m);

    must(rc == 0 || rc == P2P_ELIMIT);
    must(um_merge3_run(a, &v[0], &v[2], &v[1], &back) == rc);
    if (rc != 0)
        return;
    must(m.conflicts == back.conflicts);
    if (m.conflicts > 0)
        return;
    must_be_document(&m.value);
    must(um_names_alike(a, &m.value, &back.value, UM_ALIKE_TEXT, &same));
    must(same);
}

static void differences(struct um_arena *a, const struct um_val *x,
                        const struct um_val *y, enum um_diff_arrays how)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_diff d;

    must(um_diff_make(a, x, y, how, &d));
    must((d.count == 0) == um_val_same(x, y));
    um_diff_print(&b, &d);
    for (size_t i = 0; i < b.len; i++)
        must((uint8_t)b.p[i] >= ' ' || b.p[i] == '\n');
    um_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_str in = um_str_n((const char *)data, size);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v[3];

    if (part_val(&in, &a, &v[0]) && part_val(&in, &a, &v[1]) &&
        part_val(&in, &a, &v[2])) {
        is(&a, (struct um_val[]){v[0], v[1], v[0]}, &v[1]);
        is(&a, (struct um_val[]){v[0], v[0], v[2]}, &v[2]);
        is(&a, (struct um_val[]){v[0], v[1], v[1]}, &v[1]);
        both_ways(&a, v);
        differences(&a, &v[0], &v[1], UM_DIFF_ATOMIC);
        differences(&a, &v[1], &v[2], UM_DIFF_ELEMENTS);
    }
    um_arena_fini(&a);
    return 0;
}
