/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The key protobuf, and public keys, which are nothing but one. As a peer id
 * is made of the very bytes, one key must not have two encodings: what was
 * read is written anew and has to be the same.
 */
#include "ident/key.h"

#include "crypto/sign.h"
#include "wire/pb.h"

#define FIELD_TYPE 1
#define FIELD_DATA 2
#define HEAD_MAX   32

int p2p__key_split(struct p2p__slice pb, uint64_t *type,
                   struct p2p__slice *data)
{
    struct p2p__pb r;
    struct p2p__pb_field f_type;
    struct p2p__pb_field f_data;
    struct p2p__pbw w;
    uint8_t head[HEAD_MAX];
    size_t head_len;

    p2p__pb_init(&r, pb);
    if (!p2p__pb_next(&r, &f_type) || f_type.tag != P2P__PB_UINT(FIELD_TYPE) ||
        !p2p__pb_next(&r, &f_data) || f_data.tag != P2P__PB_BYTES(FIELD_DATA) ||
        r.left.len != 0) {
        return P2P_EFORMAT;
    }
    p2p__pbw_init(&w, head, sizeof head);
    p2p__pbw_uint(&w, FIELD_TYPE, f_type.value);
    p2p__pbw_head(&w, FIELD_DATA, f_data.bytes.len);
    head_len = (size_t)p2p__pbw_end(&w);
    if (pb.len != head_len + f_data.bytes.len ||
        memcmp(pb.p, head, head_len) != 0) {
        return P2P_EFORMAT;
    }
    *type = f_type.value;
    *data = f_data.bytes;
    return 0;
}

/* Finds the table and the data of a public key. */
static int open_public(const void *pb, size_t pb_len,
                       const struct p2p__sign_alg **alg, uint64_t *type,
                       struct p2p__slice *data)
{
    int err;

    if (pb_len > P2P_PUBKEY_MAX) {
        return P2P_ENOTSUP;
    }
    err = p2p__key_split(p2p__slice_of(pb, pb_len), type, data);
    if (err != 0) {
        return err;
    }
    *alg = p2p__sign_alg(*type);
    return *alg != NULL ? 0 : P2P_ENOTSUP;
}

int p2p_pubkey_check(const void *pb, size_t pb_len)
{
    const struct p2p__sign_alg *alg;
    struct p2p__slice data;
    uint64_t type;
    int err = open_public(pb, pb_len, &alg, &type, &data);

    if (err == 0) {
        err = alg->check(alg, data);
    }
    return err != 0 ? err : (int)type;
}

int p2p_pubkey_verify(const void *pb, size_t pb_len, const void *msg,
                      size_t msg_len, const void *sig, size_t sig_len)
{
    const struct p2p__sign_alg *alg;
    struct p2p__slice data;
    uint64_t type;
    int err = open_public(pb, pb_len, &alg, &type, &data);

    if (err != 0) {
        return err;
    }
    return alg->verify(alg, data, p2p__slice_of(msg, msg_len),
                       p2p__slice_of(sig, sig_len));
}
