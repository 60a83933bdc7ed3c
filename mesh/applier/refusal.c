/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See refusal.h. */
#include "mesh/applier/refusal.h"

#include "mesh/doc/parse.h"

static bool is_text(const struct um_val *v)
{
    return v != NULL && v->kind == UM_VAL_STRING && v->text.len > 0;
}

static const struct um_val *member(const struct um_val *v, struct um_str name)
{
    return v != NULL ? um_val_member(v, name) : NULL;
}

/* " at line 1, column 2", or " at /routes/0". */
static void add_location(struct um_buf *out, const struct um_val *location)
{
    const struct um_val *path = member(location, UM_STR("path"));
    const struct um_val *line = member(location, UM_STR("line"));
    const struct um_val *column = member(location, UM_STR("column"));

    if (is_text(path)) {
        um_buf_text(out, " at ");
        um_buf_str(out, path->text);
    } else if (line != NULL && line->kind == UM_VAL_NUMBER && column != NULL &&
               column->kind == UM_VAL_NUMBER) {
        um_buf_fmt(out, " at line %.*s, column %.*s", UM_STR_ARG(line->text),
                   UM_STR_ARG(column->text));
    }
}

void um_refusal_unit(struct um_buf *out, const char *text)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_val v = {0};
    const struct um_val *error, *detail;

    if (um_doc_parse(um_str(text), &a, &v, NULL) != 0)
        v = um_val_null();
    error = um_val_member(&v, UM_STR("error"));
    detail = um_val_member(&v, UM_STR("detail"));
    um_buf_str(out, is_text(error) ? error->text : um_str(text));
    if (is_text(error) && is_text(detail)) {
        um_buf_byte(out, ' ');
        um_buf_str(out, detail->text);
    }
    add_location(out, um_val_member(&v, UM_STR("location")));
    um_arena_fini(&a);
}

void um_refusal_policy(struct um_buf *out, const struct um_problems *found)
{
    const struct um_problem *p = um_problems_error(found);
    size_t errors = found->found[UM_PROBLEM_ERROR];

    um_buf_text(out, UM_REFUSAL_POLICY);
    um_buf_text(out, p != NULL ? p->text : "It is refused.");
    if (p != NULL && p->pointer.len > 0) {
        um_buf_text(out, " at ");
        um_buf_str(out, p->pointer);
    }
    if (errors > 1)
        um_buf_fmt(out, " (and %zu more)", errors - 1);
}
