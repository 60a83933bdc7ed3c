/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See vault.h. The name inside of an object has to be the one that the document
 * calls it by, else a writer could show one secret as another. */
#include "mesh/applier/vault.h"

#include <string.h>

#include "mesh/doc/parse.h"
#include "p2p/err.h"

bool um_vault_hash(struct um_str hex, struct um_name *out)
{
    if (hex.len != 2 * UM_NAME_BYTES)
        return false;
    for (size_t i = 0; i < hex.len; i++) {
        char c = um_ascii_lower(hex.p[i]);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                           : -1;

        if (digit < 0)
            return false;
        out->b[i / 2] =
            (uint8_t)(i % 2 == 0 ? digit << 4 : out->b[i / 2] | digit);
    }
    return true;
}

int um_vault_read(struct um_vault *v, const struct um_name *hash,
                  struct um_str *out)
{
    int rv = v->papers.get(v->papers.user, hash, out);

    if (rv == P2P_ENOTFOUND && v->missing != NULL)
        v->missing(v->user, hash);
    return rv;
}

bool um_vault_has(struct um_vault *v, struct um_str hash)
{
    struct um_name h;

    if (!um_vault_hash(hash, &h) || v->papers.has(v->papers.user, &h))
        return true; /* what is no hash is another mistake */
    if (v->missing != NULL)
        v->missing(v->user, &h);
    return false;
}

/* A slot of an object that came from another member. */
struct came {
    struct um_name object;
    uint8_t slot[UM_SEALED_SLOT_BYTES];
};

/* So many are kept; then it begins anew. */
enum { MANY = 4096 };

void um_vault_fini(struct um_vault *v)
{
    um_buf_fini(&v->slots);
}

static struct came *find(const struct um_vault *v, const struct um_name *object)
{
    struct came *all = (struct came *)(void *)v->slots.p;

    for (size_t i = 0; i < v->slots.len / sizeof *all; i++) {
        if (um_name_eq(&all[i].object, object))
            return &all[i];
    }
    return NULL;
}

static void forget(struct um_vault *v, struct came *c)
{
    v->slots.len -= sizeof *c;
    *c = *(struct came *)(void *)(v->slots.p + v->slots.len);
}

void um_vault_slot(struct um_vault *v, const struct um_name *object,
                   const uint8_t slot[UM_SEALED_SLOT_BYTES])
{
    struct came *c = find(v, object);
    struct came is = {.object = *object};

    memcpy(is.slot, slot, sizeof is.slot);
    if (c != NULL)
        forget(v, c);
    if (v->slots.len >= MANY * sizeof is || um_buf_failed(&v->slots))
        um_buf_clear(&v->slots);
    um_buf_add(&v->slots, &is, sizeof is);
}

struct um_sealed_opener um_vault_opener(struct um_vault *v,
                                        const struct um_sealed *s,
                                        const struct um_name *object)
{
    struct um_sealed_opener by = {.key = v->key};
    const struct came *c = find(v, object);
    struct um_name me;

    if (c != NULL && um_item_signer(v->key, &me) == 0 &&
        um_sealed_slot_of(s, &me) == NULL)
        by.slot = c->slot;
    return by;
}

/* Opens it with the own slot, or with one that came. */
static int unlock(struct um_vault *v, const struct um_sealed *s,
                  const struct um_name *hash, struct um_buf *out)
{
    struct came *c = find(v, hash);
    int rv = um_sealed_open(s, v->key, NULL, out);

    if (rv == P2P_EACCES && v->old != NULL)
        rv = um_sealed_open(s, v->old, NULL, out);
    if (rv == P2P_EACCES && c != NULL) {
        rv = um_sealed_open(s, v->key, c->slot, out);
        if (rv == P2P_EAUTH) {
            forget(v, c);
            rv = P2P_EACCES;
        }
    }
    if (rv == P2P_EACCES && v->locked != NULL && v->locked(v->user, hash))
        rv = P2P_ENOTFOUND;
    return rv;
}

bool um_vault_ready(struct um_vault *v, struct um_str hex)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_sealed s;
    struct um_name hash;
    struct um_str bytes;
    bool ready = um_vault_has(v, hex);

    if (ready && um_vault_hash(hex, &hash) &&
        um_vault_read(v, &hash, &bytes) == 0 && um_sealed_read(bytes, &s) == 0)
        ready = unlock(v, &s, &hash, &out) != P2P_ENOTFOUND;
    if (out.p != NULL)
        explicit_bzero(out.p, out.len);
    um_buf_fini(&out);
    return ready;
}

/* Opens a sealed object that must be of this mesh and called so. */
static int open_sealed(struct um_vault *v, struct um_str part,
                       struct um_str name, const struct um_name *hash,
                       struct um_buf *out)
{
    struct um_buf called = UM_BUF_INIT;
    struct um_sealed s;
    struct um_str bytes;
    int rv = um_vault_read(v, hash, &bytes);

    if (rv != 0)
        return rv;
    um_buf_str(&called, part);
    um_buf_str(&called, name);
    rv = um_buf_failed(&called) ? P2P_ENOMEM : um_sealed_read(bytes, &s);
    if (rv == 0 && !um_name_eq(&s.mesh, &v->mesh))
        rv = P2P_EAUTH;
    if (rv == 0 && (name.p != NULL ? !um_str_eq(s.name, um_buf_view(&called))
                                   : !um_str_starts(s.name, part)))
        rv = P2P_EAUTH;
    um_buf_fini(&called);
    return rv != 0 ? rv : unlock(v, &s, hash, out);
}

int um_vault_open(struct um_vault *v, struct um_str name,
                  const struct um_name *hash, struct um_buf *out)
{
    return open_sealed(v, name, UM_STR(""), hash, out);
}

int um_vault_bundle(struct um_vault *v, enum um_bundle_kind kind,
                    struct um_str name, struct um_str hash, struct um_buf *out)
{
    struct um_name h;
    struct um_str bytes;
    int rv;

    if (!um_vault_hash(hash, &h))
        return P2P_EFORMAT;
    if (kind == UM_BUNDLE_CERTIFICATE)
        return open_sealed(v, UM_STR("certificates/"), name, &h, out);
    rv = um_vault_read(v, &h, &bytes);
    if (rv == 0)
        um_buf_str(out, bytes);
    return rv == 0 && um_buf_failed(out) ? P2P_ENOMEM : rv;
}

/* struct um_secrets.open. */
static int open_secret(void *user, struct um_str name,
                       const struct um_val *sealed, struct um_arena *a,
                       struct um_val *out)
{
    struct um_vault *v = user;
    struct um_buf text = UM_BUF_INIT;
    const struct um_val *hex = um_val_member(sealed, UM_STR("sealed"));
    struct um_name hash;
    int rv = P2P_EACCES;

    if (hex != NULL && hex->kind == UM_VAL_STRING &&
        um_vault_hash(hex->text, &hash))
        rv = open_sealed(v, UM_STR("variables/"), name, &hash, &text);
    if (rv == 0)
        rv = um_doc_parse(um_buf_view(&text), a, out, NULL);
    if (text.p != NULL)
        explicit_bzero(text.p, text.len);
    um_buf_fini(&text);
    return rv == 0 || rv == P2P_ENOMEM ? rv : P2P_EACCES;
}

struct um_secrets um_vault_secrets(struct um_vault *v)
{
    return (struct um_secrets){.user = v, .open = open_secret};
}
