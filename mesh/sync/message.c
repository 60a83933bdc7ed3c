/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See message.h. A frame is one field, the message, whose number says which;
 * the message is canonical protobuf like all of ours, with the one difference
 * that envelopes stand as often as there are. What is known is strict: a field
 * of another type or beyond its range refuses the frame. What is not known is
 * passed over.
 */
#include "mesh/sync/message.h"

#include <assert.h>

#include "p2p/err.h"

/* Fields of Hello. */
enum { HELLO_V = 1, HELLO_MESH = 2, HELLO_ROOTS = 3, HELLO_ROWS = 6 };

/* Fields of the others: the first is a set, a hash or a number. */
enum { FIRST = 1, NAMES = 2, MORE = 3, ENVELOPES = 2, HAS_NOT = 3 };
enum { OFFSET = 2, SIZE = 3, PART = 4, SLOT_BYTES = 2, TEXT = 2 };

#define ROWS_ENVELOPES 1

static bool any_none(struct um_namelist names)
{
    for (size_t i = 0; i < names.n; i++) {
        if (um_name_none(&names.p[i]))
            return true;
    }
    return false;
}

/* A list of names in the order in which they stand. */
static void read_names(struct um_pb *m, unsigned field, size_t max,
                       struct um_namelist *out)
{
    struct um_str s;

    um_pb_bytes(m, field, max * UM_NAME_BYTES, &s);
    um_pb_need(m, s.len % UM_NAME_BYTES == 0);
    *out = (struct um_namelist){(const struct um_name *)s.p,
                                s.len / UM_NAME_BYTES};
    um_pb_need(m, m->err != 0 || !any_none(*out));
}

static void read_set(struct um_pb *m, struct um_sync_msg *out)
{
    uint64_t set;

    um_pb_num(m, FIRST, UM_SYNC_FACTS, &set);
    um_pb_need(m, set != 0);
    out->set = (enum um_sync_set)set;
}

static void read_hash(struct um_pb *m, struct um_sync_msg *out)
{
    um_name_read(m, FIRST, &out->hash);
    um_pb_need(m, um_pb_has(m, FIRST));
}

/* Ascending, none twice; `size` bytes each. */
static bool ascending(struct um_str s, size_t size, size_t key)
{
    for (size_t i = size; i < s.len; i += size) {
        if (memcmp(s.p + i - size, s.p + i, key) >= 0)
            return false;
    }
    return true;
}

static void read_hello(struct um_pb *m, struct um_sync_msg *out)
{
    um_pb_num(m, HELLO_V, UM_PB_NUM_MAX, &out->version);
    um_name_read(m, HELLO_MESH, &out->mesh);
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        um_name_read(m, HELLO_ROOTS + i, &out->roots[i]);
        um_pb_need(m, um_pb_has(m, HELLO_ROOTS + i));
    }
    um_pb_need(m, out->version != 0 && um_pb_has(m, HELLO_MESH));
    um_pb_bytes(m, HELLO_ROWS, UM__CAP_SYNC_ROWS * UM_SYNC_ROW_BYTES,
                &out->rows);
    um_pb_need(m, out->rows.len % UM_SYNC_ROW_BYTES == 0 &&
                      ascending(out->rows, UM_SYNC_ROW_BYTES, UM_NAME_BYTES));
}

static void read_ids_want(struct um_pb *m, struct um_sync_msg *out)
{
    read_set(m, out);
    um_pb_bytes(m, NAMES, UM_SYNC_BUCKETS, &out->buckets);
    um_pb_need(m, out->buckets.len > 0 && ascending(out->buckets, 1, 1));
}

static void read_ids(struct um_pb *m, struct um_sync_msg *out)
{
    uint64_t more;

    read_set(m, out);
    read_names(m, NAMES, UM__CAP_SYNC_FRAME_BYTES / UM_NAME_BYTES, &out->names);
    um_pb_num(m, MORE, 1, &more);
    out->more = more != 0;
    um_pb_need(m, !out->more || out->names.n > 0);
}

