/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hide.h. The secret variables of the last revisions are opened, each once,
 * and what Unit shows is read and printed anew in Unit's form. Failure modes: a
 * document or an object that is not here any more hides nothing.
 */
#include "mesh/node/hide.h"

#include <assert.h>
#include <string.h>

#include "mesh/doc/mask.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/node/papers.h"
#include "mesh/node/random.h"
#include "p2p/err.h"
#include "p2p/seal.h"

/* A mask while it is made. */
struct making {
    struct um_node *n;
    struct um_arena *arena;
    struct um_buf seen; /* documents, and hashes of objects */
    struct um_mask mask;
};

/* Whether it was seen before; it is from now on. */
static bool seen(struct making *g, const struct um_name *name)
{
    const struct um_name *all = (const struct um_name *)(void *)g->seen.p;

    for (size_t i = 0; i < g->seen.len / sizeof *all; i++) {
        if (um_name_eq(&all[i], name))
            return true;
    }
    um_buf_add(&g->seen, name, sizeof *name);
    return false;
}

/* The secret variables that were not seen before. */
static bool pick(struct making *g, const struct um_val *variables,
                 struct um_val *out)
{
    size_t n = 0;

    if (!um_val_object(g->arena, variables->count, out))
        return false;
    for (size_t i = 0; i < variables->count; i++) {
        const struct um_member *m = &variables->members.p[i];
        struct um_name hash;

        if (um_variables_sealed(&m->value) &&
            um_vault_hash(m->value.members.p[0].value.text, &hash) &&
            !seen(g, &hash))
            out->members.p[n++] = *m;
    }
    out->count = (uint32_t)n;
    return true;
}

/* Adds the secrets of a document. */
static int add_document(struct making *g, const struct um_name *doc)
{
    const struct um_secrets secrets = um_vault_secrets(um_node_vault(g->n));
    const struct um_val *variables;
    struct um_str bytes;
    struct um_val v, fresh;
    struct um_mask more;
    int rv;

    if (seen(g, doc) || um_papers_get(um_node_papers(g->n), doc, &bytes) != 0)
        return 0;
    rv = um_doc_parse(bytes, g->arena, &v, NULL);
    variables = rv == 0 ? um_val_member(&v, UM_STR("variables")) : NULL;
    if (variables == NULL || variables->kind != UM_VAL_OBJECT)
        return rv == P2P_ENOMEM ? rv : 0;
    if (!pick(g, variables, &fresh))
        return P2P_ENOMEM;
    rv = um_mask_open(g->arena, &fresh, &secrets, &more);
    return rv == 0 && more.count > 0 ? um_mask_join(g->arena, &g->mask, &more)
                                     : rv;
}

static int add_revision(struct making *g, const struct um_past *p)
{
    return p != NULL ? add_document(g, &p->rev.doc) : 0;
}

/* Adds those of the last revisions. */
static int add_last(struct making *g)
{
    const struct um_history *h = &um_node_model(g->n)->history;
    uint64_t bytes = 0;
    int rv = 0;

    for (uint32_t i = 0; i < h->revs_n && i < UM_HIDE_REVISIONS && rv == 0;
         i++) {
        const struct um_past *p = um_history_ranked(h, i);

        bytes += p->rev.doc_bytes;
        if (bytes > UM_HIDE_BYTES)
            break;
        rv = add_revision(g, p);
    }
    return rv;
}

/* What is to be hidden now. */
static int make_mask(struct um_node *n, struct um_arena *a, bool last,
                     struct um_mask *out)
{
    struct um_model *m = um_node_model(n);
    struct making g = {.n = n, .arena = a, .seen = UM_BUF_INIT};
    int rv = add_revision(&g, um_history_find(&m->history, &m->own.applied));

    if (rv == 0)
        rv = add_revision(&g, um_view_target(&m->view, &m->history));
    if (rv == 0 && last)
        rv = add_last(&g);
    if (rv == 0 && um_buf_failed(&g.seen))
        rv = P2P_ENOMEM;
    um_buf_fini(&g.seen);
    *out = g.mask;
    return rv;
}

/* Hides in JSON; P2P_EFORMAT: it is none. */
static int hide_json(struct um_arena *a, const struct um_mask *mask,
                     size_t shortest, struct um_str text, struct um_buf *out)
{
    struct um_val v;
    int rv = um_doc_parse(text, a, &v, NULL);

    if (rv == 0)
        rv = um_mask_config(a, mask, shortest, &v, &v);
    if (rv == 0)
        rv = um_doc_print_pretty(out, &v);
    return rv == 0 || rv == P2P_ENOMEM ? rv : P2P_EFORMAT;
}

