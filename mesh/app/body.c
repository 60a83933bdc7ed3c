/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See body.h. Bodies of people are small; what is too deep or too long, the
 * parser says. */
#include "mesh/app/body.h"

#include "mesh/app/answer.h"
#include "mesh/doc/parse.h"

bool um_body_read(struct um_http_req *req, struct um_arena *a,
                  struct um_val *out)
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
    return true;
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
