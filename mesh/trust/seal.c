/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See seal.h. The object's key is made of entropy and content, so entropy that
 * comes twice (a restored machine) gives another key for another content. What
 * is in the box says for which mesh and name it is, since who cannot open an
 * object could otherwise give it another name. Whatever was secret is wiped.
 */
#include "mesh/trust/seal.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* Kinds of protobuf messages, in a row with those of items. */
enum { KIND_SEALED = 5, KIND_CONTENT = 6 };

enum {
    F_V = 1,
    F_KIND = 2,
    F_MESH = 3,
    F_NAME = 4,
    F_CONTENT = 5, /* in the box */
    F_KEY = 5,     /* around it */
    F_BOX = 6,
    F_SLOTS = 7
};

#define KEY_LABEL "unitmesh-seal-key/1"

_Static_assert(sizeof(struct um_sealed_slot) == 112, "bytes alone");

static void drop(struct um_buf *b)
{
    um_mem_wipe(b->p, b->cap);
    um_buf_fini(b);
}

/* What both messages begin with. */
static void put_head(struct um_buf *out, const struct um_sealed_plan *plan,
                     unsigned kind)
{
    um_pb_put_num(out, F_V, UM_ITEM_VERSION);
    um_pb_put_num(out, F_KIND, kind);
    um_name_put(out, F_MESH, &plan->mesh);
    um_pb_put_str(out, F_NAME, plan->name);
}

/* Reads it. */
static int read_head(struct um_pb *m, struct um_str bytes, unsigned kind,
                     struct um_sealed *out)
{
    uint64_t v;
    uint64_t is;

    if (um_pb_read(m, bytes) != 0)
        return P2P_EFORMAT;
    um_pb_num(m, F_V, UM_PB_NUM_MAX, &v);
    um_pb_num(m, F_KIND, UM_PB_NUM_MAX, &is);
    um_name_read(m, F_MESH, &out->mesh);
    um_pb_text(m, F_NAME, UM__CAP_SEALED_NAME_BYTES, &out->name);
    um_pb_need(m, v > 0 && !um_name_none(&out->mesh) && out->name.len > 0);
    if (m->err != 0)
        return m->err;
    return v == UM_ITEM_VERSION && is == kind ? 0 : P2P_ENOTSUP;
}

int um_sealed_read(struct um_str bytes, struct um_sealed *out)
{
    struct um_pb m;
    struct um_str slots;
    int err;

    memset(out, 0, sizeof *out);
    if (bytes.len > UM__CAP_SEALED_BYTES)
        return P2P_ETOOBIG;
    err = read_head(&m, bytes, KIND_SEALED, out);
    if (err != 0)
        return err;
    um_name_read(&m, F_KEY, &out->key);
    um_pb_bytes(&m, F_BOX, UM__CAP_SEALED_BYTES, &out->box);
    um_pb_bytes(&m, F_SLOTS, UM__CAP_SEALED_SLOTS * sizeof *out->slots, &slots);
    um_pb_need(&m, um_pb_has(&m, F_KEY) && out->box.len > P2P_SEAL_BYTES);
    um_pb_need(&m, slots.len % sizeof *out->slots == 0);
    out->slots = (const struct um_sealed_slot *)(const void *)slots.p;
    out->slots_n = m.err == 0 ? slots.len / sizeof *out->slots : 0;
    for (size_t i = 1; i < out->slots_n; i++)
        um_pb_need(&m, um_name_cmp(&out->slots[i - 1].member,
                                   &out->slots[i].member) < 0);
    return m.err;
}

/* ---- making */

static int check_plan(const struct um_sealed_plan *plan)
{
    if (um_name_none(&plan->mesh) || plan->name.len == 0 ||
        plan->name.len > UM__CAP_SEALED_NAME_BYTES ||
        !um_pb_is_text(plan->name) || plan->content.len == 0)
        return P2P_EINVAL;
    if (plan->content.len > UM__CAP_SEALED_CONTENT_BYTES ||
        plan->members.n > UM__CAP_SEALED_SLOTS)
        return P2P_ETOOBIG;
    for (size_t i = 1; i < plan->members.n; i++) {
        if (um_name_cmp(&plan->members.p[i - 1], &plan->members.p[i]) >= 0)
            return P2P_EINVAL;
    }
    return 0;
}

