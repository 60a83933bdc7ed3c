/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See envelope.h. What is signed is domain, type and payload behind each
 * other, each behind its length; they are copied together for it, small ones
 * on the stack. Each field may come once: of two, somebody would look at the
 * other one. Unknown fields are not signed and not looked at.
 */
#include "ident/envelope.h"

#include "base/mem.h"
#include "wire/pb.h"
#include "wire/varint.h"

#define FIELD_PUBKEY    1
#define FIELD_TYPE      2
#define FIELD_PAYLOAD   3
#define FIELD_SIGNATURE 5

#define SMALL_BYTES 2048

/* The bytes that are signed: in `small`, or in owned memory. */
struct signed_text {
    uint8_t *p;
    size_t len;
    uint8_t small[SMALL_BYTES];
};

/* Appends one part behind its length. */
static void add_part(struct p2p__pbw *w, const void *p, size_t len)
{
    uint8_t head[P2P__VARINT_PB_MAX];

    p2p__pbw_raw(w, head, p2p__varint_put(head, len));
    p2p__pbw_raw(w, p, len);
}

/* Puts together what is signed. End it with drop_text(). */
static int make_text(struct signed_text *t,
                     const struct p2p__envelope_kind *kind,
                     struct p2p__slice payload)
{
    size_t domain_len = strlen(kind->domain);
    struct p2p__pbw w;
    size_t cap = 3 * (size_t)P2P__VARINT_PB_MAX + domain_len + kind->type_len +
                 payload.len;

    assert(domain_len <= P2P__ENVELOPE_NAME_MAX);
    assert(kind->type_len <= P2P__ENVELOPE_NAME_MAX);
    t->p = cap <= sizeof t->small ? t->small : p2p__alloc(cap);
    if (t->p == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pbw_init(&w, t->p, cap);
    add_part(&w, kind->domain, domain_len);
    add_part(&w, kind->type, kind->type_len);
    add_part(&w, payload.p, payload.len);
    assert(w.len <= cap);
    t->len = w.len;
    return 0;
}

static void drop_text(struct signed_text *t)
{
    if (t->p != t->small) {
        p2p__free(t->p);
    }
}

/* Takes a field that must not have been there before. */
static int take_once(struct p2p__slice *to, const struct p2p__slice *bytes)
{
    if (to->p != NULL) {
        return P2P_EFORMAT;
    }
    *to = *bytes;
    return 0;
}

/* Reads the fields. */
static int read_fields(struct p2p__slice in, struct p2p__envelope *e,
                       struct p2p__slice *type)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    int err = 0;

    p2p__pb_init(&r, in);
    while (err == 0 && p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_BYTES(FIELD_PUBKEY):
                err = take_once(&e->pubkey, &f.bytes);
                break;
            case P2P__PB_BYTES(FIELD_TYPE):
                err = take_once(type, &f.bytes);
                break;
            case P2P__PB_BYTES(FIELD_PAYLOAD):
                err = take_once(&e->payload, &f.bytes);
                break;
            case P2P__PB_BYTES(FIELD_SIGNATURE):
                err = take_once(&e->signature, &f.bytes);
                break;
            default:
                break;
        }
    }
    return err != 0 ? err : r.err;
}

/* Whether the signature is the signer's for this kind. */
static int verify(const struct p2p__envelope *e,
                  const struct p2p__envelope_kind *kind,
                  struct p2p__proofs *proofs)
{
    struct p2p__proof proof = {.pubkey = e->pubkey, .sig = e->signature};
    struct signed_text t;
    int err = make_text(&t, kind, e->payload);

    if (err != 0) {
        return err;
    }
    proof.text = p2p__slice_of(t.p, t.len);
    err = p2p__proofs_verify(proofs, &proof);
    drop_text(&t);
    return err;
}

int p2p__envelope_open(struct p2p__slice in,
                       const struct p2p__envelope_kind *kind,
                       struct p2p__envelope *out)
{
    return p2p__envelope_open_again(in, kind, NULL, out);
}

