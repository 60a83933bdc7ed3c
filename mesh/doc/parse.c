/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The parser. The text is copied into the arena once, strings are decoded in
 * their own place, and names and texts point into the copy. A stack of frames
 * stands for the open containers; their members wait in one list, a container
 * behind its own entry, until it closes and takes them along. Happy path:
 * value, comma, value, until the root is closed.
 *
 * Failure modes: the first mistake of the text ends it. A name that comes
 * twice is noticed when its object closes, or at a mistake behind it, which
 * it comes before; so objects of any size cost a sort, and no table that a
 * stranger could fill badly. No memory.
 */
#include "mesh/doc/parse.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/base/mem.h"
#include "mesh/doc/number.h"
#include "mesh/doc/pointer.h"
#include "mesh/doc/text.h"
#include "p2p/err.h"

#define VALUE_KINDS                                                           \
    "It must be either a literal (null, true, or false), a number, a string " \
    "(in double quotes \"\"), an array (with brackets []), or an object "     \
    "(with braces {})."

enum { FEW_NAMES = 8 /* compared each with each */ };

/* An open container. */
struct frame {
    bool object;
    size_t first; /* of its members in the list; its own entry is before it */
};

/* A member, or an element, which has no name. The last one may be open. */
struct waiting {
    struct um_str name;
    size_t name_at;
    struct um_val value;
};

struct parser {
    struct um_str text; /* the copy */
    char *bytes;        /* the same, to decode into */
    size_t at;
    struct um_arena *arena;
    const char *wrong; /* the mistake, if there is one */
    size_t wrong_at;
    size_t twice_at;       /* of the first name that comes again */
    struct um_buf pointer; /* of the mistake */
    struct frame frames[UM__CAP_DOC_DEPTH];
    size_t depth;
    struct waiting *list;
    size_t count;
    size_t room;
    size_t members; /* of all containers */
    bool only_look; /* make nothing: a member is forgotten as it is read */
};

static int fail(struct parser *ps, size_t at, const char *text)
{
    assert(at <= ps->text.len && ps->wrong == NULL);
    ps->wrong = text;
    ps->wrong_at = at;
    return P2P_EFORMAT;
}

/* Where the comment at i ends; 0 if it does not end, or is none. */
static size_t comment_end(struct um_str s, size_t i)
{
    struct um_str rest = um_str_skip(s, i + 2);
    size_t n;

    if (i + 1 < s.len && s.p[i + 1] == '/') {
        n = um_str_find(rest, '\n');
        return n < rest.len ? i + 2 + n + 1 : 0;
    }
    if (i + 1 >= s.len || s.p[i + 1] != '*')
        return 0;
    for (n = 0; n + 1 < rest.len; n++) {
        if (rest.p[n] == '*' && rest.p[n + 1] == '/')
            return i + 2 + n + 2;
    }
    return 0;
}

/* Behind white space and comments; stops at a comment that does not end. */
static void skip_space(struct parser *ps)
{
    while (ps->at < ps->text.len) {
        char c = ps->text.p[ps->at];
        size_t end;

        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ps->at++;
            continue;
        }
        end = c == '/' ? comment_end(ps->text, ps->at) : 0;
        if (end == 0)
            return;
        ps->at = end;
    }
}

/* Begins a member; its value is set later. */
static int append(struct parser *ps, struct um_str name, size_t name_at)
{
    if (ps->count == ps->room) {
        size_t room = ps->room > 0 ? ps->room * 2 : 64;
        struct waiting *more =
            um_mem_realloc(ps->list, room * sizeof(*ps->list));

        if (more == NULL)
            return P2P_ENOMEM;
        ps->list = more;
        ps->room = room;
    }
    ps->list[ps->count++] = (struct waiting){name, name_at, um_val_null()};
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct waiting *x = *(const struct waiting *const *)a;
    const struct waiting *y = *(const struct waiting *const *)b;
    size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
    int cmp = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;

    if (cmp != 0)
        return cmp;
    if (x->name.len != y->name.len)
        return x->name.len < y->name.len ? -1 : 1;
    return x < y ? -1 : 1;
}

/* Writes the pointer of the container that is the depth-th open one. */
static void point_at(struct parser *ps, size_t depth)
{
    um_buf_clear(&ps->pointer);
    for (size_t i = 1; i < depth; i++) {
        const struct frame *parent = &ps->frames[i - 1];
        size_t own = ps->frames[i].first - 1;

        if (parent->object)
            um_pointer_add(&ps->pointer, ps->list[own].name);
        else
            um_pointer_add_index(&ps->pointer, own - parent->first);
    }
}

