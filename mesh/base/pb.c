/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See pb.h. One pass, no memory, no recursion. A length is compared with what
 * is left before it is used. Whatever is not canonical ends the reading with
 * P2P_EFORMAT; the getters go on to answer then, and mean nothing.
 */
#include "mesh/base/pb.h"

#include <assert.h>

#include "p2p/err.h"

#define WIRE_NUM   0U
#define WIRE_BYTES 2U

#define VARINT_MAX 10

bool um_pb_take_varint(struct um_str *in, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < in->len && i < VARINT_MAX; i++) {
        uint8_t c = (uint8_t)in->p[i];

        if (i == VARINT_MAX - 1 && c > 1)
            return false;
        v |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            *out = v;
            *in = um_str_skip(*in, i + 1);
            return c != 0 || i == 0;
        }
    }
    return false;
}

bool um_pb_take(struct um_str *in, struct um_pb_field *out)
{
    uint64_t tag;
    uint64_t v;

    if (!um_pb_take_varint(in, &tag) || !um_pb_take_varint(in, &v) || v == 0)
        return false;
    if (tag >> 3 == 0 || tag >> 3 > UM_PB_FIELD_MAX)
        return false;
    out->number = (unsigned)(tag >> 3);
    out->bytes = (tag & 7) == WIRE_BYTES;
    if (!out->bytes) {
        out->num = v;
        return (tag & 7) == WIRE_NUM;
    }
    if (v > in->len)
        return false;
    out->str = um_str_head(*in, (size_t)v);
    *in = um_str_skip(*in, (size_t)v);
    return true;
}

/* Takes one field off the front; `last` is the number of the one before. */
static bool take_field(struct um_pb *m, struct um_str *in, unsigned *last,
                       uint64_t lists)
{
    const char *from = in->p;
    struct um_pb_field f;
    bool again;

    if (!um_pb_take(in, &f))
        return false;
    again = f.number == *last && f.bytes &&
            (lists & m->bytes & UINT64_C(1) << f.number) != 0;
    if (f.number <= *last && !again)
        return false;
    *last = f.number;
    m->have |= UINT64_C(1) << f.number;
    m->bytes |= (uint64_t)f.bytes << f.number;
    if (f.number > UM_PB_KNOWN_MAX)
        return true;
    if (!f.bytes)
        m->num[f.number] = f.num;
    else if ((lists >> f.number & 1) == 0)
        m->str[f.number] = f.str;
    else
        m->str[f.number] =
            um_str_n(again ? m->str[f.number].p : from,
                     m->str[f.number].len + (size_t)(in->p - from));
    return true;
}

int um_pb_read_lists(struct um_pb *m, struct um_str in, uint64_t lists)
{
    unsigned last = 0;

    memset(m, 0, sizeof *m);
    while (in.len > 0) {
        if (!take_field(m, &in, &last, lists)) {
            m->err = P2P_EFORMAT;
            break;
        }
    }
    return m->err;
}

int um_pb_read(struct um_pb *m, struct um_str in)
{
    return um_pb_read_lists(m, in, 0);
}

bool um_pb_list_next(struct um_str *list, struct um_str *out)
{
    struct um_pb_field f;

    if (list->len == 0)
        return false;
    *out = um_pb_take(list, &f) ? f.str : um_str_n(NULL, 0);
    return true;
}

void um_pb_need(struct um_pb *m, bool fine)
{
    if (!fine && m->err == 0)
        m->err = P2P_EFORMAT;
}

void um_pb_num(struct um_pb *m, unsigned field, uint64_t max, uint64_t *out)
{
    assert(field > 0 && field <= UM_PB_KNOWN_MAX);
    um_pb_need(m, (m->bytes >> field & 1) == 0 && m->num[field] <= max);
    *out = m->num[field];
}

void um_pb_bytes(struct um_pb *m, unsigned field, size_t max,
                 struct um_str *out)
{
    assert(field > 0 && field <= UM_PB_KNOWN_MAX);
    um_pb_need(m, m->num[field] == 0 && m->str[field].len <= max);
    *out = m->str[field];
}

void um_pb_text(struct um_pb *m, unsigned field, size_t max, struct um_str *out)
{
    um_pb_bytes(m, field, max, out);
    um_pb_need(m, um_pb_is_text(*out));
}

void um_pb_exact(struct um_pb *m, unsigned field, size_t len, void *out)
{
    struct um_str s;

    um_pb_bytes(m, field, len, &s);
    um_pb_need(m, s.len == 0 || s.len == len);
    memset(out, 0, len);
    if (s.len == len)
        memcpy(out, s.p, len);
}

/* Whether a character is none of those that are refused. */
static bool is_fine(uint32_t c, size_t len)
{
    static const uint32_t least[] = {0, 0x20, 0x80, 0x800, 0x10000};

    return c >= least[len] && c <= 0x10ffff && c != 0x7f &&
           !(c >= 0xd800 && c < 0xe000);
}

/* How many bytes of UTF-8 the character at the front has; 0: it is none. */
static size_t char_len(const uint8_t *p, size_t len)
{
    uint32_t c = p[0];
    size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    if (n == 0 || n > len || c > 0xf4)
        return 0;
    c &= n == 1 ? 0x7f : 0x7fU >> n;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fU);
    }
    return is_fine(c, n) ? n : 0;
}

bool um_pb_is_text(struct um_str s)
{
    while (s.len > 0) {
        size_t n = char_len((const uint8_t *)s.p, s.len);

        if (n == 0)
            return false;
        s = um_str_skip(s, n);
    }
    return true;
}

void um_pb_put_varint(struct um_buf *out, uint64_t v)
{
    while (v >= 0x80) {
        um_buf_byte(out, (char)(uint8_t)(v | 0x80));
        v >>= 7;
    }
    um_buf_byte(out, (char)(uint8_t)v);
}

void um_pb_put_num(struct um_buf *out, unsigned field, uint64_t v)
{
    assert(field > 0 && field <= UM_PB_FIELD_MAX);
    if (v != 0) {
        um_pb_put_varint(out, (uint64_t)field << 3 | WIRE_NUM);
        um_pb_put_varint(out, v);
    }
}

void um_pb_put_bytes(struct um_buf *out, unsigned field, const void *p,
                     size_t len)
{
    assert(field > 0 && field <= UM_PB_FIELD_MAX);
    if (len > 0) {
        um_pb_put_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
        um_pb_put_varint(out, len);
        um_buf_add(out, p, len);
    }
}

void um_pb_put_str(struct um_buf *out, unsigned field, struct um_str s)
{
    um_pb_put_bytes(out, field, s.p, s.len);
}
