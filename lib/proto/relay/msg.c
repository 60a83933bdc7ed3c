/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See msg.h. Of a field that comes twice the last one counts, as protobuf has
 * it. Failure modes: what is no protobuf, a peer that is none, a status that
 * nobody knows, which is a failure whatever it means.
 */
#include "proto/relay/msg.h"

#define FIELD_TYPE        1
#define FIELD_PEER        2
#define FIELD_RESERVATION 3 /* hop */
#define FIELD_PEER_ID     1 /* in a peer */
#define FIELD_EXPIRE      1 /* in a reservation */
#define FIELD_ADDR        2
#define FIELD_VOUCHER     3
#define FIELD_DURATION    1 /* in a limit */
#define FIELD_DATA        2

/* How the two protocols number what both have. */
static const struct numbers {
    uint32_t limit;
    uint32_t status;
    enum p2p__relay_type types[3];
    uint8_t connect, answer;
} numbers[] = {
    [P2P__RELAY_HOP] = {.limit = 4,
                        .status = 5,
                        .types = {P2P__RELAY_RESERVE, P2P__RELAY_CONNECT,
                                  P2P__RELAY_STATUS},
                        .connect = 1,
                        .answer = 2},
    [P2P__RELAY_STOP] = {.limit = 3,
                         .status = 4,
                         .types = {P2P__RELAY_CONNECT, P2P__RELAY_STATUS,
                                   P2P__RELAY_UNKNOWN},
                         .connect = 0,
                         .answer = 1},
};

static int read_peer(struct p2p__slice in, struct p2p_peer_id *id)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_PEER_ID) &&
            p2p_peer_id_from_bytes(f.bytes.p, f.bytes.len, id) != 0) {
            return P2P_EFORMAT;
        }
    }
    return r.err != 0 || id->len == 0 ? P2P_EFORMAT : 0;
}

static int read_reservation(struct p2p__slice in,
                            struct p2p__relay_reservation *out)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    *out = (struct p2p__relay_reservation){.given = true, .fields = in};
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_EXPIRE)) {
            out->expire_s = f.value;
        } else if (f.tag == P2P__PB_BYTES(FIELD_VOUCHER)) {
            out->voucher = f.bytes;
        }
    }
    return r.err;
}

static int read_limit(struct p2p__slice in, struct p2p__relay_limit *out)
{
    struct p2p__pb_field f;
    struct p2p__pb r;

    *out = (struct p2p__relay_limit){.given = true};
    p2p__pb_init(&r, in);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_DURATION)) {
            out->duration_s = f.value > UINT32_MAX ? 0 : (uint32_t)f.value;
        } else if (f.tag == P2P__PB_UINT(FIELD_DATA)) {
            out->data_bytes = f.value;
        }
    }
    return r.err;
}

int p2p__relay_msg_read(enum p2p__relay_kind kind, struct p2p__slice in,
                        struct p2p__relay_msg *msg)
{
    const struct numbers *n = &numbers[kind];
    struct p2p__pb_field f;
    struct p2p__pb r;
    int rv = 0;

    *msg = (struct p2p__relay_msg){.type = n->types[0]};
    p2p__pb_init(&r, in);
    while (rv == 0 && p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_UINT(FIELD_TYPE)) {
            msg->type = f.value < P2P__COUNT(n->types) ? n->types[f.value]
                                                       : P2P__RELAY_UNKNOWN;
        } else if (f.tag == P2P__PB_BYTES(FIELD_PEER)) {
            rv = read_peer(f.bytes, &msg->peer);
        } else if (f.tag == P2P__PB_BYTES(n->limit)) {
            rv = read_limit(f.bytes, &msg->limit);
        } else if (f.tag == P2P__PB_UINT(n->status)) {
            msg->status = f.value;
        } else if (kind == P2P__RELAY_HOP &&
                   f.tag == P2P__PB_BYTES(FIELD_RESERVATION)) {
            rv = read_reservation(f.bytes, &msg->reservation);
        }
    }
    return rv != 0 ? rv : r.err;
}

static void write_reservation(struct p2p__pbw *w,
                              const struct p2p__relay_reservation *r)
{
    size_t mark = p2p__pbw_open(w, FIELD_RESERVATION);

    p2p__pbw_uint(w, FIELD_EXPIRE, r->expire_s);
    for (size_t i = 0; i < r->n_addrs; i++) {
        p2p__pbw_bytes(w, FIELD_ADDR, r->addrs[i].bytes, r->addrs[i].len);
    }
    if (r->voucher.len > 0) {
        p2p__pbw_bytes(w, FIELD_VOUCHER, r->voucher.p, r->voucher.len);
    }
    p2p__pbw_close(w, mark);
}