static void note_twice(struct parser *ps, size_t depth, const struct waiting *w)
{
    if (w->name_at >= ps->twice_at)
        return;
    ps->twice_at = w->name_at;
    point_at(ps, depth);
    um_pointer_add(&ps->pointer, w->name);
}

/*
 * Notes where a name of the depth-th open container comes again; its members
 * are those of the list up to end.
 */
static int find_twice(struct parser *ps, size_t depth, size_t end)
{
    size_t first = ps->frames[depth - 1].first;
    size_t n = end - first;
    const struct waiting **order;

    for (size_t i = first + 1; n <= FEW_NAMES && i < end; i++) {
        for (size_t j = first; j < i; j++) {
            if (um_str_eq(ps->list[i].name, ps->list[j].name))
                note_twice(ps, depth, &ps->list[i]);
        }
    }
    if (n <= FEW_NAMES)
        return 0;
    order = um_mem_alloc(n * sizeof(*order));
    if (order == NULL)
        return P2P_ENOMEM;
    for (size_t i = 0; i < n; i++)
        order[i] = &ps->list[first + i];
    qsort(order, n, sizeof(*order), by_name);
    for (size_t i = 1; i < n; i++) {
        if (um_str_eq(order[i - 1]->name, order[i]->name))
            note_twice(ps, depth, order[i]);
    }
    um_mem_free(order);
    return 0;
}

static int open_frame(struct parser *ps, bool object)
{
    if (ps->depth == UM__CAP_DOC_DEPTH)
        return fail(ps, ps->at,
                    "JSON nesting exceeds the maximum supported depth.");
    assert(ps->count > 0);
    ps->frames[ps->depth++] = (struct frame){object, ps->count};
    return 0;
}

/* Ends the innermost container, whose closing byte is at ps->at. */
static int close_frame(struct parser *ps)
{
    const struct frame *f = &ps->frames[ps->depth - 1];
    size_t n = ps->count - f->first;
    struct um_val v;
    int rc = f->object ? find_twice(ps, ps->depth, ps->count) : 0;

    if (rc == 0 && ps->twice_at < ps->text.len)
        rc = P2P_EFORMAT;
    n = ps->only_look ? 0 : n;
    if (rc == 0 && !(f->object ? um_val_object(ps->arena, n, &v)
                               : um_val_array(ps->arena, n, &v)))
        rc = P2P_ENOMEM;
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        const struct waiting *w = &ps->list[f->first + i];

        if (f->object)
            v.members.p[i] = (struct um_member){w->name, w->value};
        else
            v.items.p[i] = w->value;
    }
    ps->count = f->first;
    ps->list[ps->count - 1].value = v;
    ps->depth--;
    ps->at++;
    return 0;
}

static int no_value(struct parser *ps, size_t at)
{
    return fail(ps, at, "A valid JSON value is expected here.  " VALUE_KINDS);
}

static int parse_literal(struct parser *ps, struct um_str word, uint32_t truth,
                         struct um_val *out)
{
    if (!um_str_starts(um_str_skip(ps->text, ps->at), word))
        return no_value(ps, ps->at);
    ps->at += word.len;
    out->kind = word.p[0] == 'n' ? UM_VAL_NULL : UM_VAL_BOOL;
    out->count = truth;
    return 0;
}

static int parse_number(struct parser *ps, struct um_val *out)
{
    size_t begin = ps->at;
    size_t digit = begin + (ps->text.p[begin] == '-');
    struct um_number_error err;

    if (digit == ps->text.len || ps->text.p[digit] < '0' ||
        ps->text.p[digit] > '9')
        return no_value(ps, begin);
    ps->at = um_number_scan(ps->text, begin, &err);
    if (ps->at == 0)
        return fail(ps, err.at, err.text);
    if (ps->at < ps->text.len &&
        memchr(" \t\n\r,}]{[\"/", ps->text.p[ps->at], 11) == NULL)
        return no_value(ps, begin);
    out->kind = UM_VAL_NUMBER;
    out->text = um_str_n(ps->text.p + begin, ps->at - begin);
    return 0;
}

