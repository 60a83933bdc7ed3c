/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See reseal.h. Happy path: each object that the document names is looked at;
 * one that has slots for others than the members of now is opened and sealed
 * anew, and its new hash stands in a copy of the document. Failure modes: an
 * object is not here, or not for this node; then it stays as it is.
 */
#include "mesh/node/reseal.h"

#include <string.h>

#include "mesh/doc/meshdoc.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "mesh/node/papers.h"
#include "mesh/node/sealer.h"
#include "p2p/err.h"

/* The parts of a document that hold sealed objects. */
static const char *const parts[] = {"certificates", "variables"};

/* One that is being made. */
struct work {
    struct um_node *n;
    struct um_reseal *out;
    struct um_namelist members; /* for whom */
    bool looks;                 /* nothing is sealed, it is only looked at */
    bool missing;               /* something is not here yet */
};

/* Whether an object has slots for just the members of now. */
static bool is_current(const struct work *w, const struct um_sealed *s)
{
    bool same = s->slots_n == w->members.n;

    for (size_t i = 0; same && i < s->slots_n; i++)
        same = um_name_eq(&s->slots[i].member, &w->members.p[i]);
    return same;
}

/* Opens an object and seals it anew. */
static int seal_anew(struct work *w, struct um_str name,
                     const struct um_name *was, struct um_name *now)
{
    struct um_buf content = UM_BUF_INIT;
    int rv = um_vault_open(um_node_vault(w->n), name, was, &content);

    if (rv == 0)
        rv = um_node_seal(w->n, name, um_buf_view(&content), now);
    if (content.p != NULL)
        explicit_bzero(content.p, content.len);
    um_buf_fini(&content);
    return rv;
}

/* Puts the hash of an object in the place of that of another one. */
static bool put_hash(struct um_arena *a, const struct um_name *hash,
                     struct um_val *sealed)
{
    char text[UM_NAME_TEXT_MAX];
    struct um_val v;

    if (!um_val_object(a, 1, &v))
        return false;
    v.members.p[0].name = sealed->members.p[0].name;
    v.members.p[0].value.kind = UM_VAL_STRING;
    *sealed = v;
    return um_arena_dup(a, um_str(um_name_text(hash, text)),
                        &v.members.p[0].value.text);
}

/* Whether an object is for others than the members of now. P2P_ENOTFOUND,
 * P2P_EFORMAT: nobody can say. */
static int is_stale(struct work *w, const struct um_name *hash, bool *stale)
{
    struct um_sealed s;
    struct um_str bytes;
    int rv = um_vault_read(um_node_vault(w->n), hash, &bytes);

    if (rv == 0)
        rv = um_sealed_read(bytes, &s);
    *stale = rv == 0 && !is_current(w, &s);
    return rv;
}

/* Does one; or looks whether it can be done. One that cannot be opened stays.
 */
static int do_object(struct work *w, struct um_str name, struct um_val *sealed)
{
    struct um_reseal *o = w->out;
    struct um_str hex = sealed->members.p[0].value.text;
    struct um_name was, now;
    bool stale = true;
    int rv = um_vault_hash(hex, &was) ? is_stale(w, &was, &stale) : P2P_EFORMAT;

    if (rv == 0 && !stale)
        return 0;
    if (w->looks) {
        w->missing = w->missing || !um_vault_ready(um_node_vault(w->n), hex);
        return rv == P2P_ENOMEM ? rv : 0;
    }
    if (rv == 0)
        rv = seal_anew(w, name, &was, &now);
    if (rv == P2P_ENOTFOUND || rv == P2P_EACCES || rv == P2P_EAUTH ||
        rv == P2P_EFORMAT) {
        o->left[o->left_n++] = name;
        return 0;
    }
    if (rv == 0 && !put_hash(&o->arena, &now, sealed))
        rv = P2P_ENOMEM;
    if (rv == 0)
        o->sealed[o->sealed_n++] = name;
    return rv;
}

/* "PART/NAME" */
static bool name_it(struct um_arena *a, const char *part, struct um_str name,
                    struct um_str *out)
{
    struct um_buf text = UM_BUF_INIT;
    bool ok;