static void read_items(struct um_pb *m, struct um_sync_msg *out)
{
    read_set(m, out);
    um_pb_bytes(m, ENVELOPES, UM__CAP_SYNC_FRAME_BYTES, &out->envelopes);
    read_names(m, HAS_NOT, UM__CAP_SYNC_WANT_NAMES, &out->names);
    um_pb_need(m, out->envelopes.len > 0 || out->names.n > 0);
}

static void read_doc(struct um_pb *m, struct um_sync_msg *out)
{
    read_hash(m, out);
    um_pb_num(m, OFFSET, UM_PB_NUM_MAX, &out->offset);
    um_pb_num(m, SIZE, UM_PB_NUM_MAX, &out->size);
    um_pb_bytes(m, PART, UM__CAP_SYNC_PART_BYTES, &out->bytes);
    um_pb_need(m, out->bytes.len == 0 || out->offset < out->size);
    um_pb_need(
        m, out->bytes.len == 0 || out->bytes.len <= out->size - out->offset);
}

static void read_sorry(struct um_pb *m, struct um_sync_msg *out)
{
    um_pb_num(m, FIRST, UM_PB_NUM_MAX, &out->number);
    um_pb_need(m, out->number != 0);
    um_pb_text(m, TEXT, UM__CAP_SYNC_SORRY_BYTES, &out->text);
}

/* The messages that are a hash and little else. */
static void read_short(struct um_pb *m, struct um_sync_msg *out)
{
    read_hash(m, out);
    if (out->what == UM_SYNC_DOC_WANT) {
        um_pb_num(m, OFFSET, UM_PB_NUM_MAX, &out->offset);
        um_pb_num(m, SIZE, UM_PB_NUM_MAX, &out->size);
    }
    if (out->what == UM_SYNC_SLOT) {
        um_pb_bytes(m, SLOT_BYTES, UM_SEALED_SLOT_BYTES, &out->bytes);
        um_pb_need(
            m, out->bytes.len == 0 || out->bytes.len == UM_SEALED_SLOT_BYTES);
    }
}

static void read_content(struct um_pb *m, struct um_sync_msg *out)
{
    switch (out->what) {
        case UM_SYNC_HELLO:
            read_hello(m, out);
            break;
        case UM_SYNC_BUCKETS_WANT:
            read_set(m, out);
            break;
        case UM_SYNC_BUCKETS_ARE:
            read_set(m, out);
            read_names(m, NAMES, UM_SYNC_BUCKETS, &out->names);
            um_pb_need(m, out->names.n == UM_SYNC_BUCKETS);
            break;
        case UM_SYNC_IDS_WANT:
            read_ids_want(m, out);
            break;
        case UM_SYNC_IDS:
            read_ids(m, out);
            break;
        case UM_SYNC_WANT:
            read_set(m, out);
            read_names(m, NAMES, UM__CAP_SYNC_WANT_NAMES, &out->names);
            um_pb_need(m, out->names.n > 0);
            break;
        case UM_SYNC_ITEMS:
            read_items(m, out);
            break;
        case UM_SYNC_ROWS:
            um_pb_bytes(m, ROWS_ENVELOPES, UM__CAP_SYNC_FRAME_BYTES,
                        &out->envelopes);
            um_pb_need(m, out->envelopes.len > 0);
            break;
        case UM_SYNC_DOC:
            read_doc(m, out);
            break;
        case UM_SYNC_SORRY:
            read_sorry(m, out);
            break;
        default:
            read_short(m, out);
            break;
    }
}

unsigned um_sync_envelope_field(enum um_sync_what what)
{
    assert(what == UM_SYNC_ITEMS || what == UM_SYNC_ROWS);
    return what == UM_SYNC_ITEMS ? ENVELOPES : ROWS_ENVELOPES;
}

/* Which fields of a message stand more than once. */
static uint64_t lists_of(enum um_sync_what what)
{
    if (what != UM_SYNC_ITEMS && what != UM_SYNC_ROWS)
        return 0;
    return UINT64_C(1) << um_sync_envelope_field(what);
}

