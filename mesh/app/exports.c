/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See exports.h. Sets only grow, and in one order: a page begins where the last
 * one ended. */
#include "mesh/app/exports.h"

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/app/wait.h"
#include "mesh/applier/vault.h"
#include "mesh/node/papers.h"
#include "mesh/store/documents.h"

enum { NAME = 2 };

/* The set of a path; false: it was answered that there is none. */
static bool read_set(struct um_http_req *req, enum um_sync_set *out)
{
    static const struct {
        const char *name;
        enum um_sync_set set;
    } sets[] = {{"roster", UM_SYNC_ROSTER},
                {"revisions", UM_SYNC_REVISIONS},
                {"facts", UM_SYNC_FACTS}};
    struct um_arena a = UM_ARENA_INIT;
    struct um_str name;
    bool found = false;

    if (!um_segment_get(req, &a, NAME, &name)) {
        um_arena_fini(&a);
        return false;
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (um_str_eq(name, um_str(sets[i].name))) {
            *out = sets[i].set;
            found = true;
        }
    }
    um_arena_fini(&a);
    if (!found) {
        um_answer_error(req, 404, "There is no such set.",
                        "There are roster, revisions and facts.");
    }
    return found;
}

void um_exports_items(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_buf page = UM_BUF_INIT;
    const char *from = um_http_query(req, "from");
    int64_t at = from != NULL ? um_str_decimal(um_str(from)) : 0;
    const struct um_shelf *shelf;
    enum um_sync_set set;
    const struct um_digest *all;

    if (n == NULL || !read_set(req, &set)) {
        return;
    }
    if (at < 0) {
        um_answer_error(req, 400, "Invalid request.", "\"from\" is a number.");
        return;
    }
    shelf = um_node_shelf(n);
    all = um_shelf_digest_of(shelf, set);
    for (size_t i = (size_t)at;
         i < um_digest_count(all) && page.len < UM_EXPORTS_PAGE_BYTES; i++) {
        um_pb_put_str(&page, 1, um_shelf_get(shelf, um_digest_at(all, i)));
    }
    if (um_buf_failed(&page)) {
        um_answer_error(req, 500, "Out of memory.", NULL);
    } else {
        um_http_reply(req, 200, "application/octet-stream",
                      page.p != NULL ? page.p : "", page.len);
    }
    um_buf_fini(&page);
}

/* Reads a hash; an empty text is that before all. */
static bool read_hash(const char *text, struct um_name *out)
{
    *out = (struct um_name){{0}};
    return text == NULL || text[0] == '\0' || um_vault_hash(um_str(text), out);
}

void um_exports_list(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_name at;
    struct um_store *s;
    struct um_json j;
    int rv = 1;

    if (n == NULL) {
        return;
    }
    if (!read_hash(um_http_query(req, "after"), &at)) {
        um_answer_error(req, 400, "Invalid request.", "\"after\" is a hash.");
        return;
    }
    um_json_init(&j);
    um_json_open(&j, "documents", '[');
    s = um_disk_lock(um_node_disk(n));
    for (unsigned i = 0; i < UM_EXPORTS_NAMES && rv == 1; i++) {
        char hex[UM_NAME_TEXT_MAX];

        rv = um_documents_next(s, &at, &at, NULL);
        if (rv == 1) {
            um_json_text(&j, NULL, um_name_text(&at, hex));
        }
    }
    um_disk_unlock(um_node_disk(n));
    um_json_close(&j, ']');
    if (rv >= 0) {
        um_answer_json(req, 200, &j);
    } else {
        um_json_fini(&j);
        um_answer_error(req, 500, "The documents cannot be read.",
                        p2p_err_text(rv));
    }
}

void um_exports_document(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_str text, bytes;
    struct um_name hash;
    int rv;

    if (n != NULL && um_segment_get(req, &a, NAME, &text)) {
        rv = um_vault_hash(text, &hash)
                 ? um_papers_get(um_node_papers(n), &hash, &bytes)
                 : P2P_ENOTFOUND;
        if (rv == 0) {
            um_http_reply(req, 200, "application/octet-stream", bytes.p,
                          bytes.len);
        } else {
            um_answer_error(req, rv == P2P_ENOTFOUND ? 404 : 500,
                            rv == P2P_ENOTFOUND ? "There is no such document."
                                                : "It cannot be read.",
                            NULL);
        }
    }
    um_arena_fini(&a);
}
