/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See carry.h. */
#include "mesh/trust/carry.h"

#include <assert.h>

#include "p2p/err.h"

enum { F_V = 1, F_WHAT = 2, F_STATEMENT = 3 };

#define VERSION 1U

void um_carry_begin(struct um_buf *out, enum um_carry what)
{
    assert(what == UM_CARRY_TO_SIGN || what == UM_CARRY_SIGNED);
    um_pb_put_num(out, F_V, VERSION);
    um_pb_put_num(out, F_WHAT, what);
}

void um_carry_add(struct um_buf *out, struct um_str one)
{
    um_pb_put_str(out, F_STATEMENT, one);
}

static size_t count(struct um_str list)
{
    struct um_str one;
    size_t n = 0;

    while (um_pb_list_next(&list, &one))
        n++;
    return n;
}

int um_carry_read(struct um_str in, enum um_carry *what, struct um_str *list)
{
    struct um_pb m;
    uint64_t v, kind;

    if (in.len > UM__CAP_CARRY_BYTES)
        return P2P_ETOOBIG;
    if (um_pb_read_lists(&m, in, UINT64_C(1) << F_STATEMENT) != 0)
        return P2P_EFORMAT;
    um_pb_num(&m, F_V, UM_PB_NUM_MAX, &v);
    um_pb_num(&m, F_WHAT, UM_PB_NUM_MAX, &kind);
    um_pb_bytes(&m, F_STATEMENT, UM__CAP_CARRY_BYTES, list);
    um_pb_need(&m, v != 0 && (kind == UM_CARRY_TO_SIGN ||
                              kind == UM_CARRY_SIGNED || v > VERSION));
    if (m.err != 0)
        return m.err;
    if (v > VERSION)
        return P2P_ENOTSUP;
    if (count(*list) == 0)
        return P2P_EFORMAT;
    *what = (enum um_carry)kind;
    return count(*list) <= UM__CAP_CARRY_STATEMENTS ? 0 : P2P_ETOOBIG;
}
