/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See saved.h. The sum is the last field, so it is the last 34 bytes. */
#include "mesh/applier/saved.h"

#include "p2p/err.h"
#include "p2p/hash.h"

enum {
    F_VERSION = 1,
    F_PART = 2,
    F_MESH = 3,
    F_NODE = 4,
    F_ENTRIES = 5,
    F_SUM = 6
};

#define VERSION 1

/* Bytes of the sum with what stands before it. */
#define SUM_BYTES (2 + P2P_SHA256_BYTES)

void um_saved_begin(struct um_saved *head, struct um_buf *out)
{
    head->from = out->len;
    um_pb_put_num(out, F_VERSION, VERSION);
    um_pb_put_num(out, F_PART, head->part);
    um_name_put(out, F_MESH, &head->mesh);
    um_name_put(out, F_NODE, &head->node);
}

void um_saved_entry(struct um_buf *out, struct um_str entry)
{
    um_pb_put_str(out, F_ENTRIES, entry);
}

void um_saved_end(const struct um_saved *head, struct um_buf *out)
{
    struct um_str all = um_str_skip(um_buf_view(out), head->from);
    uint8_t sum[P2P_SHA256_BYTES];

    p2p_sha256(all.p, all.len, sum);
    um_pb_put_bytes(out, F_SUM, sum, sizeof sum);
}

int um_saved_open(const struct um_saved *head, struct um_str saved,
                  struct um_str *entries)
{
    const uint64_t lists = UINT64_C(1) << F_ENTRIES;
    uint8_t is[P2P_SHA256_BYTES], sum[P2P_SHA256_BYTES];
    struct um_name mesh, node;
    uint64_t version, part;
    struct um_pb m;

    um_pb_read_lists(&m, saved, lists);
    um_pb_num(&m, F_VERSION, UM_PB_NUM_MAX, &version);
    if (m.err == 0 && version > VERSION)
        return P2P_ENOTSUP;
    um_pb_num(&m, F_PART, UM_PB_NUM_MAX, &part);
    um_name_read(&m, F_MESH, &mesh);
    um_name_read(&m, F_NODE, &node);
    um_pb_bytes(&m, F_ENTRIES, SIZE_MAX, entries);
    um_pb_exact(&m, F_SUM, sizeof sum, sum);
    um_pb_need(&m, version == VERSION && part == head->part);
    if (m.err != 0 || saved.len < SUM_BYTES)
        return P2P_EFORMAT;
    p2p_sha256(saved.p, saved.len - SUM_BYTES, is);
    if (memcmp(is, sum, sizeof is) != 0)
        return P2P_EFORMAT;
    return um_name_eq(&mesh, &head->mesh) && um_name_eq(&node, &head->node)
               ? 0
               : P2P_EPEER;
}