static void write_limit(struct p2p__pbw *w, uint32_t field,
                        const struct p2p__relay_limit *l)
{
    size_t mark = p2p__pbw_open(w, field);

    p2p__pbw_uint(w, FIELD_DURATION, l->duration_s);
    p2p__pbw_uint(w, FIELD_DATA, l->data_bytes);
    p2p__pbw_close(w, mark);
}

void p2p__relay_msg_write(struct p2p__pbw *w, enum p2p__relay_kind kind,
                          const struct p2p__relay_msg *msg)
{
    const struct numbers *n = &numbers[kind];
    size_t frame = p2p__pbw_open_frame(w), mark;

    assert(kind == P2P__RELAY_HOP || msg->type != P2P__RELAY_RESERVE);
    p2p__pbw_uint(w, FIELD_TYPE,
                  msg->type == P2P__RELAY_RESERVE   ? 0
                  : msg->type == P2P__RELAY_CONNECT ? n->connect
                                                    : n->answer);
    if (msg->peer.len > 0) {
        mark = p2p__pbw_open(w, FIELD_PEER);
        p2p__pbw_bytes(w, FIELD_PEER_ID, msg->peer.bytes, msg->peer.len);
        p2p__pbw_close(w, mark);
    }
    if (msg->reservation.given) {
        write_reservation(w, &msg->reservation);
    }
    if (msg->limit.given) {
        write_limit(w, n->limit, &msg->limit);
    }
    if (msg->type == P2P__RELAY_STATUS) {
        p2p__pbw_uint(w, n->status, msg->status);
    }
    p2p__pbw_close(w, frame);
}

void p2p__relay_walk_init(struct p2p__relay_walk *walk,
                          const struct p2p__relay_reservation *r)
{
    p2p__pb_init(&walk->fields, r->fields);
    walk->seen = 0;
}

bool p2p__relay_next_addr(struct p2p__relay_walk *walk,
                          struct p2p_multiaddr *ma)
{
    struct p2p__pb_field f;

    while (walk->seen < P2P__CAP_RELAY_ADDRS &&
           p2p__pb_next(&walk->fields, &f)) {
        if (f.tag != P2P__PB_BYTES(FIELD_ADDR)) {
            continue;
        }
        walk->seen++;
        if (f.bytes.len <= P2P__CAP_RELAY_ADDR_BYTES &&
            p2p_multiaddr_from_bytes(f.bytes.p, f.bytes.len, ma) == 0) {
            return true;
        }
    }
    return false;
}

/* What there is to say about each status. */
static const struct meaning {
    enum p2p__relay_status status;
    int err;
    const char *text;
} meanings[] = {
    {P2P__RELAY_OK, 0, "ok"},
    {P2P__RELAY_RESERVATION_REFUSED, P2P_ELIMIT, "reservation refused"},
    {P2P__RELAY_RESOURCE_LIMIT_EXCEEDED, P2P_ELIMIT, "resource limit exceeded"},
    {P2P__RELAY_PERMISSION_DENIED, P2P_EACCES, "permission denied"},
    {P2P__RELAY_CONNECTION_FAILED, P2P_EUNREACH, "connection failed"},
    {P2P__RELAY_NO_RESERVATION, P2P_ENOTFOUND, "no reservation"},
    {P2P__RELAY_MALFORMED_MESSAGE, P2P_EPROTO, "malformed message"},
    {P2P__RELAY_UNEXPECTED_MESSAGE, P2P_EPROTO, "unexpected message"},
};

static const struct meaning *meaning_of(uint64_t status)
{
    for (size_t i = 0; i < P2P__COUNT(meanings); i++) {
        if (meanings[i].status == status) {
            return &meanings[i];
        }
    }
    return NULL;
}

int p2p__relay_error(uint64_t status)
{
    const struct meaning *m = meaning_of(status);

    return m != NULL ? m->err : P2P_EPROTO;
}

const char *p2p__relay_status_text(uint64_t status)
{
    const struct meaning *m = meaning_of(status);

    return m != NULL ? m->text : "unknown status";
}
