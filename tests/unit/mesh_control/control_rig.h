/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests on a document in tests. */
#ifndef TESTS_UNIT_MESH_CONTROL_CONTROL_RIG_H
#define TESTS_UNIT_MESH_CONTROL_CONTROL_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "mesh/control/control.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

#define HASH_A \
    "9f3c0a12000000000000000000000000000000000000000000000000000000aa"
#define HASH_B \
    "77770a12000000000000000000000000000000000000000000000000000000bb"

/* A document in force, a node, and the request that is made. */
struct rig {
    struct um_arena arena;
    struct um_val document;
    struct um_control_node node;
    struct um_control_vault vault;
    struct um_control_state state;
    struct um_control_request
        req; /* method, path and body are set by rig_ask */
    struct um_control_answer out;
    struct um_buf text;   /* of the last rig_body */
    const char *bytes[2]; /* what the vault has for HASH_A and HASH_B */
};

static inline int rig_read(void *user, enum um_bundle_kind kind,
                           struct um_str hash, struct um_buf *out)
{
    const struct rig *r = user;
    bool a = um_str_eq(hash, UM_STR(HASH_A));
    const char *bytes = a ? r->bytes[0] : r->bytes[1];

    (void)kind;
    if ((!a && !um_str_eq(hash, UM_STR(HASH_B))) || bytes == NULL)
        return P2P_ENOTFOUND;
    um_buf_text(out, bytes);
    return 0;
}

static inline void rig_document(struct rig *r, struct um_str text)
{
    struct um_doc_error err = {.text = ""};

    if (um_doc_parse(text, &r->arena, &r->document, &err) != 0)
        fail_msg("%.*s: %s", UM_STR_ARG(text), err.text);
}

static inline void rig_init(struct rig *r, const char *document)
{
    static const struct um_label labels[] = {
        {UM_STR_INIT("rack"), UM_STR_INIT("a/1")}};

    *r = (struct rig){.arena = UM_ARENA_INIT};
    rig_document(r, um_str(document));
    r->node = (struct um_control_node){
        .facts = {UM_STR("12D3KooWTest"), UM_STR("web1"), labels, 1},
        .flavour = UM_STANDIN_FREEUNIT,
        .njs = true};
    r->vault = (struct um_control_vault){r, rig_read};
    r->state = (struct um_control_state){.document = &r->document,
                                         .revision = UM_STR("r7.00ff"),
                                         .node = &r->node,
                                         .vault = &r->vault};
}

static inline void rig_fini(struct rig *r)
{
    um_buf_fini(&r->text);
    um_arena_fini(&r->arena);
}

/* Asks with what r->req has besides; the status. */
static inline unsigned rig_ask(struct rig *r, const char *method,
                               const char *path, const char *body)
{
    r->req.method = um_str(method);
    r->req.path = um_str(path);
    r->req.body = um_str(body);
    um_control_answer(&r->arena, &r->state, &r->req, &r->out);
    return r->out.status;
}

/* A view as a C string, valid until the next call. */
static inline const char *rig_str(struct rig *r, struct um_str s)
{
    um_buf_clear(&r->text);
    um_buf_str(&r->text, s);
    um_buf_byte(&r->text, '\0');
    return r->text.p;
}

/* The body of the last answer, compact. */
static inline const char *rig_body(struct rig *r)
{
    struct um_val v;

    if (um_doc_parse(r->out.body, &r->arena, &v, NULL) != 0)
        fail_msg("no JSON: %.*s", UM_STR_ARG(r->out.body));
    um_buf_clear(&r->text);
    assert_int_equal(um_doc_print(&r->text, &v), 0);
    um_buf_byte(&r->text, '\0');
    return r->text.p;
}

/* The document in force, compact. */
static inline const char *rig_now(struct rig *r)
{
    um_buf_clear(&r->text);
    assert_int_equal(um_doc_print(&r->text, &r->document), 0);
    um_buf_byte(&r->text, '\0');
    return r->text.p;
}

/* Keeps what the last answer made. */
static inline void rig_keep(struct rig *r)
{
    assert_int_equal(r->out.kind, UM_CONTROL_CHANGE);
    rig_document(r, r->out.document);
}

/* A change that is made. */
static inline void rig_change(struct rig *r, const char *method,
                              const char *path, const char *body)
{
    if (rig_ask(r, method, path, body) != 200)
        fail_msg("%s %s: %s", method, path, rig_body(r));
    rig_keep(r);
}

/* An answer, its body compact. */
static inline void rig_expect(struct rig *r, unsigned status, const char *body)
{
    if (r->out.status != status || strcmp(rig_body(r), body) != 0)
        fail_msg("%.*s %.*s: %u %s\nwant %u %s", UM_STR_ARG(r->req.method),
                 UM_STR_ARG(r->req.path), r->out.status, rig_body(r), status,
                 body);
    assert_int_equal(r->out.kind, r->out.document.p != NULL && !r->out.dry_run
                                      ? UM_CONTROL_CHANGE
                                      : UM_CONTROL_ANSWER);
}

#endif
