/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See msg_v2.h. Of the members of the oneof the last one counts, as protobuf
 * has it. Failure modes: what is no protobuf, or says nothing.
 */
#include "proto/autonat/msg_v2.h"

#include "wire/varint.h"

#define FIELD_ADDRS  1 /* in a request */
#define FIELD_NONCE  2
#define FIELD_STATUS 1 /* in a response */
#define FIELD_INDEX  2
#define FIELD_DIAL   3
#define FIELD_AT     1 /* in a request for data */
#define FIELD_BYTES  2
#define FIELD_DATA   1 /* in data */
#define FIELD_BACK   1 /* in a dial back: the nonce */

static int read_request(struct p2p__slice in, struct p2p__autonat_v2_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    msg->addrs = (struct p2p__autonat_told){.fields = in, .field = FIELD_ADDRS};
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_FIXED64(FIELD_NONCE)) {
            msg->nonce = f.value;
        }
    }
    return r.err;
}

static int read_response(struct p2p__slice in, struct p2p__autonat_v2_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_STATUS)) {
            msg->status = f.value;
        } else if (f.tag == P2P__PB_UINT(FIELD_INDEX)) {
            msg->index = f.value;
        } else if (f.tag == P2P__PB_UINT(FIELD_DIAL)) {
            msg->dial = f.value;
        }
    }
    return r.err;
}

static int read_data_request(struct p2p__slice in,
                             struct p2p__autonat_v2_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_AT)) {
            msg->index = f.value;
        } else if (f.tag == P2P__PB_UINT(FIELD_BYTES)) {
            msg->bytes = f.value;
        }
    }
    return r.err;
}

static int read_data(struct p2p__slice in, struct p2p__autonat_v2_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_DATA)) {
            msg->bytes = f.bytes.len;
        }
    }
    return r.err;
}

/* Reads a member of the oneof, if it is one. */
static int read_member(const struct p2p__pb_field *f,
                       struct p2p__autonat_v2_msg *msg)
{
    static int (*const readers[])(struct p2p__slice,
                                  struct p2p__autonat_v2_msg *) = {
        [P2P__AUTONAT_V2_REQUEST] = read_request,
        [P2P__AUTONAT_V2_RESPONSE] = read_response,
        [P2P__AUTONAT_V2_DATA_REQUEST] = read_data_request,
        [P2P__AUTONAT_V2_DATA] = read_data};

    for (uint32_t i = P2P__AUTONAT_V2_REQUEST; i < P2P__COUNT(readers); i++) {
        if (f->tag == P2P__PB_BYTES(i)) {
            *msg = (struct p2p__autonat_v2_msg){
                .type = (enum p2p__autonat_v2_type)i};
            return readers[i](f->bytes, msg);
        }
    }
    return 0;
}

int p2p__autonat_v2_read(struct p2p__slice in, struct p2p__autonat_v2_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    int rv = 0;

    *msg = (struct p2p__autonat_v2_msg){0};
    p2p__pb_init(&r, in);
    while (rv == 0 && p2p__pb_next(&r, &f)) {
        rv = read_member(&f, msg);
    }
    return rv != 0 || r.err != 0 || msg->type == 0 ? P2P_EFORMAT : 0;
}

/* Appends a field of eight bytes. */
static void write_fixed64(struct p2p__pbw *w, uint32_t num, uint64_t value)
{
    uint8_t bytes[9] = {(uint8_t)P2P__PB_FIXED64(num)};

    assert(P2P__PB_FIXED64(num) < 0x80);
    for (size_t i = 1; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)value;
        value >>= 8;
    }
    p2p__pbw_raw(w, bytes, sizeof bytes);
}

void p2p__autonat_v2_write_request(struct p2p__pbw *w,
                                   const struct p2p_multiaddr *addrs,
                                   size_t n_addrs, uint64_t nonce)
{
    const size_t frame = p2p__pbw_open_frame(w);
    const size_t mark = p2p__pbw_open(w, P2P__AUTONAT_V2_REQUEST);

    for (size_t i = 0; i < n_addrs; i++) {
        p2p__pbw_bytes(w, FIELD_ADDRS, addrs[i].bytes, addrs[i].len);
    }
    write_fixed64(w, FIELD_NONCE, nonce);
    p2p__pbw_close(w, mark);
    p2p__pbw_close(w, frame);
}

void p2p__autonat_v2_write(struct p2p__pbw *w,
                           const struct p2p__autonat_v2_msg *msg)
{
    const size_t frame = p2p__pbw_open_frame(w);
    const size_t mark = p2p__pbw_open(w, (uint32_t)msg->type);

    assert(msg->type == P2P__AUTONAT_V2_RESPONSE ||
           msg->type == P2P__AUTONAT_V2_DATA_REQUEST);
    if (msg->type == P2P__AUTONAT_V2_RESPONSE) {
        p2p__pbw_uint(w, FIELD_STATUS, msg->status);
        p2p__pbw_uint(w, FIELD_INDEX, msg->index);
        p2p__pbw_uint(w, FIELD_DIAL, msg->dial);
    } else {
        p2p__pbw_uint(w, FIELD_AT, msg->index);
        p2p__pbw_uint(w, FIELD_BYTES, msg->bytes);
    }
    p2p__pbw_close(w, mark);
    p2p__pbw_close(w, frame);
}

void p2p__autonat_v2_write_data_head(struct p2p__pbw *w, size_t bytes)
{
    struct p2p__pbw inner, outer;
    uint8_t length[P2P__VARINT_PB_MAX];

    /* How long the two heads around the data are. */
    p2p__pbw_init(&inner, NULL, 0);
    p2p__pbw_head(&inner, FIELD_DATA, bytes);
    p2p__pbw_init(&outer, NULL, 0);
    p2p__pbw_head(&outer, P2P__AUTONAT_V2_DATA, inner.len + bytes);
    p2p__pbw_raw(w, length,
                 p2p__varint_put(length, outer.len + inner.len + bytes));
    p2p__pbw_head(w, P2P__AUTONAT_V2_DATA, inner.len + bytes);
    p2p__pbw_head(w, FIELD_DATA, bytes);
}

void p2p__autonat_v2_write_back(struct p2p__pbw *w, uint64_t nonce)
{
    const size_t frame = p2p__pbw_open_frame(w);

    write_fixed64(w, FIELD_BACK, nonce);
    p2p__pbw_close(w, frame);
}

int p2p__autonat_v2_read_back(struct p2p__slice in, uint64_t *nonce)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    bool is_there = false;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_FIXED64(FIELD_BACK)) {
            *nonce = f.value;
            is_there = true;
        }
    }
    return r.err != 0 || !is_there ? P2P_EFORMAT : 0;
}
