/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The view of an Identify message: see info.h.
 *
 * One pass finds the single fields, of which the last wins, as protobuf wants;
 * repeated ones are walked when they are asked for, so nothing is copied. A
 * message is refused only when it is not a protobuf: a field that makes no
 * sense is as good as absent, for that is what other implementations do.
 */
#include "proto/identify/info.h"

void p2p__identify_peer_init(struct p2p__identify_peer *peer,
                             const struct p2p_peer_id *id)
{
    *peer = (struct p2p__identify_peer){.id = *id};
    p2p__bucket_init(&peer->pushes, P2P__CAP_IDENTIFY_PUSHES,
                     P2P__CAP_IDENTIFY_PUSHES_EACH);
}

bool p2p__identify_push_allowed(struct p2p__identify_peer *peer, p2p_ns now)
{
    return p2p__bucket_take(&peer->pushes, now);
}

static struct p2p__slice cut(struct p2p__slice text)
{
    text.len = p2p__min(text.len, P2P__CAP_IDENTIFY_TEXT_BYTES);
    return text;
}

/* The key, if it is the one that the peer's id was made of. */
static struct p2p__slice check_key(struct p2p__slice key,
                                   const struct p2p_peer_id *peer)
{
    struct p2p_peer_id id;

    if (key.len == 0 || key.len > P2P_PUBKEY_MAX ||
        p2p_peer_id_from_pubkey(key.p, key.len, &id) != 0 ||
        !p2p_peer_id_equal(&id, peer)) {
        key.len = 0;
    }
    return key;
}

/* Opens the record and notes it, if it is a new one of this very peer. */
static int open_record(struct p2p__slice sealed,
                       struct p2p__identify_peer *peer,
                       struct p2p__record *record)
{
    int rv = p2p__record_open_again(sealed, peer->proofs, record);

    if (rv != 0) {
        return rv;
    }
    if (!p2p_peer_id_equal(&record->peer, &peer->id)) {
        return P2P_EPEER;
    }
    if (peer->has_record && !p2p__record_newer(record, peer->seq)) {
        return P2P_EDUP;
    }
    peer->seq = record->seq;
    peer->has_record = true;
    return 0;
}

int p2p__identify_read(struct p2p__slice message,
                       struct p2p__identify_peer *peer,
                       struct p2p__identify_info *info)
{
    struct p2p__slice key = {0}, observed = {0}, sealed = {0};
    struct p2p__pb_field f;
    struct p2p__pb r;

    *info = (struct p2p__identify_info){
        .message = message, .peer = peer->id, .record_status = P2P_ENOTFOUND};
    p2p__pb_init(&r, message);
    while (p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_BYTES(P2P__IDENTIFY_PUBKEY):
                key = f.bytes;
                break;
            case P2P__PB_BYTES(P2P__IDENTIFY_ADDR):
                info->has_addrs = true;
                break;
            case P2P__PB_BYTES(P2P__IDENTIFY_NAME):
                info->has_protocols = true;
                break;
            case P2P__PB_BYTES(P2P__IDENTIFY_OBSERVED):
                observed = f.bytes;
                break;
            case P2P__PB_BYTES(P2P__IDENTIFY_VERSION):
                info->version = cut(f.bytes);
                break;
            case P2P__PB_BYTES(P2P__IDENTIFY_AGENT):
                info->agent = cut(f.bytes);
                break;
            case P2P__PB_BYTES(P2P__IDENTIFY_RECORD):
                sealed = f.bytes;
                break;
            default:
                break;
        }
    }
    if (r.err != 0) {
        return r.err;
    }
    info->pubkey = check_key(key, &peer->id);
    if (observed.len == 0 || p2p_multiaddr_from_bytes(observed.p, observed.len,
                                                      &info->observed) != 0) {
        info->observed.len = 0;
    }
    if (sealed.len > 0) {
        info->record_status = open_record(sealed, peer, &info->record);
    }
    return 0;
}

void p2p__identify_walk_init(struct p2p__identify_walk *walk,
                             const struct p2p__identify_info *info)
{
    *walk = (struct p2p__identify_walk){.peer = &info->peer};
    p2p__pb_init(&walk->fields, info->message);
}

/* The next field of a kind, or false at the end or the cap. */
static bool next_field(struct p2p__identify_walk *walk, uint32_t tag,
                       size_t cap, struct p2p__slice *bytes)
{
    struct p2p__pb_field f;

    while (walk->seen < cap && p2p__pb_next(&walk->fields, &f)) {
        if (f.tag == tag) {
            walk->seen++;
            *bytes = f.bytes;
            return true;
        }
    }
    return false;
}

/* Takes the peer's own id off; false: nothing to dial. */
static bool strip(const struct p2p_peer_id *peer, struct p2p_multiaddr *ma)
{
    struct p2p_peer_id id;

    if (p2p_multiaddr_peer(ma, &id)) {
        if (!p2p_peer_id_equal(&id, peer)) {
            return false;
        }
        p2p_multiaddr_strip_peer(ma);
    }
    return ma->len > 0;
}

bool p2p__identify_next_addr(struct p2p__identify_walk *walk,
                             struct p2p_multiaddr *ma)
{
    struct p2p__slice bytes;

    while (next_field(walk, P2P__PB_BYTES(P2P__IDENTIFY_ADDR),
                      P2P__CAP_IDENTIFY_ADDRS, &bytes)) {
        if (p2p_multiaddr_from_bytes(bytes.p, bytes.len, ma) == 0 &&
            strip(walk->peer, ma)) {
            return true;
        }
    }
    return false;
}

bool p2p__identify_next_protocol(struct p2p__identify_walk *walk,
                                 struct p2p__slice *name)
{
    while (next_field(walk, P2P__PB_BYTES(P2P__IDENTIFY_NAME),
                      P2P__CAP_IDENTIFY_PROTOCOLS, name)) {
        if (name->len > 0 && name->len <= P2P__CAP_IDENTIFY_NAME_BYTES) {
            return true;
        }
    }
    return false;
}
