/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See multihash.h. Both numbers are checked against what is there before they
 * are used; a digest that does not end with the bytes is refused.
 */
#include "wire/multihash.h"

#include "wire/varint.h"

#define SHA256_BYTES 32U

int p2p__multihash_read(const uint8_t *p, size_t len, struct p2p__multihash *mh)
{
    uint64_t digest_len;
    int code_bytes = p2p__varint_get(p, len, &mh->code);
    int len_bytes;

    if (code_bytes <= 0) {
        return P2P_EFORMAT;
    }
    p += code_bytes;
    len -= (size_t)code_bytes;
    len_bytes = p2p__varint_get(p, len, &digest_len);
    if (len_bytes <= 0) {
        return P2P_EFORMAT;
    }
    p += len_bytes;
    len -= (size_t)len_bytes;
    if (digest_len != len || len == 0 || len > P2P__MULTIHASH_DIGEST_MAX) {
        return P2P_EFORMAT;
    }
    mh->digest = p2p__slice_of(p, len);
    return 0;
}

int p2p__multihash_check_peer(const uint8_t *p, size_t len)
{
    struct p2p__multihash mh;
    int err = p2p__multihash_read(p, len, &mh);

    if (err != 0) {
        return err;
    }
    switch (mh.code) {
        case P2P__MULTIHASH_SHA256:
            return mh.digest.len == SHA256_BYTES ? 0 : P2P_EFORMAT;
        case P2P__MULTIHASH_IDENTITY:
            return mh.digest.len <= P2P__MULTIHASH_INLINE_MAX ? 0 : P2P_EFORMAT;
        default:
            return P2P_EFORMAT;
    }
}