/* The object's key, of entropy and what is to be sealed. */
static void make_seed(const uint8_t *entropy, struct um_str content,
                      uint8_t seed[UM_SEALED_SEED_BYTES])
{
    uint8_t text[sizeof KEY_LABEL - 1 + P2P_SHA256_BYTES];

    memcpy(text, KEY_LABEL, sizeof KEY_LABEL - 1);
    p2p_sha256(content.p, content.len, text + sizeof KEY_LABEL - 1);
    p2p_hmac_sha256(entropy, P2P_SEAL_ENTROPY_BYTES, text, sizeof text, seed);
}

/* Seals to a member. */
static int seal_to(const struct um_name *member, const uint8_t *entropy,
                   struct um_str msg, uint8_t *out)
{
    uint8_t pub[UM_ITEM_PUBKEY_BYTES];

    um_item_pubkey(member, pub);
    return p2p_seal_to(pub, sizeof pub, entropy, msg.p, msg.len, out);
}

/* Seals the content into `box`, and the seed into `slots`. */
static int fill(const struct um_sealed_plan *plan, struct um_str content,
                const struct um_name *key, struct um_str seed,
                struct um_buf *parts)
{
    size_t box_len = content.len + P2P_SEAL_BYTES;
    uint8_t *at = (uint8_t *)um_buf_reserve(
        parts, box_len + plan->members.n * sizeof(struct um_sealed_slot));
    int err;

    if (at == NULL)
        return P2P_ENOMEM;
    err = seal_to(key, plan->entropy, content, at);
    at += box_len;
    for (size_t i = 0; i < plan->members.n && err == 0; i++) {
        struct um_sealed_slot *slot = (struct um_sealed_slot *)(void *)at;

        slot->member = plan->members.p[i];
        err = seal_to(&slot->member, plan->entropy, seed, slot->sealed);
        at += sizeof *slot;
    }
    parts->len = box_len + plan->members.n * sizeof(struct um_sealed_slot);
    return err;
}

/* Writes the object around its parts: the box, then the slots. */
static int assemble(const struct um_sealed_plan *plan,
                    const struct um_name *key, struct um_str parts,
                    struct um_buf *out)
{
    size_t slots = plan->members.n * sizeof(struct um_sealed_slot);
    size_t before = out->len;

    put_head(out, plan, KIND_SEALED);
    um_name_put(out, F_KEY, key);
    um_pb_put_bytes(out, F_BOX, parts.p, parts.len - slots);
    um_pb_put_bytes(out, F_SLOTS, parts.p + (parts.len - slots), slots);
    if (um_buf_failed(out) || out->len - before > UM__CAP_SEALED_BYTES) {
        out->len = before;
        return um_buf_failed(out) ? P2P_ENOMEM : P2P_ETOOBIG;
    }
    return 0;
}

/* The public half of the key of a seed. */
static int public_of(const uint8_t *seed, struct um_name *out)
{
    struct p2p_key *key;
    int err = p2p_key_from_seed(seed, &key);

    if (err == 0)
        err = um_item_signer(key, out);
    p2p_key_free(key);
    return err;
}