int um_sync_read(struct um_str frame, struct um_sync_msg *out)
{
    struct um_pb_field f;
    struct um_pb m;

    memset(out, 0, sizeof *out);
    if (!um_pb_take(&frame, &f) || !f.bytes || frame.len > 0)
        return P2P_EFORMAT;
    if (f.number > UM_SYNC_SORRY) {
        out->number = f.number;
        return P2P_ENOTSUP;
    }
    out->what = (enum um_sync_what)f.number;
    if (um_pb_read_lists(&m, f.str, lists_of(out->what)) == 0)
        read_content(&m, out);
    return m.err;
}

static void put_names(struct um_buf *out, unsigned field,
                      struct um_namelist names)
{
    um_pb_put_bytes(out, field, names.p, names.n * UM_NAME_BYTES);
}

static void put_hello(struct um_buf *out, const struct um_sync_msg *m)
{
    um_pb_put_num(out, HELLO_V, m->version);
    um_name_put(out, HELLO_MESH, &m->mesh);
    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        um_name_put(out, HELLO_ROOTS + i, &m->roots[i]);
    um_pb_put_str(out, HELLO_ROWS, m->rows);
}

/* The messages that begin with a set. */
static void put_of_set(struct um_buf *out, const struct um_sync_msg *m)
{
    um_pb_put_num(out, FIRST, m->set);
    um_pb_put_str(out, NAMES, m->buckets);
    um_buf_str(out, m->envelopes);
    put_names(out, m->what == UM_SYNC_ITEMS ? HAS_NOT : NAMES, m->names);
    um_pb_put_num(out, MORE, m->more);
}

/* The messages that begin with a hash. */
static void put_of_hash(struct um_buf *out, const struct um_sync_msg *m)
{
    um_name_put(out, FIRST, &m->hash);
    um_pb_put_num(out, OFFSET, m->offset);
    um_pb_put_num(out, SIZE, m->size);
    um_pb_put_str(out, m->what == UM_SYNC_SLOT ? SLOT_BYTES : PART, m->bytes);
}

static size_t varint_len(size_t v)
{
    size_t n = 1;

    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

void um_sync_write(struct um_buf *out, const struct um_sync_msg *m)
{
    struct um_buf body = UM_BUF_INIT;

    if (m->what == UM_SYNC_HELLO) {
        put_hello(&body, m);
    } else if (m->what == UM_SYNC_ROWS) {
        um_buf_str(&body, m->envelopes);
    } else if (m->what == UM_SYNC_SORRY) {
        um_pb_put_num(&body, FIRST, m->number);
        um_pb_put_str(&body, TEXT, m->text);
    } else if (m->set != 0) {
        put_of_set(&body, m);
    } else {
        put_of_hash(&body, m);
    }
    assert(body.len > 0 || um_buf_failed(&body));
    um_pb_put_varint(out, 1 + varint_len(body.len) + body.len);
    um_pb_put_str(out, m->what, um_buf_view(&body));
    out->failed = out->failed || um_buf_failed(&body);
    um_buf_fini(&body);
}

uint64_t um_sync_row_at(struct um_str rows, size_t i, struct um_name *member)
{
    const char *at = rows.p + i * UM_SYNC_ROW_BYTES;
    uint64_t seq = 0;

    assert(i < um_sync_rows_n(rows));
    memcpy(member->b, at, UM_NAME_BYTES);
    for (unsigned k = UM_NAME_BYTES; k < UM_SYNC_ROW_BYTES; k++)
        seq = seq << 8 | (uint8_t)at[k];
    return seq;
}

void um_sync_row_put(struct um_buf *rows, const struct um_name *member,
                     uint64_t seq)
{
    um_buf_add(rows, member->b, UM_NAME_BYTES);
    for (unsigned k = 8; k > 0; k--)
        um_buf_byte(rows, (char)(uint8_t)(seq >> 8 * (k - 1)));
}
