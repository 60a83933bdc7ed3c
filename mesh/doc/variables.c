/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Variables. The configuration is walked with its pointer; a container is made
 * anew, what has no braces is shared. What is put in is counted as it is, so
 * a hundred thousand references to one large value end at the cap and not in
 * its product. Failure modes: what a person wrote wrong, with the pointer of
 * the string; over a cap; no memory.
 */
#include "mesh/doc/variables.h"

#include <assert.h>

#include "mesh/doc/names.h"
#include "mesh/doc/pointer.h"
#include "p2p/err.h"

struct filler {
    struct um_arena *arena;
    const struct um_variables *from;
    struct um_names names; /* of the document's variables */
    struct um_buf pointer;
    struct um_buf text; /* under construction */
    size_t depth;
    size_t members; /* put in so far */
    size_t bytes;
    const char *why;
};

/* A piece of a string: bytes as they are, or a variable's name. */
struct piece {
    struct um_str text;
    bool variable;
};

static int fill(struct filler *f, const struct um_val *v, struct um_val *out);

static int fail(struct filler *f, int rc, const char *why)
{
    f->why = why;
    return rc;
}

static bool name_char(char c, bool dots)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || (dots && c == '.');
}

static bool is_name(struct um_str s, bool dots)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!name_char(s.p[i], dots))
            return false;
    }
    return s.len > 0 && s.len <= UM__CAP_DOC_VARIABLE_BYTES;
}

bool um_variables_name(struct um_str s)
{
    return is_name(s, false);
}

bool um_variables_sealed(const struct um_val *v)
{
    return v->kind == UM_VAL_OBJECT && v->count == 1 &&
           um_str_eq(v->members.p[0].name, UM_STR("sealed"));
}

/* Where "{{" first stands in s, or s.len. */
static size_t find_braces(struct um_str s)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        if (s.p[i] == '{' && s.p[i + 1] == '{')
            return i;
    }
    return s.len;
}

