/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See wire.h. A frame is four bytes of length, big-endian, and one field whose
 * number is the message; its content is canonical protobuf, with fields that
 * mean the same in all messages. Each message has a mask of those that it may
 * have and of those that it must have; others refuse the frame.
 */
#include "mesh/applier/wire.h"

#include <assert.h>

#include "p2p/err.h"

enum field {
    NUMBER = 1,
    ORDER = 2,
    MESH = 3,
    REVISION = 4,
    HASH = 5,
    EFFECTIVE = 6,
    BYTES = 7,
    TEXT = 8,
    MODULES = 9,
    STATEMENTS = 10,
    REVISIONS = 11,
    FACTS = 12,
    NAMES = 13,
    OUTCOME = 14,
    CODE = 15,
    OURS = 16,
    BLANK = 17,
    OTHER = 18,
    HEALTHY = 19
};

#define BIT(field) (UINT64_C(1) << (field))
#define LISTS      (BIT(STATEMENTS) | BIT(REVISIONS) | BIT(FACTS))

/* The highest numbers. */
enum { OUTCOME_MAX = 16, CODE_MAX = 999, HEAD = 4 };

/* What a message has. */
struct shape {
    uint64_t must;
    uint64_t may; /* besides */
};

static const struct shape shapes[UM_WIRE_STATUS + 1] = {
    [UM_WIRE_START] = {BIT(MESH),
                       BIT(NUMBER) | BIT(HASH) | BIT(EFFECTIVE) | BIT(BYTES)},
    [UM_WIRE_STATEMENTS] = {BIT(STATEMENTS), 0},
    [UM_WIRE_ORDER] = {BIT(NUMBER) | BIT(ORDER) | BIT(REVISION),
                       BIT(EFFECTIVE) | BIT(TEXT) | BIT(REVISIONS) |
                           BIT(FACTS)},
    [UM_WIRE_TRY] = {BIT(NUMBER) | BIT(HASH) | BIT(EFFECTIVE), 0},
    [UM_WIRE_PAPER] = {BIT(HASH), BIT(BYTES)},
    [UM_WIRE_SLOT] = {BIT(HASH) | BIT(BYTES), 0},
    [UM_WIRE_ADOPTED] = {BIT(EFFECTIVE), 0},
    [UM_WIRE_GET] = {BIT(NUMBER) | BIT(TEXT), 0},
    [UM_WIRE_UNIT] = {BIT(TEXT), 0},
    [UM_WIRE_HEAR] = {0, BIT(REVISIONS) | BIT(FACTS)},
    [UM_WIRE_SCRATCH] = {BIT(NUMBER) | BIT(HASH) | BIT(EFFECTIVE), 0},
    [UM_WIRE_LIVE] = {BIT(EFFECTIVE), BIT(BYTES) | BIT(TEXT) | BIT(MODULES) |
                                          BIT(OURS) | BIT(BLANK) | BIT(OTHER)},
    [UM_WIRE_ABSENT] = {0, BIT(TEXT)},
    [UM_WIRE_SHOWN] = {BIT(EFFECTIVE), BIT(BYTES)},
    [UM_WIRE_HEALTH] = {0, BIT(HEALTHY)},
    [UM_WIRE_OUTCOME] = {BIT(NUMBER), BIT(OUTCOME) | BIT(TEXT)},
    [UM_WIRE_WANT] = {BIT(HASH), 0},
    [UM_WIRE_GOT] = {BIT(NUMBER),
                     BIT(OUTCOME) | BIT(CODE) | BIT(BYTES) | BIT(TEXT)},
    [UM_WIRE_RECORD] = {0, BIT(REVISION) | BIT(NAMES)},
    [UM_WIRE_STATED] = {BIT(STATEMENTS), 0},
    [UM_WIRE_STATUS] = {0, BIT(BYTES)},
};

static bool is_known(unsigned what)
{
    return (what >= UM_WIRE_START && what <= UM_WIRE_LAST_TO) ||
           (what >= UM_WIRE_LIVE && what <= UM_WIRE_STATUS);
}

static unsigned number(struct um_pb *m, unsigned field, unsigned max)
{
    uint64_t n;

    um_pb_num(m, field, max, &n);
    return (unsigned)n;
}

static void read_texts(struct um_pb *m, struct um_wire_msg *out)
{
    size_t max = out->what == UM_WIRE_GET || out->what == UM_WIRE_UNIT
                     ? UM__CAP_WIRE_PATH_BYTES
                     : UM__CAP_WIRE_TEXT_BYTES;

    um_pb_bytes(m, TEXT, max, &out->text);
    um_pb_bytes(m, MODULES, UM__CAP_WIRE_FRAME_BYTES, &out->modules);
    um_pb_bytes(m, BYTES, UM__CAP_WIRE_FRAME_BYTES, &out->bytes);
    um_pb_need(m, memchr(out->text.p != NULL ? out->text.p : "", 0,
                         out->text.len) == NULL);
    um_pb_need(
        m, out->what != UM_WIRE_SLOT || out->bytes.len == UM_SEALED_SLOT_BYTES);
}

static void read_lists(struct um_pb *m, struct um_wire_msg *out)
{
    um_pb_bytes(m, STATEMENTS, UM__CAP_WIRE_FRAME_BYTES, &out->statements);
    um_pb_bytes(m, REVISIONS, UM__CAP_WIRE_FRAME_BYTES, &out->revisions);
    um_pb_bytes(m, FACTS, UM__CAP_WIRE_FRAME_BYTES, &out->facts);
    um_namelist_read(m, NAMES, false, &out->names);
}

