/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See msg_v1.h. Of a field that comes twice the last one counts, as protobuf
 * has it. Failure modes: what is no protobuf, or of no type that there is.
 */
#include "proto/autonat/msg_v1.h"

#define FIELD_TYPE     1
#define FIELD_DIAL     2
#define FIELD_RESPONSE 3
#define FIELD_PEER     1 /* in a dial */
#define FIELD_ID       1 /* in a peer */
#define FIELD_ADDRS    2
#define FIELD_STATUS   1 /* in a response */
#define FIELD_TEXT     2
#define FIELD_ADDR     3

static int read_peer(struct p2p__slice in, struct p2p__autonat_v1_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    msg->addrs = (struct p2p__autonat_told){.fields = in, .field = FIELD_ADDRS};
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_ID)) {
            msg->peer = f.bytes;
        }
    }
    return r.err;
}

static int read_dial(struct p2p__slice in, struct p2p__autonat_v1_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    int rv = 0;

    p2p__pb_init(&r, in);
    while (rv == 0 && p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_PEER)) {
            rv = read_peer(f.bytes, msg);
        }
    }
    return rv != 0 ? rv : r.err;
}

static int read_response(struct p2p__slice in, struct p2p__autonat_v1_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_STATUS)) {
            msg->status = f.value;
        } else if (f.tag == P2P__PB_BYTES(FIELD_ADDR) &&
                   p2p_multiaddr_from_bytes(f.bytes.p, f.bytes.len,
                                            &msg->addr) != 0) {
            msg->addr.len = 0;
        }
    }
    return r.err;
}

int p2p__autonat_v1_read(struct p2p__slice in, struct p2p__autonat_v1_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    int rv = 0;

    *msg = (struct p2p__autonat_v1_msg){.type = P2P__AUTONAT_V1_DIAL};
    p2p__pb_init(&r, in);
    while (rv == 0 && p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_TYPE)) {
            rv = f.value > P2P__AUTONAT_V1_RESPONSE ? P2P_EFORMAT : 0;
            msg->type = f.value == P2P__AUTONAT_V1_DIAL
                            ? P2P__AUTONAT_V1_DIAL
                            : P2P__AUTONAT_V1_RESPONSE;
        } else if (f.tag == P2P__PB_BYTES(FIELD_DIAL)) {
            rv = read_dial(f.bytes, msg);
        } else if (f.tag == P2P__PB_BYTES(FIELD_RESPONSE)) {
            rv = read_response(f.bytes, msg);
        }
    }
    return rv != 0 ? rv : r.err;
}

void p2p__autonat_v1_write_dial(struct p2p__pbw *w,
                                const struct p2p_peer_id *self,
                                const struct p2p_multiaddr *addrs,
                                size_t n_addrs)
{
    const size_t frame = p2p__pbw_open_frame(w);
    size_t dial, peer;

    p2p__pbw_uint(w, FIELD_TYPE, P2P__AUTONAT_V1_DIAL);
    dial = p2p__pbw_open(w, FIELD_DIAL);
    peer = p2p__pbw_open(w, FIELD_PEER);
    p2p__pbw_bytes(w, FIELD_ID, self->bytes, self->len);
    for (size_t i = 0; i < n_addrs; i++) {
        p2p__pbw_bytes(w, FIELD_ADDRS, addrs[i].bytes, addrs[i].len);
    }
    p2p__pbw_close(w, peer);
    p2p__pbw_close(w, dial);
    p2p__pbw_close(w, frame);
}

/* For people who look at what they got. */
static const char *text_of(enum p2p__autonat_v1_status status)
{
    switch (status) {
        case P2P__AUTONAT_V1_OK:
            return NULL;
        case P2P__AUTONAT_V1_DIAL_ERROR:
            return "dial failed";
        case P2P__AUTONAT_V1_DIAL_REFUSED:
            return "dial refused";
        case P2P__AUTONAT_V1_BAD_REQUEST:
            return "bad request";
        case P2P__AUTONAT_V1_INTERNAL_ERROR:
            return "internal error";
    }
    return NULL;
}

void p2p__autonat_v1_write_response(struct p2p__pbw *w,
                                    enum p2p__autonat_v1_status status,
                                    const struct p2p_multiaddr *addr)
{
    const size_t frame = p2p__pbw_open_frame(w);
    const char *text = text_of(status);
    size_t response;

    p2p__pbw_uint(w, FIELD_TYPE, P2P__AUTONAT_V1_RESPONSE);
    response = p2p__pbw_open(w, FIELD_RESPONSE);
    p2p__pbw_uint(w, FIELD_STATUS, (uint64_t)status);
    if (text != NULL) {
        p2p__pbw_text(w, FIELD_TEXT, text);
    }
    if (addr != NULL) {
        p2p__pbw_bytes(w, FIELD_ADDR, addr->bytes, addr->len);
    }
    p2p__pbw_close(w, response);
    p2p__pbw_close(w, frame);
}