static struct um_str trim(struct um_str s)
{
    while (s.len > 0 && s.p[0] == ' ')
        s = um_str_skip(s, 1);
    while (s.len > 0 && s.p[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* Takes the next piece off s. */
static int take(struct filler *f, struct um_str *s, struct piece *out)
{
    size_t n = find_braces(*s);
    struct um_str name;

    *out = (struct piece){um_str_head(*s, n), false};
    if (n > 0) {
        *s = um_str_skip(*s, n);
        return 0;
    }
    if (um_str_starts(*s, UM_STR("{{{{"))) {
        out->text = um_str_head(*s, 2);
        *s = um_str_skip(*s, 4);
        return 0;
    }
    name = um_str_skip(*s, 2);
    n = um_str_find(name, '}');
    out->text = trim(um_str_head(name, n));
    out->variable = true;
    if (!um_str_starts(um_str_skip(name, n), UM_STR("}}")) ||
        !is_name(out->text, true))
        return fail(f, P2P_EFORMAT,
                    "Two braces begin a variable, {{name}}; two that do not "
                    "are written as four.");
    *s = um_str_skip(name, n + 2);
    return 0;
}

int um_variables_next(struct um_str *rest, struct um_str *name)
{
    struct filler none = {.depth = 0};
    struct piece piece = {.variable = false};
    int rc = 0;

    while (rc == 0 && rest->len > 0 && !piece.variable)
        rc = take(&none, rest, &piece);
    *name = piece.variable ? piece.text : um_str_n(NULL, 0);
    return rc;
}

bool um_variables_of_node(struct um_str name)
{
    return um_str_eq(name, UM_STR("node.id")) ||
           um_str_eq(name, UM_STR("node.name")) ||
           um_str_starts(name, UM_STR("label."));
}

/* The value of a fact of the node; false if there is none. */
static bool find_fact(const struct um_node_facts *node, struct um_str name,
                      struct um_val *out)
{
    struct um_str s = {NULL, 0};

    if (um_str_eq(name, UM_STR("node.id")))
        s = node->id;
    else if (um_str_eq(name, UM_STR("node.name")))
        s = node->name;
    else if (um_str_starts(name, UM_STR("label.")))
        s = um_selector_label(node, um_str_skip(name, 6));
    *out = um_val_string(s);
    return s.p != NULL;
}

static int find(struct filler *f, struct um_str name, struct um_val *out)
{
    const struct um_variables *from = f->from;
    const struct um_member *m;
    int rc;

    if (find_fact(from->node, name, out))
        return 0;
    m = um_names_find(&f->names, name);
    if (m == NULL)
        return fail(f, P2P_ENOTFOUND, "There is no such variable.");
    if (!um_variables_sealed(&m->value)) {
        *out = m->value;
        return 0;
    }
    rc = from->secrets != NULL ? from->secrets->open(from->secrets->user, name,
                                                     &m->value, f->arena, out)
                               : P2P_EACCES;
    if (rc == P2P_EACCES)
        return fail(f, rc, "This secret can't be opened here.");
    return rc;
}

/* Counts what is put in. */
static int charge(struct filler *f, const struct um_val_size *s)
{
    f->members += s->members;
    f->bytes += s->bytes;
    if (f->members > UM__CAP_DOC_MEMBERS || f->bytes > UM__CAP_DOC_BYTES ||
        f->depth + s->depth > UM__CAP_DOC_DEPTH)
        return fail(f, P2P_ELIMIT, "The document would be too large.");
    return 0;
}

/* Puts the text of a value into the text under construction. */
static int put_text(struct filler *f, const struct um_val *v)
{
    switch (v->kind) {
        case UM_VAL_STRING:
        case UM_VAL_NUMBER:
            um_buf_str(&f->text, v->text);
            return 0;
        case UM_VAL_BOOL:
            um_buf_text(&f->text, v->count != 0 ? "true" : "false");
            return 0;
        default:
            return fail(f, P2P_EFORMAT,
                        "A value that is no string, number or boolean can't "
                        "stand inside of text.");
    }
}

/* Makes the text of s with its variables; s has braces. */
static int fill_text(struct filler *f, struct um_str s, struct um_str *out)
{
    struct um_val_size made = {0, 0, 0};
    int rc = 0;

    um_buf_clear(&f->text);
    while (s.len > 0 && rc == 0 && f->text.len <= UM__CAP_DOC_BYTES) {
        struct piece piece;
        struct um_val v;

        rc = take(f, &s, &piece);
        if (rc == 0 && !piece.variable)
            um_buf_str(&f->text, piece.text);
        if (rc != 0 || !piece.variable)
            continue;
        rc = find(f, piece.text, &v);
        if (rc == 0)
            rc = put_text(f, &v);
    }
    made.bytes = f->text.len;
    if (rc == 0)
        rc = charge(f, &made);
    if (rc == 0 && (um_buf_failed(&f->text) ||
                    !um_arena_dup(f->arena, um_buf_view(&f->text), out)))
        rc = P2P_ENOMEM;
    return rc;
}

static int fill_string(struct filler *f, struct um_str s, struct um_val *out)
{
    struct um_str rest = s;
    struct piece piece;
    struct um_val_size size;
    int rc;

    *out = um_val_string(s);
    if (find_braces(s) == s.len)
        return 0;
    rc = take(f, &rest, &piece);
    if (rc != 0)
        return rc;
    if (!piece.variable || rest.len > 0)
        return fill_text(f, s, &out->text);
    rc = find(f, piece.text, out);
    if (rc != 0)
        return rc;
    size = um_val_measure(out);
    return charge(f, &size);
}

/* Two names that were different may not become one. */
static int check_names(struct filler *f, const struct um_val *v)
{
    struct um_names names;

    if (!um_names_init(&names, f->arena, v))
        return P2P_ENOMEM;
    for (size_t i = 0; i < v->count; i++) {
        const struct um_member *m = &v->members.p[i];

        if (um_names_find(&names, m->name) != m)
            return fail(f, P2P_EEXIST,
                        "Two members have one name with these variables.");
    }
    return 0;
}

static int fill_object(struct filler *f, const struct um_val *v,
                       struct um_val *out)
{
    size_t len = f->pointer.len;
    bool changed = false;
    int rc;

    if (!um_val_object(f->arena, v->count, out))
        return P2P_ENOMEM;
    for (size_t i = 0; i < v->count; i++) {
        struct um_member *to = &out->members.p[i];

        *to = v->members.p[i];
        um_pointer_add(&f->pointer, to->name);
        rc = 0;
        if (find_braces(to->name) < to->name.len) {
            changed = true;
            rc = fill_text(f, v->members.p[i].name, &to->name);
        }
        if (rc == 0)
            rc = fill(f, &v->members.p[i].value, &to->value);
        if (rc != 0)
            return rc;
        f->pointer.len = len;
    }
    return changed ? check_names(f, out) : 0;
}

static int fill_array(struct filler *f, const struct um_val *v,
                      struct um_val *out)
{
    size_t len = f->pointer.len;

    if (!um_val_array(f->arena, v->count, out))
        return P2P_ENOMEM;
    for (size_t i = 0; i < v->count; i++) {
        int rc;

        um_pointer_add_index(&f->pointer, i);
        rc = fill(f, &v->items.p[i], &out->items.p[i]);
        if (rc != 0)
            return rc;
        f->pointer.len = len;
    }
    return 0;
}

static int fill(struct filler *f, const struct um_val *v, struct um_val *out)
{
    int rc;

    if (v->kind == UM_VAL_STRING)
        return fill_string(f, v->text, out);
    *out = *v;
    if (!um_val_nests(v))
        return 0;
    f->depth++;
    rc = v->kind == UM_VAL_OBJECT ? fill_object(f, v, out)
                                  : fill_array(f, v, out);
    f->depth--;
    return rc;
}

int um_variables_apply(struct um_arena *a, const struct um_val *config,
                       const struct um_variables *from, struct um_val *out,
                       struct um_doc_error *err)
{
    static const struct um_val none = {.kind = UM_VAL_OBJECT};
    const struct um_val v = *config; /* which may be *out */
    struct filler f = {.arena = a, .from = from};
    struct um_str pointer;
    int rc = um_val_check(&v);

    if (rc == 0 &&
        !um_names_init(&f.names, a,
                       from->document != NULL ? from->document : &none))
        rc = P2P_ENOMEM;
    if (rc == 0)
        rc = fill(&f, &v, out);
    if (rc == 0 && um_val_check(out) != 0)
        rc = P2P_ELIMIT;
    if (rc == P2P_ELIMIT)
        f.why = "The document would be too large.";
    if (um_buf_failed(&f.pointer) ||
        !um_arena_dup(a, um_buf_view(&f.pointer), &pointer))
        rc = P2P_ENOMEM;
    else if (rc != 0 && rc != P2P_ENOMEM)
        um_doc_error_at(err, f.why, pointer);
    um_buf_fini(&f.pointer);
    um_buf_fini(&f.text);
    return rc;
}