static int parse_string(struct parser *ps, struct um_str *out)
{
    char *to = ps->bytes + ps->at + 1;
    struct um_text_error err;

    out->p = to;
    if (um_text_read(ps->text, &ps->at, to, &out->len, &err) != 0)
        return fail(ps, err.at, err.text);
    return 0;
}

static int parse_scalar(struct parser *ps, struct um_val *out)
{
    switch (ps->text.p[ps->at]) {
        case '"':
            out->kind = UM_VAL_STRING;
            return parse_string(ps, &out->text);
        case 't':
            return parse_literal(ps, UM_STR("true"), 1, out);
        case 'f':
            return parse_literal(ps, UM_STR("false"), 0, out);
        case 'n':
            return parse_literal(ps, UM_STR("null"), 0, out);
        default:
            return parse_number(ps, out);
    }
}

/* Reads a name and its colon; ps->at is then at the value. */
static int parse_name(struct parser *ps)
{
    size_t name_at = ps->at;
    struct um_str name;
    int rc;

    if (ps->text.p[ps->at] != '"')
        return fail(ps, ps->at,
                    "A double quote (\") is expected here.  There must be a "
                    "valid JSON object member starts with a name, which is a "
                    "string enclosed in double quotes.");
    rc = parse_string(ps, &name);
    if (rc == 0)
        rc = append(ps, name, name_at);
    if (rc != 0)
        return rc;
    skip_space(ps);
    if (ps->at < ps->text.len && ps->text.p[ps->at] != ':')
        return fail(ps, ps->at,
                    "A colon (:) is expected here.  There must be a colon "
                    "after a JSON member name.");
    if (ps->at < ps->text.len) {
        ps->at++;
        skip_space(ps);
    }
    if (ps->at == ps->text.len)
        return fail(ps, ps->at,
                    "Unexpected end of JSON payload.  There's an object "
                    "member without a value.");
    return 0;
}

/* At the end of the text, or past white space inside of a container. */
static int check_end(struct parser *ps, bool object)
{
    skip_space(ps);
    if (ps->at < ps->text.len)
        return 0;
    return fail(ps, ps->at,
                object ? "Unexpected end of JSON payload.  There's an object "
                         "without a closing brace (})."
                       : "Unexpected end of JSON payload.  There's an array "
                         "without a closing bracket (]).");
}

static int count_member(struct parser *ps)
{
    size_t most = UM__CAP_DOC_MEMBERS;

    if (ps->only_look) {
        most = UM__CAP_DOC_LOOK_MEMBERS;
        ps->count = ps->frames[ps->depth - 1].first;
    }
    if (ps->members++ < most)
        return 0;
    return fail(ps, ps->at, "The document has too many members and elements.");
}

/* Behind an opening byte or a comma: a member, or the container's end. */
static int parse_next(struct parser *ps, bool *closed)
{
    bool object = ps->frames[ps->depth - 1].object;
    int rc;

    ps->at++;
    rc = check_end(ps, object);
    if (rc != 0)
        return rc;
    *closed = ps->text.p[ps->at] == (object ? '}' : ']');
    if (*closed)
        return close_frame(ps);
    if (!object || ps->text.p[ps->at] == '"')
        rc = count_member(ps);
    if (rc != 0)
        return rc;
    return object ? parse_name(ps) : append(ps, um_str_n(NULL, 0), ps->at);
}

/* Behind a member: ps->at is left at a comma, or behind the container. */
static int parse_after(struct parser *ps, bool *closed)
{
    bool object = ps->frames[ps->depth - 1].object;
    int rc = check_end(ps, object);

    *closed = false;
    if (rc != 0)
        return rc;
    if (ps->text.p[ps->at] == ',')
        return 0;
    *closed = ps->text.p[ps->at] == (object ? '}' : ']');
    if (*closed)
        return close_frame(ps);
    return fail(ps, ps->at,
                object
                    ? "Either a closing brace (}) or a comma (,) is expected "
                      "here.  Each JSON object must be enclosed in braces and "
                      "its members must be separated by commas."
                    : "Either a closing bracket (]) or a comma (,) is expected "
                      "here.  Each array must be enclosed in brackets and its "
                      "members must be separated by commas.");
}

/* One value, or the beginning of one: *opened. */
static int parse_one(struct parser *ps, bool *opened)
{
    char c = ps->text.p[ps->at];

    *opened = c == '{' || c == '[';
    if (*opened)
        return open_frame(ps, c == '{');
    return parse_scalar(ps, &ps->list[ps->count - 1].value);
}

