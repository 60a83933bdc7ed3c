/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See fact.h. Only an OPEN has members, and it must have some: an empty one
 * would be a fact that says nothing, of which there could be any number.
 */
#include "mesh/trust/fact.h"

#include "p2p/err.h"

enum { F_REVISION = 5, F_WHAT = 6, F_WALL = 7, F_NODES = 8, F_MESSAGE = 9 };

int um_fact_decode(struct um_item *it, struct um_fact *out)
{
    struct um_pb *m = &it->m;
    uint64_t what;

    memset(out, 0, sizeof *out);
    out->id = it->id;
    out->mesh = it->mesh;
    out->by = it->by;
    um_name_read(m, F_REVISION, &out->revision);
    um_pb_num(m, F_WHAT, UM_ABORT, &what);
    um_pb_num(m, F_WALL, UM_PB_NUM_MAX, &out->wall_ms);
    um_namelist_read(m, F_NODES, true, &out->nodes);
    um_pb_text(m, F_MESSAGE, UM__CAP_ITEM_MESSAGE_BYTES, &out->message);
    out->what = (enum um_fact_what)what;
    um_pb_need(m, um_pb_has(m, F_REVISION) && what > 0 && out->wall_ms > 0 &&
                      !um_name_none(&out->mesh));
    um_pb_need(m, (out->what == UM_OPEN) == um_pb_has(m, F_NODES));
    return m->err;
}

int um_fact_open(struct um_str envelope, struct um_fact *out)
{
    struct um_item it;
    int err = um_item_open(envelope, UM_FACT, &it);

    return err != 0 ? err : um_fact_decode(&it, out);
}

static void write_payload(const struct um_fact *f, struct um_buf *out)
{
    um_item_begin(out, UM_FACT, &f->mesh, &f->by);
    um_name_put(out, F_REVISION, &f->revision);
    um_pb_put_num(out, F_WHAT, f->what);
    um_pb_put_num(out, F_WALL, f->wall_ms);
    um_namelist_put(out, F_NODES, f->nodes);
    um_pb_put_str(out, F_MESSAGE, f->message);
}

static int check(struct um_item *it)
{
    struct um_fact ignored;

    return um_fact_decode(it, &ignored);
}

int um_fact_seal(struct um_fact *f, const struct p2p_key *key,
                 struct um_buf *out)
{
    static const struct um_item_shape shape = {UM_FACT, check};
    struct um_buf payload = UM_BUF_INIT;
    int err = um_item_signer(key, &f->by);

    if (err != 0)
        return err;
    write_payload(f, &payload);
    return um_item_sign(&shape, &payload, key, out, &f->id);
}
