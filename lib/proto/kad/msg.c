/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See msg.h. Of a field that comes twice the last one counts, as protobuf has
 * it; fields that are not known are passed over. */
#include "proto/kad/msg.h"

/* Of a message. */
#define FIELD_TYPE   1
#define FIELD_KEY    2
#define FIELD_RECORD 3

/* Of a record. */
#define FIELD_RECORD_KEY   1
#define FIELD_RECORD_VALUE 2

/* Of a peer. */
#define FIELD_ID P2P__PB_BYTES(1)

static int read_record(struct p2p__slice in, struct p2p__kad_msg *msg)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    msg->has_record = true;
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_RECORD_KEY)) {
            msg->record_key = f.bytes;
        } else if (f.tag == P2P__PB_BYTES(FIELD_RECORD_VALUE)) {
            msg->value = f.bytes;
        }
    }
    return r.err;
}

int p2p__kad_msg_read(struct p2p__slice in, struct p2p__kad_msg *msg)
{
    struct p2p__slice record = {0};
    struct p2p__pb_field f;
    bool has_record = false;
    uint64_t type = 0;
    struct p2p__pb r;

    *msg = (struct p2p__kad_msg){.peers = in};
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_UINT(FIELD_TYPE):
                type = f.value;
                break;
            case P2P__PB_BYTES(FIELD_KEY):
                msg->key = f.bytes;
                break;
            case P2P__PB_BYTES(FIELD_RECORD):
                record = f.bytes;
                has_record = true;
                break;
            default:
                break;
        }
    }
    if (r.err != 0 || type > P2P__KAD_PING) {
        return P2P_EFORMAT;
    }
    msg->type = (enum p2p__kad_type)type;
    if (msg->key.len > P2P__CAP_KAD_KEY_BYTES) {
        return P2P_ETOOBIG;
    }
    return has_record ? read_record(record, msg) : 0;
}

size_t p2p__kad_msg_open(struct p2p__pbw *w, const struct p2p__kad_msg *msg)
{
    const size_t frame = p2p__pbw_open_frame(w);

    p2p__pbw_uint(w, FIELD_TYPE, msg->type);
    if (msg->key.len > 0) {
        p2p__pbw_bytes(w, FIELD_KEY, msg->key.p, msg->key.len);
    }
    if (msg->has_record) {
        const size_t record = p2p__pbw_open(w, FIELD_RECORD);

        p2p__pbw_bytes(w, FIELD_RECORD_KEY, msg->record_key.p,
                       msg->record_key.len);
        p2p__pbw_bytes(w, FIELD_RECORD_VALUE, msg->value.p, msg->value.len);
        p2p__pbw_close(w, record);
    }
    return frame;
}

void p2p__kad_msg_write(struct p2p__pbw *w, const struct p2p__kad_msg *msg)
{
    p2p__pbw_close(w, p2p__kad_msg_open(w, msg));
}

void p2p__kad_msg_peer(struct p2p__pbw *w, enum p2p__kad_list list,
                       const struct p2p_peer_id *id,
                       const struct p2p__kad_addrs *addrs)
{
    const size_t peer = p2p__pbw_open(w, (uint32_t)list);

    p2p__pbw_bytes(w, 1, id->bytes, id->len);
    p2p__pbw_raw(w, addrs->bytes, addrs->len);
    p2p__pbw_close(w, peer);
}

void p2p__kad_walk_init(struct p2p__kad_walk *walk,
                        const struct p2p__kad_msg *msg, enum p2p__kad_list list,
                        enum p2p__addr_class whose)
{
    assert(list == P2P__KAD_CLOSER || list == P2P__KAD_PROVIDERS);
    *walk = (struct p2p__kad_walk){.list = list,
                                   .whose = whose,
                                   .left = list == P2P__KAD_CLOSER
                                               ? P2P__CAP_KAD_CLOSER
                                               : P2P__CAP_KAD_PROVIDERS};
    p2p__pb_init(&walk->fields, msg->peers);
}

/* Takes an address that a peer is said to have, if it is one of its own. */
static void take_addr(const struct p2p__kad_walk *walk, struct p2p__slice bytes,
                      struct p2p__kad_peer *peer)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id id;

    if (p2p_multiaddr_from_bytes(bytes.p, bytes.len, &ma) != 0 ||
        (p2p_multiaddr_peer(&ma, &id) && !p2p_peer_id_equal(&id, &peer->id))) {
        return;
    }
    p2p_multiaddr_strip_peer(&ma);
    if (p2p__kad_addr_fits(&ma, walk->whose)) {
        (void)p2p__kad_addrs_add(&peer->addrs, &ma);
    }
}

/* Reads a peer; false: it is none. */
static bool read_peer(const struct p2p__kad_walk *walk, struct p2p__slice in,
                      struct p2p__kad_peer *peer)
{
    struct p2p__slice id = {0};
    struct p2p__pb_field f;
    size_t seen = 0;
    struct p2p__pb r;

    memset(peer, 0, sizeof *peer);
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == FIELD_ID) {
            id = f.bytes;
        }
    }
    if (r.err != 0 || p2p_peer_id_from_bytes(id.p, id.len, &peer->id) != 0) {
        return false;
    }
    p2p__pb_init(&r, in);
    while (seen < P2P__CAP_KAD_ADDRS_SEEN && p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(P2P__KAD_FIELD_ADDR)) {
            seen++;
            take_addr(walk, f.bytes, peer);
        }
    }
    return true;
}

bool p2p__kad_walk_next(struct p2p__kad_walk *walk, struct p2p__kad_peer *peer)
{
    struct p2p__pb_field f;

    while (walk->left > 0 && p2p__pb_next(&walk->fields, &f)) {
        if (f.tag == P2P__PB_BYTES(walk->list)) {
            walk->left--;
            if (read_peer(walk, f.bytes, peer)) {
                return true;
            }
        }
    }
    return false;
}
