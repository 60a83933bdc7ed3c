/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See record.h. The signature is verified before the payload is looked at.
 * Addresses are not copied out: a walk reads them where they are, and passes
 * over those that this library does not know, as there will be new ones.
 */
#include "ident/record.h"

#include "base/mem.h"

#define FIELD_PEER    1
#define FIELD_SEQ     2
#define FIELD_ADDRESS 3
#define FIELD_MA      1 /* in an address */

static const uint8_t payload_type[] = {0x03, 0x01};

static const struct p2p__envelope_kind kind = {
    .domain = "libp2p-peer-record",
    .type = payload_type,
    .type_len = sizeof payload_type,
};

static const uint8_t rust_type[] = "/libp2p/routing-state-record";

static const struct p2p__envelope_kind rust_kind = {
    .domain = "libp2p-routing-state",
    .type = rust_type,
    .type_len = sizeof rust_type - 1,
};

/* Reads peer and number; each may come once. */
static int read_payload(struct p2p__record *record, struct p2p_peer_id *about)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    bool have_seq = false;

    about->len = 0;
    record->seq = 0;
    p2p__pb_init(&r, record->payload);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_PEER)) {
            if (about->len > 0 ||
                p2p_peer_id_from_bytes(f.bytes.p, f.bytes.len, about) != 0) {
                return P2P_EFORMAT;
            }
        } else if (f.tag == P2P__PB_UINT(FIELD_SEQ)) {
            if (have_seq) {
                return P2P_EFORMAT;
            }
            have_seq = true;
            record->seq = f.value;
        }
    }
    return r.err != 0 || about->len == 0 ? P2P_EFORMAT : 0;
}

int p2p__record_open(struct p2p__slice in, struct p2p__record *record)
{
    return p2p__record_open_again(in, NULL, record);
}

int p2p__record_open_again(struct p2p__slice in, struct p2p__proofs *proofs,
                           struct p2p__record *record)
{
    struct p2p__envelope e;
    struct p2p_peer_id about;
    int err = p2p__envelope_open_again(in, &kind, proofs, &e);

    memset(record, 0, sizeof *record);
    if (err == P2P_ENOTSUP) {
        err = p2p__envelope_open_again(in, &rust_kind, proofs, &e);
    }
    if (err != 0) {
        return err;
    }
    record->payload = e.payload;
    err = read_payload(record, &about);
    if (err != 0) {
        return err;
    }
    if (!p2p_peer_id_equal(&about, &e.signer)) {
        return P2P_EPEER;
    }
    record->peer = about;
    return 0;
}

bool p2p__record_newer(const struct p2p__record *record, uint64_t known)
{
    return record->seq > known;
}

void p2p__record_walk_init(struct p2p__record_walk *walk,
                           const struct p2p__record *record)
{
    p2p__pb_init(&walk->fields, record->payload);
    walk->seen = 0;
}

/* Reads one address; false if it is none that is known. */
static bool read_address(struct p2p__slice info, struct p2p_multiaddr *ma)
{
    struct p2p__pb r;
    struct p2p__pb_field f;

    p2p__pb_init(&r, info);
    while (p2p__pb_next(&r, &f)) {
        if (f.tag == P2P__PB_BYTES(FIELD_MA)) {
            return p2p_multiaddr_from_bytes(f.bytes.p, f.bytes.len, ma) == 0;
        }
    }
    return false;
}

bool p2p__record_walk_next(struct p2p__record_walk *walk,
                           struct p2p_multiaddr *ma)
{
    struct p2p__pb_field f;

    while (walk->seen < P2P__CAP_RECORD_ADDRS &&
           p2p__pb_next(&walk->fields, &f)) {
        if (f.tag != P2P__PB_BYTES(FIELD_ADDRESS)) {
            continue;
        }
        walk->seen++;
        if (read_address(f.bytes, ma)) {
            return true;
        }
    }
    return false;
}

/* Writes, or with p == NULL counts, the payload. */
static void write_payload(struct p2p__pbw *w, const struct p2p_peer_id *peer,
                          const struct p2p__record_content *content)
{
    p2p__pbw_bytes(w, FIELD_PEER, peer->bytes, peer->len);
    p2p__pbw_uint(w, FIELD_SEQ, content->seq);
    for (size_t i = 0; i < content->count; i++) {
        size_t mark = p2p__pbw_open(w, FIELD_ADDRESS);

        p2p__pbw_bytes(w, FIELD_MA, content->addrs[i].bytes,
                       content->addrs[i].len);
        p2p__pbw_close(w, mark);
    }
}

int p2p__record_seal(const struct p2p_key *key,
                     const struct p2p__record_content *content, uint8_t *buf,
                     size_t cap)
{
    struct p2p_peer_id peer;
    struct p2p__pbw w;
    const uint8_t *pub;
    uint8_t *payload;
    size_t len;
    int err;

    if (content->count > P2P__CAP_RECORD_ADDRS) {
        return P2P_EINVAL;
    }
    pub = p2p_key_public(key, &len);
    err = p2p_peer_id_from_pubkey(pub, len, &peer);
    assert(err == 0);
    p2p__pbw_init(&w, NULL, 0);
    write_payload(&w, &peer, content);
    len = w.len;
    payload = p2p__alloc(len);
    if (payload == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pbw_init(&w, payload, len);
    write_payload(&w, &peer, content);
    assert(w.len == len);
    err = p2p__envelope_seal(key, content->rust ? &rust_kind : &kind,
                             p2p__slice_of(payload, len), buf, cap);
    p2p__free(payload);
    return err;
}
