/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The libp2p payload: see payload.h.
 *
 *     message NoiseExtensions {
 *         repeated bytes webtransport_certhashes = 1;
 *         repeated string stream_muxers = 2;
 *     }
 *     message NoiseHandshakePayload {
 *         optional bytes identity_key = 1;
 *         optional bytes identity_sig = 2;
 *         optional NoiseExtensions extensions = 4;
 *     }
 *
 * Protobuf says that of a field that comes twice the last one counts. Nobody
 * sends that in good faith, and two readers that disagree about who signed is
 * how identities get forged: here it is an error. Nothing is copied and no
 * list is built: however many muxers a peer names, they cost the bytes of one
 * handshake message.
 */
#include "chan/noise/payload.h"

#include "wire/pb.h"

#define FIELD_KEY        1
#define FIELD_SIG        2
#define FIELD_EXTENSIONS 4
#define EXT_MUXERS       2

#define SIGNED_PREFIX "noise-libp2p-static-key:"
#define SIGNED_BYTES  (sizeof SIGNED_PREFIX - 1 + P2P__KEY_BYTES)

/* The bytes that an identity key signs. */
static void signed_bytes(const uint8_t pub[P2P__KEY_BYTES],
                         uint8_t out[SIGNED_BYTES])
{
    memcpy(out, SIGNED_PREFIX, sizeof SIGNED_PREFIX - 1);
    memcpy(out + sizeof SIGNED_PREFIX - 1, pub, P2P__KEY_BYTES);
}

int p2p__noise_payload_sign(const struct p2p_key *key,
                            const uint8_t pub[P2P__KEY_BYTES], uint8_t *buf,
                            size_t cap)
{
    uint8_t sig[P2P_SIGNATURE_MAX], msg[SIGNED_BYTES];
    size_t sig_len, key_len;
    const uint8_t *pb = p2p_key_public(key, &key_len);
    struct p2p__pbw w;
    int rv;

    signed_bytes(pub, msg);
    rv = p2p_key_sign(key, msg, sizeof msg, sig, &sig_len);
    if (rv != 0) {
        return rv;
    }
    p2p__pbw_init(&w, buf, cap);
    p2p__pbw_bytes(&w, FIELD_KEY, pb, key_len);
    p2p__pbw_bytes(&w, FIELD_SIG, sig, sig_len);
    return p2p__pbw_end(&w);
}

int p2p__noise_payload_muxers(const struct p2p__noise_muxers *muxers,
                              uint8_t *buf, size_t cap)
{
    struct p2p__pbw w;
    size_t mark;

    if (muxers->count == 0) {
        return 0;
    }
    p2p__pbw_init(&w, buf, cap);
    mark = p2p__pbw_open(&w, FIELD_EXTENSIONS);
    for (size_t i = 0; i < muxers->count; i++) {
        p2p__pbw_text(&w, EXT_MUXERS, muxers->names[i]);
    }
    p2p__pbw_close(&w, mark);
    return p2p__pbw_end(&w);
}

/* Takes a field of ours; not a second time. */
static int take_once(struct p2p__slice *field, const struct p2p__slice *bytes)
{
    if (field->p != NULL) {
        return P2P_EPROTO;
    }
    *field = *bytes;
    return 0;
}

int p2p__noise_payload_read(struct p2p__slice msg,
                            struct p2p__noise_payload *out)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    int rv = 0;

    *out = (struct p2p__noise_payload){0};
    p2p__pb_init(&r, msg);
    while (rv == 0 && p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_BYTES(FIELD_KEY):
                rv = take_once(&out->key, &f.bytes);
                break;
            case P2P__PB_BYTES(FIELD_SIG):
                rv = take_once(&out->sig, &f.bytes);
                break;
            case P2P__PB_BYTES(FIELD_EXTENSIONS):
                rv = take_once(&out->extensions, &f.bytes);
                break;
            default:
                break;
        }
    }
    if (r.err != 0 || out->key.len == 0 || out->sig.len == 0) {
        rv = P2P_EPROTO;
    }
    return rv;
}

int p2p__noise_payload_verify(const struct p2p__noise_payload *payload,
                              const uint8_t pub[P2P__KEY_BYTES],
                              struct p2p__proofs *proofs,
                              struct p2p_peer_id *peer)
{
    const struct p2p__slice *key = &payload->key, *sig = &payload->sig;
    uint8_t msg[SIGNED_BYTES];
    const struct p2p__proof proof = {
        .pubkey = *key, .text = {.p = msg, .len = sizeof msg}, .sig = *sig};
    int rv;

    if (key->len > P2P_PUBKEY_MAX || sig->len > P2P_SIGNATURE_MAX) {
        return P2P_EPROTO;
    }
    signed_bytes(pub, msg);
    rv = p2p__proofs_verify(proofs, &proof);
    if (rv == 0) {
        rv = p2p_peer_id_from_pubkey(key->p, key->len, peer);
    }
    return rv == P2P_EFORMAT || rv == P2P_ETOOBIG ? P2P_EPROTO : rv;
}

/* The place of a name in our list, or -1. */
static int find(const struct p2p__noise_muxers *ours,
                const struct p2p__slice *name)
{
    for (size_t i = 0; i < ours->count; i++) {
        if (strlen(ours->names[i]) == name->len &&
            memcmp(ours->names[i], name->p, name->len) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int p2p__noise_payload_choose(const struct p2p__noise_payload *payload,
                              const struct p2p__noise_muxers *ours,
                              bool we_dialed, struct p2p__noise_choice *out)
{
    struct p2p__pb r;
    struct p2p__pb_field f;

    *out = (struct p2p__noise_choice){.muxer = -1};
    p2p__pb_init(&r, payload->extensions);
    while (p2p__pb_next(&r, &f)) {
        int i;

        if (f.tag != P2P__PB_BYTES(EXT_MUXERS)) {
            continue;
        }
        out->announced = true;
        i = find(ours, &f.bytes);
        /* The dialer's order counts: the best of ours, or the first of its. */
        if (i >= 0 && (out->muxer < 0 || (we_dialed && i < out->muxer))) {
            out->muxer = i;
        }
    }
    if (r.err != 0) {
        return P2P_EPROTO;
    }
    if (out->announced && ours->count > 0 && out->muxer < 0) {
        return P2P_ENOPROTO;
    }
    return 0;
}