static int parse_tree(struct parser *ps)
{
    bool begin; /* a member may begin: behind an opening byte or a comma */
    bool closed = false;
    int rc;

    skip_space(ps);
    if (ps->at == ps->text.len)
        return fail(ps, 0,
                    "An empty JSON payload isn't allowed.  " VALUE_KINDS);
    rc = append(ps, um_str_n(NULL, 0), 0);
    if (rc == 0)
        rc = parse_one(ps, &begin);
    while (rc == 0 && ps->depth > 0) {
        if (begin) {
            rc = parse_next(ps, &closed);
            begin = false;
            if (rc == 0 && !closed)
                rc = parse_one(ps, &begin);
        } else {
            rc = parse_after(ps, &closed);
            begin = !closed;
        }
    }
    if (rc != 0)
        return rc;
    skip_space(ps);
    if (ps->at != ps->text.len)
        return fail(ps, ps->at,
                    "Unexpected character after the end of a valid JSON "
                    "value.");
    return 0;
}

/* Names that come twice in objects that are open. */
static int find_twice_open(struct parser *ps)
{
    int rc = 0;

    for (size_t i = 0; i < ps->depth && rc == 0; i++) {
        size_t end = i + 1 < ps->depth ? ps->frames[i + 1].first : ps->count;

        if (ps->frames[i].object)
            rc = find_twice(ps, i + 1, end);
    }
    return rc;
}

/* Makes the error of what was found; text is the original. */
static int report(struct parser *ps, struct um_str text,
                  struct um_doc_error *err)
{
    struct um_str pointer;

    if (find_twice_open(ps) != 0)
        return P2P_ENOMEM;
    if (ps->twice_at < text.len) {
        um_doc_error_place(err,
                           "Duplicate object member.  All JSON object members "
                           "must have unique names.",
                           text, ps->twice_at);
    } else {
        point_at(ps, ps->depth);
        um_doc_error_place(err, ps->wrong, text, ps->wrong_at);
    }
    if (err == NULL)
        return P2P_EFORMAT;
    if (um_buf_failed(&ps->pointer) ||
        !um_arena_dup(ps->arena, um_buf_view(&ps->pointer), &pointer))
        return P2P_ENOMEM;
    err->has_pointer = true;
    err->pointer = pointer;
    return P2P_EFORMAT;
}

/* Reads the text as `ps` says: into its arena, what is made to *out. */
static int read_text(struct parser *ps, struct um_str text, struct um_val *out,
                     struct um_doc_error *err)
{
    int rc;

    if (um_str_starts(text, UM_STR("\xef\xbb\xbf")))
        text = um_str_skip(text, 3);
    if (text.len > UM__CAP_DOC_BYTES) {
        um_doc_error_place(err, "The document has too many bytes.", text,
                           UM__CAP_DOC_BYTES);
        return P2P_ETOOBIG;
    }
    ps->twice_at = text.len;
    ps->bytes = um_arena_alloc(ps->arena, text.len);
    if (ps->bytes == NULL)
        return P2P_ENOMEM;
    if (text.len > 0)
        memcpy(ps->bytes, text.p, text.len);
    ps->text = um_str_n(ps->bytes, text.len);
    rc = parse_tree(ps);
    if (rc == P2P_EFORMAT)
        rc = report(ps, text, err);
    if (rc == 0)
        *out = ps->list[0].value;
    um_mem_free(ps->list);
    um_buf_fini(&ps->pointer);
    return rc;
}

int um_doc_parse(struct um_str text, struct um_arena *arena, struct um_val *out,
                 struct um_doc_error *err)
{
    struct parser ps = {.arena = arena, .pointer = UM_BUF_INIT};

    return read_text(&ps, text, out, err);
}

int um_doc_look(struct um_str text, enum um_val_kind *kind,
                struct um_doc_error *err)
{
    struct um_arena arena = UM_ARENA_INIT;
    struct parser ps = {
        .arena = &arena, .pointer = UM_BUF_INIT, .only_look = true};
    struct um_val v;
    int rc = read_text(&ps, text, &v, err);

    if (rc == 0)
        *kind = v.kind;
    if (err != NULL)
        err->has_pointer = false; /* which element it is was not counted */
    um_arena_fini(&arena);
    return rc;
}