    um_buf_text(&text, part);
    um_buf_byte(&text, '/');
    um_buf_str(&text, name);
    ok = !um_buf_failed(&text) && um_arena_dup(a, um_buf_view(&text), out);
    um_buf_fini(&text);
    return ok;
}

/* Room for names of so many objects more. */
static bool make_room(struct um_reseal *o, size_t more)
{
    struct um_str *sealed =
        um_arena_zalloc(&o->arena, o->sealed_n + more, sizeof *sealed);
    struct um_str *left =
        um_arena_zalloc(&o->arena, o->left_n + more, sizeof *left);

    if (sealed == NULL || left == NULL)
        return false;
    if (o->sealed_n > 0)
        memcpy(sealed, o->sealed, o->sealed_n * sizeof *sealed);
    if (o->left_n > 0)
        memcpy(left, o->left, o->left_n * sizeof *left);
    o->sealed = sealed;
    o->left = left;
    return true;
}

/* A part of the document, whose members are our own. */
static int do_part(struct work *w, const char *part, struct um_val *all)
{
    struct um_reseal *o = w->out;
    int rv = make_room(o, all->count) ? 0 : P2P_ENOMEM;

    for (size_t i = 0; i < all->count && rv == 0; i++) {
        struct um_member *m = &all->members.p[i];
        struct um_str name;

        if (!um_variables_sealed(&m->value))
            continue;
        rv = name_it(&o->arena, part, m->name, &name)
                 ? do_object(w, name, &m->value)
                 : P2P_ENOMEM;
    }
    return rv;
}

/* The members of now, in the order of slots. */
static int list_members(struct work *w)
{
    struct um_roster *r = &um_node_model(w->n)->roster;
    struct um_name *list = um_arena_zalloc(
        &w->out->arena, um_sealer_readers(r, NULL) + 1, sizeof *list);

    if (list == NULL)
        return P2P_ENOMEM;
    w->members = (struct um_namelist){list, um_sealer_readers(r, list)};
    return 0;
}

/* Reads the document, and checks that it is one. */
static int read_document(struct um_arena *a, struct um_str text,
                         struct um_val *out)
{
    struct um_meshdoc doc;
    struct um_val v;
    int rv = um_doc_parse(text, a, &v, NULL);

    if (rv == 0)
        rv = um_meshdoc_init(&doc, a, &v, NULL);
    if (rv == 0 && !um_val_clone(a, &v, out))
        rv = P2P_ENOMEM;
    return rv == 0 || rv == P2P_ENOMEM ? rv : P2P_EFORMAT;
}

/* Walks through the objects of a document. */
static int walk(struct work *w, struct um_str document, struct um_val *v)
{
    int rv;

    *w->out = (struct um_reseal){.arena = UM_ARENA_INIT};
    rv = read_document(&w->out->arena, document, v);
    if (rv == 0)
        rv = list_members(w);
    for (size_t i = 0; rv == 0 && i < sizeof parts / sizeof *parts; i++) {
        size_t at = um_val_index(v, um_str(parts[i]));

        if (at < v->count)
            rv = do_part(w, parts[i], &v->members.p[at].value);
    }
    return rv;
}

int um_reseal_ready(struct um_node *n, struct um_str document)
{
    struct um_reseal out;
    struct work w = {.n = n, .out = &out, .looks = true};
    struct um_val v;
    int rv = walk(&w, document, &v);

    um_reseal_fini(&out);
    return rv == 0 && w.missing ? P2P_ENOTFOUND : rv;
}

int um_reseal_make(struct um_node *n, struct um_str document,
                   struct um_reseal *out)
{
    struct work w = {.n = n, .out = out};
    struct um_buf text = UM_BUF_INIT;
    struct um_val v;
    int rv = walk(&w, document, &v);

    if (rv == 0 && out->sealed_n > 0) {
        rv = um_doc_print(&text, &v);
        if (rv == 0 &&
            !um_arena_dup(&out->arena, um_buf_view(&text), &out->document))
            rv = P2P_ENOMEM;
    }
    um_buf_fini(&text);
    return rv;
}

void um_reseal_fini(struct um_reseal *r)
{
    um_arena_fini(&r->arena);
    *r = (struct um_reseal){.arena = UM_ARENA_INIT};
}