static int hide(struct um_node *n, bool config, struct um_str text,
                struct um_buf *out)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_mask mask;
    size_t before = out->len;
    int rv = make_mask(n, &a, config, &mask);

    if (rv == 0 && mask.count == 0) {
        um_buf_str(out, text);
    } else if (rv == 0) {
        rv = hide_json(&a, &mask, config ? 0 : UM_MASK_INSIDE, text, out);
        if (rv == P2P_EFORMAT) {
            out->len = before;
            rv = um_mask_words(&mask, text, out);
        }
    }
    um_arena_fini(&a);
    return rv == 0 && um_buf_failed(out) ? P2P_ENOMEM : rv;
}

int um_hide_config(struct um_node *n, struct um_str text, struct um_buf *out)
{
    return hide(n, true, text, out);
}

int um_hide_status(struct um_node *n, struct um_str text, struct um_buf *out)
{
    return hide(n, false, text, out);
}

/* ---- for this node alone: the seed of a key, sealed to the node's, and what
 * is sealed to that */

#define SLOT_BYTES UM_SEALED_SLOT_BYTES

static int seal_to(const uint8_t *pub, size_t len, struct um_str bytes,
                   uint8_t *out)
{
    uint8_t entropy[P2P_SEAL_ENTROPY_BYTES];
    int rv = um_random_fill(entropy, sizeof entropy);

    if (rv == 0)
        rv = p2p_seal_to(pub, len, entropy, bytes.p, bytes.len, out);
    explicit_bzero(entropy, sizeof entropy);
    return rv;
}

static int make_lock(struct um_lock *l, const struct p2p_key *key)
{
    uint8_t seed[UM_SEALED_SEED_BYTES];
    struct p2p_key *once = NULL;
    const uint8_t *pub;
    size_t len;
    int rv = um_random_fill(seed, sizeof seed);

    if (rv == 0)
        rv = p2p_key_from_seed(seed, &once);
    if (rv == 0) {
        pub = p2p_key_public(once, &len);
        assert(len == sizeof l->key);
        memcpy(l->key, pub, len);
        pub = p2p_key_public(key, &len);
        rv = seal_to(pub, len, um_str_n((const char *)seed, sizeof seed),
                     l->slot);
    }
    p2p_key_free(once);
    explicit_bzero(seed, sizeof seed);
    l->made = rv == 0;
    return rv;
}

int um_hide_lock(struct um_lock *l, const struct p2p_key *key,
                 struct um_str bytes, struct um_buf *out)
{
    size_t more = SLOT_BYTES + bytes.len + P2P_SEAL_BYTES;
    uint8_t *at = (uint8_t *)um_buf_reserve(out, more);
    int rv = at == NULL ? P2P_ENOMEM : l->made ? 0 : make_lock(l, key);

    if (rv == 0) {
        memcpy(at, l->slot, SLOT_BYTES);
        rv = seal_to(l->key, sizeof l->key, bytes, at + SLOT_BYTES);
    }
    if (rv == 0)
        out->len += more;
    return rv == 0 || rv == P2P_ENOMEM ? rv : P2P_ECRYPTO;
}

/* Opens it, if it is what um_hide_lock() made for this key. */
static bool unlock(const struct p2p_key *key, struct um_str bytes, uint8_t *out)
{
    uint8_t seed[UM_SEALED_SEED_BYTES];
    struct p2p_key *once = NULL;
    bool fine = bytes.len > SLOT_BYTES + P2P_SEAL_BYTES &&
                p2p_seal_open(key, bytes.p, SLOT_BYTES, seed) == 0 &&
                p2p_key_from_seed(seed, &once) == 0 &&
                p2p_seal_open(once, bytes.p + SLOT_BYTES,
                              bytes.len - SLOT_BYTES, out) == 0;

    p2p_key_free(once);
    explicit_bzero(seed, sizeof seed);
    return fine;
}

/* 0 if it is a document, and not what was locked for another key and begins
 * like one, as one of 256 does. Errors: P2P_ENOMEM, others: it is none. */
static int look_for_plain(struct um_str bytes)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v;
    int rv = bytes.len > 0 && bytes.p[0] == '{'
                 ? um_doc_parse(bytes, &a, &v, NULL)
                 : P2P_EFORMAT;

    um_arena_fini(&a);
    return rv;
}

int um_hide_unlock(const struct p2p_key *key, struct um_str bytes,
                   struct um_buf *out)
{
    uint8_t *at = (uint8_t *)um_buf_reserve(out, bytes.len + 1);
    int rv;

    if (at == NULL)
        return P2P_ENOMEM;
    if (unlock(key, bytes, at)) {
        out->len += bytes.len - SLOT_BYTES - P2P_SEAL_BYTES;
        return 0;
    }
    rv = look_for_plain(bytes);
    if (rv == 0)
        um_buf_str(out, bytes);
    return rv == P2P_ENOMEM || um_buf_failed(out) ? P2P_ENOMEM : 0;
}
