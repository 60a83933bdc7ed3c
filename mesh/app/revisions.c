/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See revisions.h. Who changed a place is read out of the documents that are
 * here, each with that of its first parent, from the highest down, until so
 * many are found or so many bytes were read.
 */
#include "mesh/app/revisions.h"

#include "mesh/app/answer.h"
#include "mesh/app/segment.h"
#include "mesh/app/views.h"
#include "mesh/app/wait.h"
#include "mesh/app/which.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/pointer.h"
#include "mesh/node/papers.h"

/* The revisions that are shown at most, the highest. */
#define SHOWN 1000U

/* Bytes of documents that are read for one answer. */
#define READ_BYTES (32U << 20)

enum { REVISION = 2 };

/* A document as it was read last. */
struct page {
    struct um_name hash;
    struct um_arena arena;
    struct um_val value;
    bool here;
};

/* A search for those that changed a place. */
struct search {
    struct um_node *node;
    struct um_buf pointer; /* into documents */
    struct page page[2];   /* of a revision, of its parent */
    size_t bytes;          /* that were read */
    size_t unread;         /* revisions whose documents are not here */
    bool over;             /* enough was read */
};

bool um_revisions_named(struct um_node *n, struct um_http_req *req, size_t i,
                        const struct um_past **out)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_str text;
    bool found = um_segment_get(req, &a, i, &text) &&
                 um_which_revision(n, req, text, out);

    um_arena_fini(&a);
    return found;
}

void um_revisions_show(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    const struct um_past *p;
    struct um_json j;

    if (n != NULL && um_revisions_named(n, req, REVISION, &p)) {
        um_json_init(&j);
        um_views_past(n, &j, p);
        um_answer_json(req, 200, &j);
    }
}

/* People write paths as of requests, or pointers into the document. */
static bool read_pointer(const char *text, struct um_buf *out)
{
    static const char *const parts[] = {"/base",         "/overlays",
                                        "/certificates", "/js_modules",
                                        "/variables",    "/probes"};
    struct um_str s = um_str(text);

    if (s.len > 0 && s.p[0] != '/') {
        return false;
    }
    if (um_str_starts(s, UM_STR("/config"))) {
        s = um_str_skip(s, 7);
        um_buf_text(out, "/base");
    } else {
        size_t i = 0;

        while (i < sizeof parts / sizeof *parts &&
               !um_str_starts(s, um_str(parts[i]))) {
            i++;
        }
        if (i == sizeof parts / sizeof *parts) {
            um_buf_text(out, "/base");
        }
    }
    if (um_str_ends(s, UM_STR("/"))) {
        s.len--;
    }
    um_buf_str(out, s);
    return um_pointer_valid(um_buf_view(out)) && !um_buf_failed(out);
}

static void page_clear(struct page *p)
{
    um_arena_fini(&p->arena);
    *p = (struct page){.arena = UM_ARENA_INIT};
}

/* Reads a document, unless it was read last. */
static void turn(struct search *s, struct page *p, const struct um_name *hash)
{
    struct um_str bytes;

    if (um_name_eq(&p->hash, hash)) {
        return;
    }
    page_clear(p);
    p->hash = *hash;
    if (um_papers_get(um_node_papers(s->node), hash, &bytes) == 0) {
        s->bytes += bytes.len;
        p->here = um_doc_parse(bytes, &p->arena, &p->value, NULL) == 0;
    }
}

static const struct um_val *at(const struct search *s, struct page *p)
{
    const struct um_val *v = NULL;

    return um_pointer_get(&p->arena, &p->value, um_buf_view(&s->pointer), &v) ==
                   0
               ? v
               : NULL;
}

/* Whether a revision changed the place. */
static bool changed(struct search *s, const struct um_past *p)
{
    const struct um_history *h = &um_node_model(s->node)->history;
    const struct um_past *parent =
        p->rev.parents_n > 0 ? um_history_at(h, p->parents[0]) : NULL;
    const struct um_val *now, *before = NULL;

    if (parent != NULL && um_name_eq(&parent->rev.doc, &p->rev.doc)) {
        return false;
    }
    if (um_name_eq(&s->page[1].hash, &p->rev.doc)) { /* most are in a row */
        struct page was = s->page[0];

        s->page[0] = s->page[1];
        s->page[1] = was;
    }
    turn(s, &s->page[0], &p->rev.doc);
    if (parent != NULL) {
        turn(s, &s->page[1], &parent->rev.doc);
    }
    s->over = s->bytes > READ_BYTES;
    if (!s->page[0].here || (parent != NULL && !s->page[1].here)) {
        s->unread++;
        return false;
    }
    now = at(s, &s->page[0]);
    if (parent != NULL) {
        before = at(s, &s->page[1]);
    }
    return now != NULL && before != NULL ? !um_val_same(now, before)
                                         : now != before;
}

static void show(struct um_node *n, struct um_json *j, const struct um_past *p)
{
    um_json_open(j, NULL, '{');
    um_views_past(n, j, p);
    um_json_close(j, '}');
}

static void find(struct search *s, struct um_json *j, size_t limit)
{
    const struct um_history *h = &um_node_model(s->node)->history;
    size_t i, found = 0;

    um_json_open(j, "revisions", '[');
    for (i = 0; i < h->revs_n && found < limit && !s->over; i++) {
        const struct um_past *p = um_history_ranked(h, i);

        if (changed(s, p)) {
            show(s->node, j, p);
            found++;
        }
    }
    um_json_close(j, ']');
    um_json_uint(j, "unread", s->unread);
    if (i < h->revs_n) {
        um_views_revision(s->node, j, "older",
                          &um_history_ranked(h, i)->rev.id);
    }
}

/* Those that changed a place. */
static void search(struct um_node *n, struct um_http_req *req, size_t limit)
{
    struct search s = {.node = n, .pointer = UM_BUF_INIT};
    struct um_json j;

    if (!read_pointer(um_http_query(req, "path"), &s.pointer)) {
        um_answer_error(req, 400, "Invalid request.",
                        "path is a JSON pointer, such as /routes/0.");
    } else {
        um_json_init(&j);
        find(&s, &j, limit);
        um_answer_json(req, 200, &j);
    }
    page_clear(&s.page[0]);
    page_clear(&s.page[1]);
    um_buf_fini(&s.pointer);
}

void um_revisions_list(struct um_daemon *d, struct um_http_req *req)
{
    struct um_node *n = um_wait_any_node(d, req);
    const char *text = um_http_query(req, "limit");
    int64_t limit = text != NULL ? um_str_decimal(um_str(text)) : SHOWN;
    struct um_json j;

    if (n == NULL) {
        return;
    }
    if (limit <= 0) {
        um_answer_error(req, 400, "Invalid request.", "limit is a number.");
        return;
    }
    limit = limit < SHOWN ? limit : SHOWN;
    if (um_http_query(req, "path") != NULL) {
        search(n, req, (size_t)limit);
        return;
    }
    um_json_init(&j);
    um_views_revisions(n, &j, (size_t)limit);
    um_answer_json(req, 200, &j);
}
