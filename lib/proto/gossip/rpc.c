/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reads the parts of an RPC. The happy path walks fields and keeps slices of
 * them. Possible failure modes: anything that is not protobuf, and a Message
 * that is not in the usual order, which nobody honest sends.
 */
#include "proto/gossip/rpc.h"

#include "wire/varint.h"

#define TAG_WIRE_BITS 3U

int p2p__rpc_sub_read(struct p2p__slice body, struct p2p__rpc_sub *out)
{
    struct p2p__pb r;
    struct p2p__pb_field f;

    *out = (struct p2p__rpc_sub){0};
    p2p__pb_init(&r, body);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(P2P__RPC_SUB_SUBSCRIBE)) {
            out->subscribe = f.value != 0;
        } else if (f.tag == P2P__PB_BYTES(P2P__RPC_SUB_TOPIC)) {
            out->topic = f.bytes;
        }
    }
    return r.err;
}

int p2p__rpc_topic_read(struct p2p__slice body, struct p2p__rpc_topic *out)
{
    struct p2p__pb r;
    struct p2p__pb_field f;

    *out = (struct p2p__rpc_topic){0};
    p2p__pb_init(&r, body);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(P2P__RPC_TOPIC)) {
            out->topic = f.bytes;
        } else if (f.tag == P2P__PB_UINT(P2P__RPC_PRUNE_BACKOFF)) {
            out->backoff_s = f.value;
        }
    }
    return r.err;
}

bool p2p__rpc_id_next(struct p2p__pb *r, uint32_t num, struct p2p__slice *id)
{
    struct p2p__pb_field f;

    while (p2p__pb_next(r, &f)) {
        if (f.tag == P2P__PB_BYTES(num)) {
            *id = f.bytes;
            return true;
        }
    }
    return false;
}

/* The slice of the view that is field `num`, or NULL. */
static struct p2p__slice *part(struct p2p__gossip_view *v, uint32_t num)
{
    switch (num) {
        case P2P__RPC_MSG_FROM:
            return &v->from;
        case P2P__RPC_MSG_DATA:
            return &v->data;
        case P2P__RPC_MSG_SEQNO:
            return &v->seqno;
        case P2P__RPC_MSG_TOPIC:
            return &v->topic;
        case P2P__RPC_MSG_SIGNATURE:
            return &v->signature;
        case P2P__RPC_MSG_KEY:
            return &v->key;
        default:
            return NULL;
    }
}

/* Where in the body the walk stands. */
static size_t position(const struct p2p__rpc_msg *m, const struct p2p__pb *r)
{
    return m->body.len - r->left.len;
}

/* Takes a known field; false when it is out of order or oddly encoded. */
static bool take_part(struct p2p__rpc_msg *m, const struct p2p__pb *r,
                      const struct p2p__pb_field *f, size_t begin)
{
    uint32_t num = f->tag >> TAG_WIRE_BITS;
    size_t shortest = 1 + p2p__varint_len(f->bytes.len) + f->bytes.len;
    struct p2p__slice *to;

    if (f->tag != P2P__PB_BYTES(num) || m->present >> num != 0 ||
        position(m, r) - begin != shortest) {
        return false;
    }
    to = part(&m->view, num);
    assert(to != NULL); /* num is known */
    *to = f->bytes;
    m->present |= (uint8_t)(1U << num);
    if (num <= P2P__RPC_MSG_TOPIC) {
        m->signed_len = position(m, r);
    }
    return true;
}

int p2p__rpc_msg_read(struct p2p__slice body, struct p2p__rpc_msg *out)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    size_t begin = 0;

    *out = (struct p2p__rpc_msg){.body = body};
    p2p__pb_init(&r, body);
    while (p2p__pb_next(&r, &f)) {
        bool known = part(&out->view, f.tag >> TAG_WIRE_BITS) != NULL;

        if (known && (out->extra.len > 0 || !take_part(out, &r, &f, begin))) {
            return P2P_EFORMAT;
        }
        if (!known && out->extra.len == 0) {
            out->extra = body;
            p2p__slice_skip(&out->extra, begin);
        }
        begin = position(out, &r);
    }
    return r.err;
}