static void read_content(struct um_pb *m, struct um_wire_msg *out)
{
    const struct shape *s = &shapes[out->what];

    um_pb_need(m, (m->have & s->must) == s->must &&
                      (m->have & ~(s->must | s->may)) == 0);
    um_pb_num(m, NUMBER, UM_PB_NUM_MAX, &out->number);
    out->order = (enum um_wire_order)number(m, ORDER, UM_WIRE_EXAMINE);
    um_name_read(m, MESH, &out->mesh);
    um_name_read(m, REVISION, &out->revision);
    um_name_read(m, HASH, &out->hash);
    um_name_read(m, EFFECTIVE, &out->effective);
    read_texts(m, out);
    read_lists(m, out);
    out->outcome = number(m, OUTCOME, OUTCOME_MAX);
    out->code = number(m, CODE, CODE_MAX);
    out->ours = number(m, OURS, 1) != 0;
    out->blank = number(m, BLANK, 1) != 0;
    out->other = number(m, OTHER, 1) != 0;
    out->healthy = number(m, HEALTHY, 1) != 0;
}

int um_wire_read(struct um_str frame, struct um_wire_msg *out)
{
    struct um_pb_field f;
    struct um_pb m;

    *out = (struct um_wire_msg){.what = 0};
    if (!um_pb_take(&frame, &f) || !f.bytes || frame.len > 0 ||
        !is_known(f.number)) {
        return P2P_EFORMAT;
    }
    out->what = (enum um_wire_what)f.number;
    /* A message without content has a byte, since nothing empty is written. */
    if (um_str_eq(f.str, um_str_n("", 1))) {
        f.str.len = 0;
    }
    if (um_pb_read_lists(&m, f.str, LISTS) == 0) {
        read_content(&m, out);
    }
    return m.err;
}

static void put_content(struct um_buf *out, const struct um_wire_msg *m)
{
    um_pb_put_num(out, NUMBER, m->number);
    um_pb_put_num(out, ORDER, m->order);
    um_name_put(out, MESH, &m->mesh);
    um_name_put(out, REVISION, &m->revision);
    um_name_put(out, HASH, &m->hash);
    um_name_put(out, EFFECTIVE, &m->effective);
    um_pb_put_str(out, BYTES, m->bytes);
    um_pb_put_str(out, TEXT, m->text);
    um_pb_put_str(out, MODULES, m->modules);
    um_buf_str(out, m->statements);
    um_buf_str(out, m->revisions);
    um_buf_str(out, m->facts);
    um_pb_put_bytes(out, NAMES, m->names.p, m->names.n * UM_NAME_BYTES);
    um_pb_put_num(out, OUTCOME, m->outcome);
    um_pb_put_num(out, CODE, m->code);
    um_pb_put_num(out, OURS, m->ours);
    um_pb_put_num(out, BLANK, m->blank);
    um_pb_put_num(out, OTHER, m->other);
    um_pb_put_num(out, HEALTHY, m->healthy);
}

void um_wire_write(struct um_buf *out, const struct um_wire_msg *m)
{
    struct um_buf body = UM_BUF_INIT, frame = UM_BUF_INIT;
    uint8_t head[HEAD];

    put_content(&body, m);
    if (body.len == 0) {
        um_buf_byte(&body, '\0');
    }
    um_pb_put_str(&frame, m->what, um_buf_view(&body));
    frame.failed = frame.failed || frame.len > UM__CAP_WIRE_FRAME_BYTES;
    for (unsigned i = 0; i < HEAD; i++) {
        head[i] = (uint8_t)(frame.len >> 8 * (HEAD - 1 - i));
    }
    um_buf_add(out, head, sizeof head);
    um_buf_str(out, um_buf_view(&frame));
    out->failed = out->failed || um_buf_failed(&body) || um_buf_failed(&frame);
    um_buf_fini(&body);
    um_buf_fini(&frame);
}

void um_wire_put_statement(struct um_buf *list, struct um_str envelope)
{
    um_pb_put_str(list, STATEMENTS, envelope);
}

void um_wire_put_revision(struct um_buf *list, struct um_str envelope)
{
    um_pb_put_str(list, REVISIONS, envelope);
}

void um_wire_put_fact(struct um_buf *list, struct um_str envelope)
{
    um_pb_put_str(list, FACTS, envelope);
}

void um_wire_in_fini(struct um_wire_in *in)
{
    um_buf_fini(&in->bytes);
    *in = (struct um_wire_in){.used = 0};
}

int um_wire_in_add(struct um_wire_in *in, struct um_str bytes)
{
    assert(in->used <= in->bytes.len);
    um_buf_consume(&in->bytes, in->used);
    in->used = 0;
    um_buf_str(&in->bytes, bytes);
    return um_buf_failed(&in->bytes) ? P2P_ENOMEM : 0;
}

int um_wire_in_next(struct um_wire_in *in, struct um_str *frame)
{
    struct um_str left = um_str_skip(um_buf_view(&in->bytes), in->used);
    size_t len = 0;

    if (left.len < HEAD) {
        return 0;
    }
    for (unsigned i = 0; i < HEAD; i++) {
        len = len << 8 | (uint8_t)left.p[i];
    }
    if (len == 0 || len > UM__CAP_WIRE_FRAME_BYTES) {
        return len == 0 ? P2P_EFORMAT : P2P_ETOOBIG;
    }
    if (left.len - HEAD < len) {
        return 0;
    }
    *frame = um_str_n(left.p + HEAD, len);
    in->used += HEAD + len;
    assert(in->used <= in->bytes.len);
    return 1;
}
