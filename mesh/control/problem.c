/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Mistakes. Happy path: members that have something to say, in Unit's order.
 * Failure mode: no memory.
 */
#include "mesh/control/problem.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

enum { MEMBERS_MAX = 12 };

/* An object in the making. */
struct object {
    struct um_member m[MEMBERS_MAX];
    uint32_t count;
};

static void add(struct object *o, const char *name, struct um_val v)
{
    assert(o->count < MEMBERS_MAX);
    o->m[o->count++] = (struct um_member){um_str(name), v};
}

static void add_text(struct object *o, const char *name, struct um_str s)
{
    if (s.len > 0)
        add(o, name, um_val_string(s));
}

static void add_number(struct object *o, const char *name, struct um_str s)
{
    if (s.len > 0)
        add(o, name, (struct um_val){.kind = UM_VAL_NUMBER, .text = s});
}

static struct um_val value(struct object *o)
{
    struct um_val v = {.kind = UM_VAL_OBJECT, .count = o->count};

    v.members = (struct um_members){o->m, MEMBERS_MAX};
    return v;
}

bool um_problem_located(const struct um_problem *p)
{
    return p->offset.len > 0 || p->of != NULL || (p->has_pointer && !p->quiet);
}

static bool number(struct um_arena *a, size_t n, struct um_str *out)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%zu", n);
    return um_arena_dup(a, um_str(text), out);
}

bool um_problem_json(struct um_arena *a, const struct um_doc_error *err,
                     struct um_problem *out)
{
    *out = (struct um_problem){
        .status = 400,
        .error = UM_STR("Invalid JSON."),
        .detail = um_str(err->text),
        .has_pointer = err->has_pointer,
        .quiet = true,
        .pointer = err->pointer,
    };
    return number(a, err->at, &out->offset) &&
           (err->line == 0 || (number(a, err->line, &out->line) &&
                               number(a, err->column, &out->column)));
}

static struct um_str text_of(const struct um_val *v, const char *name,
                             enum um_val_kind kind)
{
    v = v != NULL ? um_val_member(v, um_str(name)) : NULL;
    return v != NULL && v->kind == kind ? v->text : um_str_n(NULL, 0);
}

int um_problem_read(struct um_arena *a, struct um_str body,
                    struct um_problem *out)
{
    const struct um_val *at, *pointer;
    struct um_val v;
    int rc = um_doc_parse(body, a, &v, NULL);

    *out = (struct um_problem){.status = 0};
    if (rc != 0)
        return rc == P2P_ENOMEM ? rc : P2P_EFORMAT;
    at = um_val_member(&v, UM_STR("location"));
    out->error = text_of(&v, "error", UM_VAL_STRING);
    out->detail = text_of(&v, "detail", UM_VAL_STRING);
    out->suggestion = text_of(&v, "suggestion", UM_VAL_STRING);
    out->offset = text_of(at, "offset", UM_VAL_NUMBER);
    out->line = text_of(at, "line", UM_VAL_NUMBER);
    out->column = text_of(at, "column", UM_VAL_NUMBER);
    pointer = at != NULL ? um_val_member(at, UM_STR("path")) : NULL;
    out->has_pointer = pointer != NULL && pointer->kind == UM_VAL_STRING;
    if (out->has_pointer)
        out->pointer = pointer->text;
    return out->error.len > 0 ? 0 : P2P_EFORMAT;
}

/* The phrase of a status: the title of a problem without a type. */
static const char *phrase_of(unsigned status)
{
    switch (status) {
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 428:
            return "Precondition Required";
        default:
            return "Internal Server Error";
    }
}

static void add_place(struct object *o, const struct um_problem *p)
{
    add_number(o, "offset", p->offset);
    add_number(o, "line", p->line);
    add_number(o, "column", p->column);
}

static struct um_val plain(const struct um_problem *p, struct object *o,
                           struct object *at)
{
    add_text(o, "error", p->error);
    add_text(o, "detail", p->detail);
    if (um_problem_located(p)) {
        add_place(at, p);
        if (p->has_pointer && !p->quiet)
            add(at, "path", um_val_string(p->pointer));
        if (p->of != NULL)
            add_text(at, "of", um_str(p->of));
        add(o, "location", value(at));
    }
    add_text(o, "suggestion", p->suggestion);
    return value(o);
}

static struct um_val rfc9457(struct um_arena *a, const struct um_problem *p,
                             struct object *o)
{
    struct um_str status = {NULL, 0};

    if (!number(a, p->status, &status))
        return um_val_null();
    add_text(o, "type", UM_STR("about:blank"));
    add_text(o, "title", um_str(phrase_of(p->status)));
    add_number(o, "status", status);
    add_text(o, "detail", p->detail.len > 0 ? p->detail : p->error);
    add_text(o, "error", p->error);
    if (p->has_pointer)
        add(o, "pointer", um_val_string(p->pointer));
    if (p->of != NULL || p->quiet)
        add_text(o, "of", um_str(p->of != NULL ? p->of : "body"));
    add_place(o, p);
    add_text(o, "suggestion", p->suggestion);
    return value(o);
}

int um_problem_write(struct um_arena *a, const struct um_problem *p,
                     bool problem, struct um_str *out)
{
    struct object o = {.count = 0};
    struct object at = {.count = 0};
    struct um_val v = problem ? rfc9457(a, p, &o) : plain(p, &o, &at);
    struct um_buf text = UM_BUF_INIT;
    bool ok;

    assert(p->status >= 400 && p->error.len > 0);
    ok = v.kind == UM_VAL_OBJECT && um_doc_print_pretty(&text, &v) == 0 &&
         um_arena_dup(a, um_buf_view(&text), out);
    um_buf_fini(&text);
    return ok ? 0 : P2P_ENOMEM;
}
