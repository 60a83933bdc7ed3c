/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peer ids: a multihash and its two texts. An id never allocates and never
 * fails to be shown; what fails is reading, on anything that is not exactly
 * one SHA-256 or one inlined key.
 */
#include "p2p/peer_id.h"

#include "ident/key.h"
#include "p2p/hash.h"
#include "wire/multihash.h"
#include "wire/peer_text.h"

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
    uint8_t bytes[P2P_PEER_ID_MAX];
    int n = p2p__peer_text_read(text, len, bytes);

    if (n < 0) {
        return n;
    }
    id->len = (uint8_t)n;
    memcpy(id->bytes, bytes, (size_t)n);
    return 0;
}

/* Ends a text that cannot have been too long. */
static char *finish(char *buf, int len)
{
    assert(len >= 0 && len < P2P_PEER_ID_TEXT_MAX);
    buf[len] = '\0';
    return buf;
}

char *p2p_peer_id_text(const struct p2p_peer_id *id, char *buf)
{
    return finish(buf, p2p__peer_text_base58(id->bytes, id->len, buf,
                                             P2P_PEER_ID_TEXT_MAX - 1));
}

char *p2p_peer_id_cid_text(const struct p2p_peer_id *id, char *buf)
{
    return finish(buf, p2p__peer_text_cid(id->bytes, id->len, buf,
                                          P2P_PEER_ID_TEXT_MAX - 1));
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
