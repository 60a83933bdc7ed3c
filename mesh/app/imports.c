/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See imports.h. What is refused is named, and keeps nothing else from being
 * taken. */
#include "mesh/app/imports.h"

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/app/wait.h"
#include "mesh/app/word.h"
#include "mesh/applier/vault.h"
#include "mesh/base/pb.h"
#include "p2p/hash.h"

enum { NAME = 2 };

/* Kinds, by their field. */
static const struct {
    enum um_kind kind;
    const char *name;
} kinds[] = {[1] = {UM_STATEMENT, "statement"},
             [2] = {UM_REVISION, "revision"},
             [3] = {UM_FACT, "fact"}};

#define KINDS (sizeof kinds / sizeof *kinds)

static void put_refused(struct um_json *j, const char *what,
                        const struct um_name *id, enum um_imported how)
{
    char hex[UM_NAME_TEXT_MAX];

    um_json_open(j, NULL, '{');
    um_json_text(j, "what", what);
    if (how != UM_IMPORT_FORGED) {
        um_json_text(j, "id", um_name_text(id, hex));
    }
    um_json_text(j, "why",
                 how == UM_IMPORT_FORGED
                     ? "it is no signed item"
                     : "nobody may accept it, or it is of another mesh");
    um_json_close(j, '}');
}

/* Takes all of a body; false: it is none. */
static bool take(struct um_node *n, struct um_str body, struct um_json *j,
                 uint64_t counts[UM_IMPORT_REFUSED + 1])
{
    struct um_pb_field f;
    unsigned items = 0;

    while (body.len > 0) {
        struct um_name id = {{0}};
        enum um_imported how;

        if (++items > UM_IMPORTS_ITEMS || !um_pb_take(&body, &f) || !f.bytes ||
            f.number >= KINDS) {
            return false;
        }
        how = um_node_import(n, kinds[f.number].kind, f.str, &id);
        counts[how]++;
        if (how >= UM_IMPORT_FORGED) {
            put_refused(j, kinds[f.number].name, &id, how);
        }
    }
    return true;
}

void um_imports_items(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    uint64_t counts[UM_IMPORT_REFUSED + 1] = {0};
    struct um_json j;
    const char *bytes;
    size_t len;

    if (n == NULL) {
        return;
    }
    bytes = um_http_body(req, &len);
    um_json_init(&j);
    um_json_open(&j, "refused", '[');
    if (!take(n, um_str_n(bytes, len), &j, counts)) {
        um_json_fini(&j);
        um_answer_error(req, 400, "This is no part of an export.",
                        "It is envelopes as fields 1, 2 and 3.");
        return;
    }
    um_json_close(&j, ']');
    um_json_uint(&j, "taken", counts[UM_IMPORT_TAKEN]);
    um_json_uint(&j, "known", counts[UM_IMPORT_KNOWN]);
    um_json_uint(&j, "waiting", counts[UM_IMPORT_WAITS]);
    um_json_uint(&j, "aside", counts[UM_IMPORT_ASIDE]);
    um_word_after(d, req, &j);
}

/* Whether bytes have the hash of the path; else it was answered. */
static bool is_right(struct um_http_req *req, struct um_str bytes)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_name wanted, is;
    struct um_str text;
    bool right;

    if (!um_segment_get(req, &a, NAME, &text)) {
        um_arena_fini(&a);
        return false;
    }
    p2p_sha256(bytes.p, bytes.len, is.b);
    right = um_vault_hash(text, &wanted) && um_name_eq(&wanted, &is);
    um_arena_fini(&a);
    if (!right) {
        um_answer_error(req, 400, "These are other bytes.",
                        "A document is known by the SHA-256 of its bytes.");
    }
    return right;
}

void um_imports_document(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_name hash;
    struct um_json j;
    const char *bytes;
    size_t len;
    int rv;

    if (n == NULL) {
        return;
    }
    bytes = um_http_body(req, &len);
    if (!is_right(req, um_str_n(bytes, len))) {
        return;
    }
    rv = um_node_give(n, um_str_n(bytes, len), &hash);
    if (rv != 0) {
        um_answer_error(req, rv == P2P_ELIMIT ? 507 : 500, "It cannot be kept.",
                        p2p_err_text(rv));
    } else {
        um_word_answer(&j, "It is here.", NULL);
        um_word_after(d, req, &j);
    }
}
