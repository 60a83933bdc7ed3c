/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peer ids: a multihash and its two texts. An id never allocates and never
 * fails to be shown; what fails is reading, on anything that is not exactly
 * one SHA-256 or one inlined key.
 */
#include "p2p/peer_id.h"

#include "ident/key.h"
#include "p2p/hash.h"
#include "wire/multibase.h"
#include "wire/multihash.h"

#define CID_VERSION 0x01
#define CID_CODEC   0x72 /* libp2p-key */
#define CID_HEAD    2U
#define CID_MAX     (CID_HEAD + P2P_PEER_ID_MAX)

int p2p_peer_id_from_pubkey(const void *pb, size_t pb_len,
                            struct p2p_peer_id *id)
{
    struct p2p__slice data;
    uint64_t type;
    int err;

    if (pb_len > P2P_PUBKEY_MAX) {
        return P2P_ETOOBIG;
    }
    err = p2p__key_split(p2p__slice_of(pb, pb_len), &type, &data);
    if (err != 0) {
        return err;
    }
    if (pb_len <= P2P__MULTIHASH_INLINE_MAX) {
        id->bytes[0] = P2P__MULTIHASH_IDENTITY;
        id->bytes[1] = (uint8_t)pb_len;
        memcpy(id->bytes + 2, pb, pb_len);
        id->len = (uint8_t)(2 + pb_len);
    } else {
        id->bytes[0] = P2P__MULTIHASH_SHA256;
        id->bytes[1] = P2P_SHA256_BYTES;
        p2p_sha256(pb, pb_len, id->bytes + 2);
        id->len = 2 + P2P_SHA256_BYTES;
    }
    return 0;
}

int p2p_peer_id_from_bytes(const void *bytes, size_t len,
                           struct p2p_peer_id *id)
{
    int err = p2p__multihash_check_peer(bytes, len);

    if (err != 0) {
        return err;
    }
    assert(len <= P2P_PEER_ID_MAX);
    id->len = (uint8_t)len;
    memcpy(id->bytes, bytes, len);
    return 0;
}

int p2p_peer_id_from_text(const char *text, size_t len, struct p2p_peer_id *id)
{
    uint8_t cid[CID_MAX];
    int n;

    if (len > 0 && (text[0] == '1' || text[0] == 'Q')) {
        n = p2p__base_decode(P2P__BASE58, text, len, cid, P2P_PEER_ID_MAX);
        return n < 0 ? P2P_EFORMAT : p2p_peer_id_from_bytes(cid, (size_t)n, id);
    }
    n = p2p__multibase_decode(text, len, cid, sizeof cid);
    if (n < (int)CID_HEAD || cid[0] != CID_VERSION || cid[1] != CID_CODEC) {
        return P2P_EFORMAT;
    }
    return p2p_peer_id_from_bytes(cid + CID_HEAD, (size_t)n - CID_HEAD, id);
}

char *p2p_peer_id_text(const struct p2p_peer_id *id, char *buf)
{
    int n = p2p__base_encode(P2P__BASE58, id->bytes, id->len, buf,
                             P2P_PEER_ID_TEXT_MAX - 1);

    assert(n >= 0);
    buf[n] = '\0';
    return buf;
}

char *p2p_peer_id_cid_text(const struct p2p_peer_id *id, char *buf)
{
    uint8_t cid[CID_MAX] = {CID_VERSION, CID_CODEC};
    int n;

    memcpy(cid + CID_HEAD, id->bytes, id->len);
    n = p2p__multibase_encode(P2P__BASE32, cid, CID_HEAD + id->len, buf,
                              P2P_PEER_ID_TEXT_MAX - 1);
    assert(n >= 0);
    buf[n] = '\0';
    return buf;
}

const uint8_t *p2p_peer_id_pubkey(const struct p2p_peer_id *id, size_t *len)
{
    *len = 0;
    if (id->len < 2 || id->bytes[0] != P2P__MULTIHASH_IDENTITY) {
        return NULL;
    }
    *len = id->len - 2U;
    return id->bytes + 2;
}

bool p2p_peer_id_equal(const struct p2p_peer_id *a, const struct p2p_peer_id *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int p2p_peer_id_compare(const struct p2p_peer_id *a,
                        const struct p2p_peer_id *b)
{
    size_t len = p2p__min(a->len, b->len);
    int order = memcmp(a->bytes, b->bytes, len);

    return order != 0 ? order : (int)a->len - (int)b->len;
}
