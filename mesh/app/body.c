/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See body.h. Bodies of people are small; what is too deep or too long, the
 * parser says. */
#include "mesh/app/body.h"

#include <stdio.h>

#include "mesh/app/answer.h"
#include "mesh/base/utf8.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/pointer.h"

/* Bytes of a name as it is told; a longer one is cut. */
enum { SHOWN_BYTES = 64 };

/* How a value of each kind is called. */
static const char *const wanted[] = {[UM_VAL_NULL] = "must be null",
                                     [UM_VAL_BOOL] = "must be true or false",
                                     [UM_VAL_NUMBER] = "must be a number",
                                     [UM_VAL_STRING] = "must be a string",
                                     [UM_VAL_ARRAY] = "must be an array",
                                     [UM_VAL_OBJECT] = "must be an object"};

static void refuse(struct um_http_req *req, struct um_str name, const char *why)
{
    struct um_buf pointer = UM_BUF_INIT;
    char shown[SHOWN_BYTES + 1], text[SHOWN_BYTES + 100];
    struct um_str head = um_str_head(name, SHOWN_BYTES);

    (void)snprintf(shown, sizeof shown, "%.*s", (int)head.len, head.p);
    um_utf8_harmless(shown);
    (void)snprintf(text, sizeof text, "\"%s\" %s: nothing was done.", shown,
                   why);
    um_pointer_add(&pointer, name);
    um_answer_located(req, "Invalid request.", text, "body",
                      um_buf_view(&pointer));
    um_buf_fini(&pointer);
}

/* Whether a member is one that means something. */
static bool check(struct um_http_req *req, const struct um_body_member *may,
                  const struct um_member *m)
{
    while (may->name != NULL && !um_str_eq(um_str(may->name), m->name)) {
        may++;
    }
    if (may->name == NULL) {
        refuse(req, m->name, "means nothing here");
        return false;
    }
    if (may->kind != m->value.kind) {
        refuse(req, m->name, wanted[may->kind]);
    }
    return may->kind == m->value.kind;
}

bool um_body_read(struct um_http_req *req, struct um_arena *a,
                  const struct um_body_member *may, struct um_val *out)
{
    size_t len;
    const char *body = um_http_body(req, &len);
    struct um_str text = len > 0 ? um_str_n(body, len) : UM_STR("{}");
    struct um_doc_error err = {0};

    if (um_doc_parse(text, a, out, &err) != 0) {
        um_answer_error(req, 400, "Invalid JSON.", err.text);
        return false;
    }
    if (out->kind != UM_VAL_OBJECT) {
        um_answer_error(req, 400, "The body must be a JSON object.", NULL);
        return false;
    }
    for (size_t i = 0; may != NULL && i < out->count; i++) {
        if (!check(req, may, &out->members.p[i])) {
            return false;
        }
    }
    return true;
}

bool um_body_none(struct um_http_req *req)
{
    static const struct um_body_member none[] = {{NULL, UM_VAL_NULL}};
    struct um_arena a = UM_ARENA_INIT;
    struct um_val ignored;
    bool nothing = um_body_read(req, &a, none, &ignored);

    um_arena_fini(&a);
    return nothing;
}

struct um_str um_body_text(const struct um_val *body, const char *name)
{
    const struct um_val *v = um_val_member(body, um_str(name));

    return v != NULL && v->kind == UM_VAL_STRING ? v->text : um_str_n(NULL, 0);
}

uint64_t um_body_number(const struct um_val *body, const char *name,
                        uint64_t otherwise)
{
    const struct um_val *v = um_val_member(body, um_str(name));
    int64_t n =
        v != NULL && v->kind == UM_VAL_NUMBER ? um_str_decimal(v->text) : 0;

    return v == NULL ? otherwise : n > 0 ? (uint64_t)n : 0;
}

bool um_body_true(const struct um_val *body, const char *name)
{
    const struct um_val *v = um_val_member(body, um_str(name));

    return v != NULL && v->kind == UM_VAL_BOOL && v->count == 1;
}