int p2p__envelope_open_again(struct p2p__slice in,
                             const struct p2p__envelope_kind *kind,
                             struct p2p__proofs *proofs,
                             struct p2p__envelope *out)
{
    struct p2p__slice type = {.p = NULL};
    int err;

    memset(out, 0, sizeof *out);
    if (in.len > P2P__CAP_ENVELOPE_BYTES) {
        return P2P_ETOOBIG;
    }
    err = read_fields(in, out, &type);
    if (err != 0) {
        return err;
    }
    if (out->pubkey.p == NULL || out->signature.p == NULL) {
        return P2P_EFORMAT;
    }
    if (type.len != kind->type_len ||
        (type.len > 0 && memcmp(type.p, kind->type, type.len) != 0)) {
        return P2P_ENOTSUP;
    }
    err = verify(out, kind, proofs);
    if (err != 0) {
        return err;
    }
    return p2p_peer_id_from_pubkey(out->pubkey.p, out->pubkey.len,
                                   &out->signer);
}

int p2p__envelope_seal(const struct p2p_key *key,
                       const struct p2p__envelope_kind *kind,
                       struct p2p__slice payload, uint8_t *buf, size_t cap)
{
    uint8_t sig[P2P_SIGNATURE_MAX];
    struct signed_text t;
    struct p2p__pbw w;
    const uint8_t *pub;
    size_t pub_len;
    size_t sig_len;
    int err;

    if (payload.len > P2P__CAP_ENVELOPE_BYTES) {
        return P2P_ETOOBIG;
    }
    err = make_text(&t, kind, payload);
    if (err != 0) {
        return err;
    }
    err = p2p_key_sign(key, t.p, t.len, sig, &sig_len);
    drop_text(&t);
    if (err != 0) {
        return err;
    }
    pub = p2p_key_public(key, &pub_len);
    p2p__pbw_init(&w, buf, p2p__min(cap, P2P__CAP_ENVELOPE_BYTES));
    p2p__pbw_bytes(&w, FIELD_PUBKEY, pub, pub_len);
    p2p__pbw_bytes(&w, FIELD_TYPE, kind->type, kind->type_len);
    p2p__pbw_bytes(&w, FIELD_PAYLOAD, payload.p, payload.len);
    p2p__pbw_bytes(&w, FIELD_SIGNATURE, sig, sig_len);
    return p2p__pbw_end(&w);
}

/* The same for the library's users. */
static int inner_kind(const struct p2p_envelope_kind *kind,
                      struct p2p__envelope_kind *out)
{
    if (kind->domain == NULL || kind->domain[0] == '\0' ||
        strnlen(kind->domain, P2P_ENVELOPE_NAME_MAX + 1) >
            P2P_ENVELOPE_NAME_MAX ||
        kind->type_len > P2P_ENVELOPE_NAME_MAX) {
        return P2P_EINVAL;
    }
    out->domain = kind->domain;
    out->type = kind->type;
    out->type_len = kind->type_len;
    return 0;
}

int p2p_envelope_open(const void *in, size_t len,
                      const struct p2p_envelope_kind *kind,
                      struct p2p_envelope *out)
{
    struct p2p__envelope_kind inner;
    struct p2p__envelope e;
    int err = inner_kind(kind, &inner);

    memset(out, 0, sizeof *out);
    if (err == 0) {
        err = p2p__envelope_open(p2p__slice_of(in, len), &inner, &e);
    }
    if (err != 0) {
        return err;
    }
    out->pubkey = e.pubkey.p;
    out->pubkey_len = e.pubkey.len;
    out->payload = e.payload.p;
    out->payload_len = e.payload.len;
    out->signature = e.signature.p;
    out->signature_len = e.signature.len;
    out->signer = e.signer;
    return 0;
}

int p2p_envelope_seal(const struct p2p_key *key,
                      const struct p2p_envelope_kind *kind, const void *payload,
                      size_t payload_len, uint8_t *buf, size_t cap)
{
    struct p2p__envelope_kind inner;
    int err = inner_kind(kind, &inner);

    if (err != 0) {
        return err;
    }
    return p2p__envelope_seal(key, &inner, p2p__slice_of(payload, payload_len),
                              buf, cap);
}