int um_sealed_make(const struct um_sealed_plan *plan, struct um_buf *out)
{
    struct um_buf content = UM_BUF_INIT;
    struct um_buf parts = UM_BUF_INIT;
    uint8_t seed[UM_SEALED_SEED_BYTES];
    struct um_name key;
    int err = check_plan(plan);

    if (err != 0)
        return err;
    /* Once, so that nothing secret stays in memory that was given back. */
    (void)um_buf_reserve(&content, plan->content.len + 512);
    put_head(&content, plan, KIND_CONTENT);
    um_pb_put_str(&content, F_CONTENT, plan->content);
    if (um_buf_failed(&content))
        err = P2P_ENOMEM;
    if (err == 0) {
        make_seed(plan->entropy, um_buf_view(&content), seed);
        err = public_of(seed, &key);
    }
    if (err == 0)
        err = fill(plan, um_buf_view(&content), &key,
                   um_str_n((const char *)seed, sizeof seed), &parts);
    if (err == 0)
        err = assemble(plan, &key, um_buf_view(&parts), out);
    um_mem_wipe(seed, sizeof seed);
    um_buf_fini(&parts);
    drop(&content);
    return err;
}

/* ---- opening */

const uint8_t *um_sealed_slot_of(const struct um_sealed *s,
                                 const struct um_name *member)
{
    for (size_t i = 0; i < s->slots_n; i++) {
        if (um_name_eq(&s->slots[i].member, member))
            return s->slots[i].sealed;
    }
    return NULL;
}

/* The seed of the object's key; it is the right one, or an error. */
static int open_seed(const struct um_sealed *s, const struct p2p_key *key,
                     const uint8_t *slot, uint8_t seed[UM_SEALED_SEED_BYTES])
{
    struct um_name own;
    struct um_name public_half;
    int err = um_item_signer(key, &own);

    if (err == 0 && slot == NULL)
        slot = um_sealed_slot_of(s, &own);
    if (err != 0 || slot == NULL)
        return P2P_EACCES;
    err = p2p_seal_open(key, slot, UM_SEALED_SLOT_BYTES, seed);
    if (err == 0)
        err = public_of(seed, &public_half);
    if (err == 0 && !um_name_eq(&public_half, &s->key))
        err = P2P_EAUTH;
    return err;
}

/* Takes the content out of what was in the box. */
static int read_content(const struct um_sealed *s, struct um_str bytes,
                        struct um_buf *out)
{
    struct um_pb m;
    struct um_sealed head;
    struct um_str content;

    if (read_head(&m, bytes, KIND_CONTENT, &head) != 0)
        return P2P_EAUTH;
    um_pb_bytes(&m, F_CONTENT, UM__CAP_SEALED_CONTENT_BYTES, &content);
    if (m.err != 0 || !um_name_eq(&head.mesh, &s->mesh) ||
        !um_str_eq(head.name, s->name))
        return P2P_EAUTH;
    um_buf_str(out, content);
    return um_buf_failed(out) ? P2P_ENOMEM : 0;
}

int um_sealed_open(const struct um_sealed *s, const struct p2p_key *key,
                   const uint8_t *slot, struct um_buf *out)
{
    struct um_buf plain = UM_BUF_INIT;
    struct p2p_key *object = NULL;
    uint8_t seed[UM_SEALED_SEED_BYTES];
    int err = open_seed(s, key, slot, seed);

    if (err == 0)
        err = p2p_key_from_seed(seed, &object);
    um_mem_wipe(seed, sizeof seed);
    if (err == 0 && um_buf_reserve(&plain, s->box.len) == NULL)
        err = P2P_ENOMEM;
    if (err == 0)
        err = p2p_seal_open(object, s->box.p, s->box.len, (uint8_t *)plain.p);
    if (err == 0) {
        plain.len = s->box.len - P2P_SEAL_BYTES;
        err = read_content(s, um_buf_view(&plain), out);
    }
    p2p_key_free(object);
    drop(&plain);
    return err;
}

int um_sealed_slot_make(const struct um_sealed *s,
                        const struct um_sealed_opener *by,
                        const uint8_t *entropy, const struct um_name *member,
                        uint8_t out[UM_SEALED_SLOT_BYTES])
{
    uint8_t seed[UM_SEALED_SEED_BYTES];
    int err;

    assert(by->key != NULL);
    err = open_seed(s, by->key, by->slot, seed);

    if (err == 0)
        err = seal_to(member, entropy,
                      um_str_n((const char *)seed, sizeof seed), out);
    um_mem_wipe(seed, sizeof seed);
    return err;
}
