/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See peer_text.h. The first character decides which text it is; what comes
 * out is checked to be an id before it is believed.
 */
#include "wire/peer_text.h"

#include "base/types.h"
#include "wire/multibase.h"
#include "wire/multihash.h"

#define CID_VERSION 0x01
#define CID_CODEC   0x72 /* libp2p-key */
#define CID_HEAD    2U
#define CID_MAX     (CID_HEAD + P2P_PEER_ID_MAX)

/* Copies bytes that are an id. */
static int take(const uint8_t *p, size_t len, uint8_t out[P2P_PEER_ID_MAX])
{
    int err = p2p__multihash_check_peer(p, len);

    if (err != 0) {
        return err;
    }
    assert(len <= P2P_PEER_ID_MAX);
    memcpy(out, p, len);
    return (int)len;
}

int p2p__peer_text_read(const char *text, size_t len,
                        uint8_t out[P2P_PEER_ID_MAX])
{
    uint8_t cid[CID_MAX];
    int n;

    if (len > 0 && (text[0] == '1' || text[0] == 'Q')) {
        n = p2p__base_decode(P2P__BASE58, text, len, cid, P2P_PEER_ID_MAX);
        return n < 0 ? P2P_EFORMAT : take(cid, (size_t)n, out);
    }
    n = p2p__multibase_decode(text, len, cid, sizeof cid);
    if (n < (int)CID_HEAD || cid[0] != CID_VERSION || cid[1] != CID_CODEC) {
        return P2P_EFORMAT;
    }
    return take(cid + CID_HEAD, (size_t)n - CID_HEAD, out);
}

int p2p__peer_text_base58(const uint8_t *id, size_t len, char *text, size_t cap)
{
    return p2p__base_encode(P2P__BASE58, id, len, text, cap);
}

int p2p__peer_text_cid(const uint8_t *id, size_t len, char *text, size_t cap)
{
    uint8_t cid[CID_MAX] = {CID_VERSION, CID_CODEC};

    assert(len <= P2P_PEER_ID_MAX);
    memcpy(cid + CID_HEAD, id, len);
    return p2p__multibase_encode(P2P__BASE32, cid, CID_HEAD + len, text, cap);
}
