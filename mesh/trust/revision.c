/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See revision.h. Field by field, then what the fields have to do with each
 * other. Signing goes through reading: the payload that was written is read
 * again, and only signed if it would be taken.
 */
#include "mesh/trust/revision.h"

#include "p2p/err.h"

enum {
    F_PARENTS = 5,
    F_NUMBER = 6,
    F_WALL = 7,
    F_DOC = 8,
    F_DOC_BYTES = 9,
    F_POLICY = 10,
    F_DEADLINE = 11,
    F_SOAK = 12,
    F_BUDGET = 13,
    F_FIRST = 14,
    F_AUTO = 15,
    F_MESSAGE = 16
};

static void read_parents(struct um_pb *m, struct um_revision *r)
{
    struct um_namelist names;

    um_namelist_read(m, F_PARENTS, false, &names);
    um_pb_need(m, names.n <= 2);
    for (size_t i = 0; i < names.n && i < 2; i++)
        r->parents[i] = names.p[i];
    um_pb_need(m, names.n < 2 || !um_name_eq(&names.p[0], &names.p[1]));
    r->parents_n = (uint8_t)(names.n <= 2 ? names.n : 0);
}

static void read_policy(struct um_pb *m, struct um_revision *r)
{
    uint64_t policy;
    uint64_t budget;

    um_pb_num(m, F_POLICY, UM_TRIAL, &policy);
    um_pb_num(m, F_DEADLINE, UM__CAP_ITEM_SPAN_MS, &r->deadline_ms);
    um_pb_num(m, F_SOAK, UM__CAP_ITEM_SPAN_MS, &r->soak_ms);
    um_pb_num(m, F_BUDGET, UM__CAP_BUDGET, &budget);
    um_namelist_read(m, F_FIRST, true, &r->first);
    r->policy = (enum um_rev_policy)policy;
    r->budget = (uint32_t)budget;
    if (r->policy == UM_IMMEDIATE)
        um_pb_need(m, r->deadline_ms == 0 && r->soak_ms == 0 &&
                          r->budget == 0 && r->first.n == 0);
    else
        um_pb_need(m, r->deadline_ms > 0);
}

int um_revision_decode(struct um_item *it, struct um_revision *out)
{
    struct um_pb *m = &it->m;
    uint64_t doc_bytes;
    uint64_t by_machine;
    bool root;

    memset(out, 0, sizeof *out);
    out->id = it->id;
    out->mesh = it->mesh;
    out->by = it->by;
    read_parents(m, out);
    um_pb_num(m, F_NUMBER, UM_PB_NUM_MAX, &out->number);
    um_pb_num(m, F_WALL, UM_PB_NUM_MAX, &out->wall_ms);
    um_name_read(m, F_DOC, &out->doc);
    um_pb_num(m, F_DOC_BYTES, UM__CAP_DOC_BYTES, &doc_bytes);
    read_policy(m, out);
    um_pb_num(m, F_AUTO, 1, &by_machine);
    um_pb_text(m, F_MESSAGE, UM__CAP_ITEM_MESSAGE_BYTES, &out->message);
    um_pb_need(m, out->number > 0 && out->wall_ms > 0 && doc_bytes > 0 &&
                      um_pb_has(m, F_DOC));
    root = out->parents_n == 0;
    um_pb_need(m, root == (out->number == 1));
    um_pb_need(m, root == um_name_none(&out->mesh));
    out->doc_bytes = (uint32_t)doc_bytes;
    out->by_machine = by_machine != 0;
    return m->err;
}

int um_revision_open(struct um_str envelope, struct um_revision *out)
{
    struct um_item it;
    int err = um_item_open(envelope, UM_REVISION, &it);

    return err != 0 ? err : um_revision_decode(&it, out);
}

static void write_payload(const struct um_revision *r, struct um_buf *out)
{
    um_item_begin(out, UM_REVISION, &r->mesh, &r->by);
    um_namelist_put(out, F_PARENTS,
                    (struct um_namelist){r->parents, r->parents_n});
    um_pb_put_num(out, F_NUMBER, r->number);
    um_pb_put_num(out, F_WALL, r->wall_ms);
    um_name_put(out, F_DOC, &r->doc);
    um_pb_put_num(out, F_DOC_BYTES, r->doc_bytes);
    um_pb_put_num(out, F_POLICY, r->policy);
    um_pb_put_num(out, F_DEADLINE, r->deadline_ms);
    um_pb_put_num(out, F_SOAK, r->soak_ms);
    um_pb_put_num(out, F_BUDGET, r->budget);
    um_namelist_put(out, F_FIRST, r->first);
    um_pb_put_num(out, F_AUTO, r->by_machine);
    um_pb_put_str(out, F_MESSAGE, r->message);
}

static int check(struct um_item *it)
{
    struct um_revision ignored;

    return um_revision_decode(it, &ignored);
}

int um_revision_seal(struct um_revision *r, const struct p2p_key *key,
                     struct um_buf *out)
{
    static const struct um_item_shape shape = {UM_REVISION, check};
    struct um_buf payload = UM_BUF_INIT;
    int err = um_item_signer(key, &r->by);

    if (err != 0)
        return err;
    if (r->parents_n > 2)
        return P2P_EINVAL;
    write_payload(r, &payload);
    return um_item_sign(&shape, &payload, key, out, &r->id);
}
