/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See adopt.h. They are merged into the document like a merge patch that
 * somebody could have sent. */
#include "mesh/app/adopt.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/app/beside.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/patch.h"
#include "mesh/doc/print.h"
#include "mesh/node/papers.h"
#include "p2p/hash.h"

/* Whether the document has a script already, under whatever name it is shown:
 * that of the mesh is called by its content. */
static bool is_known(const struct um_desk *desk, struct um_str source)
{
    const struct um_val *all =
        um_val_member(&desk->document, UM_STR("js_modules"));
    struct um_name hash;
    char hex[UM_NAME_TEXT_MAX];

    p2p_sha256(source.p, source.len, hash.b);
    (void)um_name_text(&hash, hex);
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        if (um_str_eq(all->members.p[i].value.text, um_str(hex))) {
            return true;
        }
    }
    return false;
}

/* Keeps one, and says so in the patch. */
static int add(struct um_node *n, const struct um_founder_part *part,
               struct um_buf *patch)
{
    bool sealed = part->kind == UM_BUNDLE_CERTIFICATE;
    struct um_val key = {.kind = UM_VAL_STRING, .text = part->name};
    struct um_buf name = UM_BUF_INIT;
    char hex[UM_NAME_TEXT_MAX];
    struct um_name hash;
    int rv;

    um_buf_text(&name, "certificates/");
    um_buf_str(&name, part->name);
    if (um_buf_failed(&name)) {
        rv = P2P_ENOMEM;
    } else if (sealed) {
        rv = um_node_seal(n, um_buf_view(&name), part->bytes, &hash);
    } else {
        rv = um_papers_put(um_node_papers(n), part->bytes, &hash);
    }
    um_buf_fini(&name);
    if (rv != 0) {
        return rv;
    }
    um_buf_text(patch, patch->len > 1 ? "," : "");
    um_buf_text(patch, sealed ? "\"certificates\":{" : "\"js_modules\":{");
    rv = um_doc_print(patch, &key);
    um_buf_fmt(patch, sealed ? ":{\"sealed\":\"%s\"}}" : ":\"%s\"}",
               um_name_text(&hash, hex));
    return rv;
}

/* Merges one into the document. */
static int merge(struct um_node *n, struct um_desk *desk,
                 const struct um_founder_part *part)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_val patch, now;
    struct um_str kept;
    int rv;

    um_buf_text(&text, "{");
    rv = add(n, part, &text);
    um_buf_text(&text, "}");
    if (rv == 0 && (um_buf_failed(&text) ||
                    !um_arena_dup(&desk->arena, um_buf_view(&text), &kept))) {
        rv = P2P_ENOMEM;
    }
    if (rv == 0) {
        rv = um_doc_parse(kept, &desk->arena, &patch, NULL);
    }
    if (rv == 0) {
        rv = um_patch_merge(&desk->arena, &desk->document, &patch, &now);
    }
    if (rv == 0) {
        desk->document = now;
    }
    um_buf_fini(&text);
    return rv;
}

/* What there is, as far as the configuration names it. */
static int gather(struct um_beside *b, struct um_desk *desk,
                  const struct um_adopt_from *from)
{
    struct um_val body = {.kind = UM_VAL_OBJECT}, config;
    int rv = um_doc_parse(from->config, &desk->arena, &config, NULL);

    if (rv == 0 && from->body.len > 0) {
        rv = um_doc_parse(from->body, &desk->arena, &body, NULL);
    }
    if (rv != 0) {
        return rv;
    }
    if (body.kind != UM_VAL_OBJECT ||
        (um_val_member(&body, UM_STR("certificates")) != NULL) != body.count ||
        !um_beside_certificates(b,
                                um_val_member(&body, UM_STR("certificates"))) ||
        (from->modules.p != NULL && !um_beside_scripts(b, from->modules))) {
        return P2P_EFORMAT;
    }
    (void)um_beside_lacks(b, &config); /* what is not named is left out */
    return 0;
}

int um_adopt_beside(struct um_node *n, struct um_desk *desk,
                    const struct um_adopt_from *from)
{
    struct um_beside *b = calloc(1, sizeof *b);
    int rv = b != NULL ? gather(b, desk, from) : P2P_ENOMEM;

    for (size_t i = 0; rv == 0 && i < b->n; i++) {
        if (b->parts[i].kind == UM_BUNDLE_CERTIFICATE ||
            !is_known(desk, b->parts[i].bytes)) {
            rv = merge(n, desk, &b->parts[i]);
        }
    }
    if (b != NULL) {
        um_beside_fini(b);
    }
    free(b);
    return rv;
}
