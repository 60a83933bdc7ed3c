/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See item.h. The order is: size, form and signature, then what is inside: so
 * whoever is no peer of ours makes us do one verification, and nothing else.
 * The envelope has one form: key, type, payload, signature, and not a byte
 * more. Where each begins follows from the lengths, so comparing places is
 * enough.
 */
#include "mesh/trust/item.h"

#include <assert.h>

#include "p2p/envelope.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* An Ed25519 PublicKey protobuf, before the 32 bytes. */
static const uint8_t key_head[] = {0x08, 0x01, 0x12, 0x20};

#define SIGNATURE_BYTES 64

static const struct p2p_envelope_kind kinds[] = {
    [UM_REVISION] = {"unitmesh-revision", "/unitmesh/revision", 18},
    [UM_FACT] = {"unitmesh-fact", "/unitmesh/fact", 14},
    [UM_STATEMENT] = {"unitmesh-roster", "/unitmesh/roster", 16},
    [UM_ROW] = {"unitmesh-row", "/unitmesh/row", 13},
};

void um_item_pubkey(const struct um_name *member,
                    uint8_t out[UM_ITEM_PUBKEY_BYTES])
{
    memcpy(out, key_head, sizeof key_head);
    memcpy(out + sizeof key_head, member->b, UM_NAME_BYTES);
}

int um_item_signer(const struct p2p_key *key, struct um_name *out)
{
    size_t len;
    const uint8_t *pub = p2p_key_public(key, &len);

    if (len != UM_ITEM_PUBKEY_BYTES ||
        memcmp(pub, key_head, sizeof key_head) != 0)
        return P2P_EINVAL;
    memcpy(out->b, pub + sizeof key_head, UM_NAME_BYTES);
    return 0;
}

static size_t varint_len(size_t v)
{
    size_t n = 1;

    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

/* How many bytes stand before a payload of `len`. */
static size_t head_len(enum um_kind kind, size_t len)
{
    return 2 + UM_ITEM_PUBKEY_BYTES + 2 + kinds[kind].type_len + 1 +
           varint_len(len);
}

/* Whether an envelope that was opened has the one form. */
static bool one_form(struct um_str in, enum um_kind kind,
                     const struct p2p_envelope *e)
{
    const uint8_t *p = (const uint8_t *)in.p;
    const uint8_t *payload = p + head_len(kind, e->payload_len);

    return e->pubkey == p + 2 && e->pubkey_len == UM_ITEM_PUBKEY_BYTES &&
           memcmp(e->pubkey, key_head, sizeof key_head) == 0 &&
           e->payload == payload &&
           e->signature == payload + e->payload_len + 2 &&
           e->signature_len == SIGNATURE_BYTES &&
           e->signature + SIGNATURE_BYTES == p + in.len;
}

int um_item_read(struct um_str payload, enum um_kind kind, struct um_item *out)
{
    uint64_t v;
    uint64_t is;
    int err;

    memset(out, 0, sizeof *out);
    if (payload.len > UM__CAP_ITEM_BYTES)
        return P2P_ETOOBIG;
    err = um_pb_read(&out->m, payload);
    if (err != 0)
        return err;
    um_pb_num(&out->m, UM_ITEM_V, UM_PB_NUM_MAX, &v);
    um_pb_num(&out->m, UM_ITEM_KIND, UM_PB_NUM_MAX, &is);
    um_name_read(&out->m, UM_ITEM_MESH, &out->mesh);
    um_name_read(&out->m, UM_ITEM_BY, &out->by);
    um_pb_need(&out->m, v > 0 && um_pb_has(&out->m, UM_ITEM_BY));
    if (out->m.err != 0)
        return out->m.err;
    p2p_sha256(payload.p, payload.len, out->id.b);
    if (v > UM_ITEM_VERSION)
        return P2P_ENOTSUP;
    return is == kind ? 0 : P2P_EFORMAT;
}

int um_item_open(struct um_str in, enum um_kind kind, struct um_item *out)
{
    struct p2p_envelope e;
    int err;

    assert(kind >= UM_REVISION && kind <= UM_ROW);
    if (in.len > UM__CAP_ITEM_BYTES)
        return P2P_ETOOBIG;
    err = p2p_envelope_open(in.p, in.len, &kinds[kind], &e);
    if (err != 0)
        return err == P2P_ENOTSUP ? P2P_EFORMAT : err;
    if (!one_form(in, kind, &e))
        return P2P_EFORMAT;
    err = um_item_read(um_str_n((const char *)e.payload, e.payload_len), kind,
                       out);
    if (err != 0 && err != P2P_ENOTSUP)
        return err;
    if (memcmp(out->by.b, e.pubkey + sizeof key_head, UM_NAME_BYTES) != 0)
        return P2P_EPEER;
    return err;
}

struct um_str um_item_payload(struct um_str in, enum um_kind kind)
{
    size_t tail = 2 + SIGNATURE_BYTES;

    /* The length of the payload's length is the only thing not known. */
    for (size_t n = 1; n <= 3; n++) {
        size_t head = head_len(kind, 0) - 1 + n;

        if (in.len > head + tail &&
            head_len(kind, in.len - head - tail) == head)
            return um_str_n(in.p + head, in.len - head - tail);
    }
    return um_str_n(NULL, 0);
}

void um_item_begin(struct um_buf *out, enum um_kind kind,
                   const struct um_name *mesh, const struct um_name *by)
{
    um_pb_put_num(out, UM_ITEM_V, UM_ITEM_VERSION);
    um_pb_put_num(out, UM_ITEM_KIND, kind);
    um_name_put(out, UM_ITEM_MESH, mesh);
    um_name_put(out, UM_ITEM_BY, by);
}

/* Signs a payload that is fine. */
static int seal(struct um_str payload, enum um_kind kind,
                const struct p2p_key *key, struct um_buf *out)
{
    size_t len =
        head_len(kind, payload.len) + payload.len + 2 + SIGNATURE_BYTES;
    char *at;
    int got;

    if (len > UM__CAP_ITEM_BYTES)
        return P2P_ETOOBIG;
    at = um_buf_reserve(out, len);
    if (at == NULL)
        return P2P_ENOMEM;
    got = p2p_envelope_seal(key, &kinds[kind], payload.p, payload.len,
                            (uint8_t *)at, len);
    if (got < 0)
        return got;
    assert((size_t)got == len);
    out->len += len;
    return 0;
}

int um_item_sign(const struct um_item_shape *shape, struct um_buf *payload,
                 const struct p2p_key *key, struct um_buf *out,
                 struct um_name *id)
{
    struct um_str bytes = um_buf_view(payload);
    struct um_item it;
    int err = um_buf_failed(payload) ? P2P_ENOMEM : 0;

    if (err == 0)
        err = um_item_read(bytes, shape->kind, &it);
    if (err == 0)
        err = shape->check(&it);
    if (err == 0)
        err = seal(bytes, shape->kind, key, out);
    if (err == 0)
        *id = it.id;
    um_buf_fini(payload);
    return err == P2P_EFORMAT ? P2P_EINVAL : err;
}
