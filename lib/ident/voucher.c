/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See voucher.h. The signature is verified before the payload is looked at.
 * Failure modes: a field that is missing or comes twice; a voucher that one
 * peer signed in the name of another.
 */
#include "ident/voucher.h"

#include "wire/pb.h"

#define FIELD_RELAY  1
#define FIELD_PEER   2
#define FIELD_EXPIRE 3

/* Two ids, a number, and what protobuf adds. */
#define PAYLOAD_BYTES (2U * P2P_PEER_ID_MAX + 32U)

static const uint8_t payload_type[] = {0x03, 0x02};

static const struct p2p__envelope_kind kind = {
    .domain = "libp2p-relay-rsvp",
    .type = payload_type,
    .type_len = sizeof payload_type,
};

/* Reads an id that may come once. */
static int read_id(const struct p2p__pb_field *f, struct p2p_peer_id *id)
{
    return id->len > 0 ? P2P_EFORMAT
                       : p2p_peer_id_from_bytes(f->bytes.p, f->bytes.len, id);
}

static int read_payload(struct p2p__slice payload, struct p2p__voucher *out)
{
    struct p2p__pb_field f;
    struct p2p__pb r;
    bool dated = false;
    int rv = 0;

    p2p__pb_init(&r, payload);
    while (rv == 0 && p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_BYTES(FIELD_RELAY):
                rv = read_id(&f, &out->relay);
                break;
            case P2P__PB_BYTES(FIELD_PEER):
                rv = read_id(&f, &out->peer);
                break;
            case P2P__PB_UINT(FIELD_EXPIRE):
                rv = dated ? P2P_EFORMAT : 0;
                dated = true;
                out->expire_s = f.value;
                break;
            default:
                break;
        }
    }
    if (rv != 0 || r.err != 0 || out->relay.len == 0 || out->peer.len == 0) {
        return P2P_EFORMAT;
    }
    return 0;
}

int p2p__voucher_open(struct p2p__slice in, struct p2p__voucher *out)
{
    struct p2p__envelope e;
    int rv = p2p__envelope_open(in, &kind, &e);

    memset(out, 0, sizeof *out);
    if (rv == 0) {
        rv = read_payload(e.payload, out);
    }
    if (rv == 0 && !p2p_peer_id_equal(&out->relay, &e.signer)) {
        rv = P2P_EPEER;
    }
    return rv;
}

int p2p__voucher_seal(const struct p2p_key *key, const struct p2p__voucher *v,
                      uint8_t *buf, size_t cap)
{
    uint8_t payload[PAYLOAD_BYTES];
    struct p2p__pbw w;
    int len;

    p2p__pbw_init(&w, payload, sizeof payload);
    p2p__pbw_bytes(&w, FIELD_RELAY, v->relay.bytes, v->relay.len);
    p2p__pbw_bytes(&w, FIELD_PEER, v->peer.bytes, v->peer.len);
    p2p__pbw_uint(&w, FIELD_EXPIRE, v->expire_s);
    len = p2p__pbw_end(&w);
    assert(len > 0);
    return p2p__envelope_seal(key, &kind, p2p__slice_of(payload, (size_t)len),
                              buf, cap);
}
