/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See row.h. An item like the others, but for its id, which nobody asks for.
 */
#include "mesh/trust/row.h"

#include "p2p/err.h"

enum {
    F_SEQ = 5,
    F_WALL = 6,
    F_APPLIED = 7,
    F_EFFECTIVE = 8,
    F_HEALTHY = 9,
    F_BAD = 10,
    F_DRIFT = 11,
    F_READY = 12,
    F_UNIT = 13,
    F_REASON = 14,
    F_NAME = 15,
    F_DAEMON = 16,
    F_TIES = 17,
    F_WAYS = 18,
    F_AWAITS = 19,
    F_REACH = 20
};

#define SEQ_PER_MS 8

/* A field that came later: what older nodes accept is not refused for it. */
static void read_daemon(struct um_pb *m, struct um_row *out)
{
    int err = m->err;

    um_pb_text(m, F_DAEMON, UM__CAP_ROW_DAEMON_BYTES, &out->daemon);
    if (m->err != err) {
        m->err = err;
        out->daemon = um_str_n(NULL, 0);
    }
}

/* Likewise. */
static void read_ways(struct um_pb *m, struct um_row *out)
{
    int err = m->err;

    um_pb_bytes(m, F_WAYS, UM__CAP_ROW_WAYS_BYTES, &out->ways);
    if (m->err != err || !um_way_fit(out->ways)) {
        m->err = err;
        out->ways = um_str_n(NULL, 0);
    }
    out->awaits = um_pb_has(m, F_AWAITS);
}

/* Likewise; what is none of ours says nothing. */
static void read_reach(struct um_pb *m, struct um_row *out)
{
    uint64_t reach;
    int err = m->err;

    um_pb_num(m, F_REACH, UM_REACH_PRIVATE, &reach);
    out->reach = m->err == err ? (enum um_reach)reach : UM_REACH_UNKNOWN;
    m->err = err;
}

static int decode(struct um_item *it, struct um_row *out)
{
    struct um_pb *m = &it->m;
    uint64_t drift;
    uint64_t ready;

    memset(out, 0, sizeof *out);
    out->mesh = it->mesh;
    out->by = it->by;
    um_pb_num(m, F_SEQ, UM_PB_NUM_MAX, &out->seq);
    um_pb_num(m, F_WALL, UM_PB_NUM_MAX, &out->wall_ms);
    um_name_read(m, F_APPLIED, &out->applied);
    um_name_read(m, F_EFFECTIVE, &out->effective);
    um_pb_num(m, F_HEALTHY, UM_PB_NUM_MAX, &out->healthy_ms);
    um_namelist_read(m, F_BAD, false, &out->bad);
    um_pb_num(m, F_DRIFT, UM_ADOPTED, &drift);
    um_pb_num(m, F_READY, 1, &ready);
    um_pb_text(m, F_UNIT, UM__CAP_ROW_UNIT_BYTES, &out->unit);
    um_pb_text(m, F_REASON, UM__CAP_ITEM_MESSAGE_BYTES, &out->reason);
    um_pb_text(m, F_NAME, UM__CAP_ROW_NAME_BYTES, &out->name);
    read_daemon(m, out);
    um_pb_bytes(m, F_TIES, (size_t)UM__CAP_ROW_TIES * UM_TIE_BYTES, &out->ties);
    read_ways(m, out);
    read_reach(m, out);
    out->drift = (enum um_drift)drift;
    out->ready = ready != 0;
    um_pb_need(m, out->seq > 0 && out->wall_ms > 0 &&
                      !um_name_none(&out->mesh) &&
                      out->bad.n <= UM__CAP_ROW_BAD && um_tie_fits(out->ties));
    return m->err;
}

int um_row_open(struct um_str envelope, struct um_row *out)
{
    struct um_item it;
    int err;

    if (envelope.len > UM__CAP_ROW_BYTES)
        return P2P_ETOOBIG;
    err = um_item_open(envelope, UM_ROW, &it);
    return err != 0 ? err : decode(&it, out);
}

int um_row_read(struct um_str envelope, struct um_row *out)
{
    struct um_item it;
    int err;

    if (envelope.len > UM__CAP_ROW_BYTES)
        return P2P_ETOOBIG;
    err = um_item_read(um_item_payload(envelope, UM_ROW), UM_ROW, &it);
    return err != 0 ? err : decode(&it, out);
}

static void write_payload(const struct um_row *row, struct um_buf *out)
{
    um_item_begin(out, UM_ROW, &row->mesh, &row->by);
    um_pb_put_num(out, F_SEQ, row->seq);
    um_pb_put_num(out, F_WALL, row->wall_ms);
    um_name_put(out, F_APPLIED, &row->applied);
    um_name_put(out, F_EFFECTIVE, &row->effective);
    um_pb_put_num(out, F_HEALTHY, row->healthy_ms);
    um_namelist_put(out, F_BAD, row->bad);
    um_pb_put_num(out, F_DRIFT, row->drift);
    um_pb_put_num(out, F_READY, row->ready);
    um_pb_put_str(out, F_UNIT, row->unit);
    um_pb_put_str(out, F_REASON, row->reason);
    um_pb_put_str(out, F_NAME, row->name);
    um_pb_put_str(out, F_DAEMON, row->daemon);
    um_pb_put_str(out, F_TIES, row->ties);
    um_pb_put_str(out, F_WAYS, row->ways);
    um_pb_put_num(out, F_AWAITS, row->awaits);
    um_pb_put_num(out, F_REACH, row->reach);
}

static int check(struct um_item *it)
{
    struct um_row ignored;

    return decode(it, &ignored);
}

int um_row_seal(struct um_row *row, const struct p2p_key *key,
                struct um_buf *out)
{
    static const struct um_item_shape shape = {UM_ROW, check};
    struct um_buf payload = UM_BUF_INIT;
    struct um_name id;
    int err = um_item_signer(key, &row->by);

    if (err != 0)
        return err;
    write_payload(row, &payload);
    return um_item_sign(&shape, &payload, key, out, &id);
}

uint64_t um_row_seq(uint64_t last, uint64_t wall_ms)
{
    uint64_t by_clock =
        wall_ms <= UM_PB_NUM_MAX / SEQ_PER_MS ? wall_ms * SEQ_PER_MS : 0;

    return last + 1 > by_clock ? last + 1 : by_clock;
}
