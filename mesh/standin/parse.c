/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The parser. It keeps its own stack, so depth costs heap and no call depth:
 * one frame an open container, and one list of the members that are complete
 * but whose container is not. Happy path: open, value, after, and so on until
 * the root is closed; a closing container moves its members into the arena, an
 * object of more than ten in the order of Unit's table. Failure modes: a
 * mistake in the text, reported once; no memory; a depth at which Unit itself
 * would have died.
 */
#include "mesh/standin/parse.h"

#include <assert.h>
#include <stdlib.h>

#include "mesh/standin/lvl.h"
#include "mesh/standin/scalar.h"
#include "p2p/err.h"

#define VALUE_KINDS                                                           \
    "It must be either a literal (null, true, or false), a number, a string " \
    "(in double quotes \"\"), an array (with brackets []), or an object "     \
    "(with braces {})."

struct frame {
    bool object;
    size_t first;       /* of its members in pending */
    struct um_str name; /* of the container itself */
    struct um_slvl names;
};

struct parser {
    struct um_str text;
    size_t at;
    const struct um_sjson_limits *limits;
    struct um_arena *arena;
    struct um_sjson_error *err;
    struct frame *frames;
    size_t depth;
    size_t frames_cap;
    struct um_smember *pending;
    size_t count;
    size_t pending_cap;
    struct um_str name; /* of the value that comes next */
};

static int fail(struct parser *ps, size_t at, const char *detail)
{
    assert(at <= ps->text.len);
    ps->err->at = at;
    ps->err->detail = detail;
    return P2P_EFORMAT;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the comment at i, or text.len + 1 if it does not end. */
static size_t skip_comment(struct um_str text, size_t i)
{
    bool block = i + 1 < text.len && text.p[i + 1] == '*';

    if (i + 1 >= text.len || (!block && text.p[i + 1] != '/'))
        return text.len + 1;
    for (i += 2; i < text.len; i++) {
        if (!block && text.p[i] == '\n')
            return i + 1;
        if (block && text.p[i] == '*' && i + 1 < text.len &&
            text.p[i + 1] == '/')
            return i + 2;
    }
    return text.len + 1;
}

/* Skips white space and comments from i; an open comment is not skipped. */
static size_t skip_space(struct um_str text, size_t i)
{
    while (i < text.len) {
        if (is_space(text.p[i])) {
            i++;
        } else if (text.p[i] == '/') {
            size_t end = skip_comment(text, i);

            if (end > text.len)
                return i;
            i = end;
        } else {
            break;
        }
    }
    return i;
}

/* Doubles an array when it is full. */
static bool grow(void **p, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap > 0 ? *cap * 2 : 16;
    void *bigger;

    if (count < *cap)
        return true;
    bigger = realloc(*p, more * size);
    if (bigger == NULL)
        return false;
    *p = bigger;
    *cap = more;
    return true;
}

static int push(struct parser *ps, bool object)
{
    const struct um_sjson_limits *l = ps->limits;

    if (l->depth > 0 && ps->depth >= l->depth)
        return fail(ps, ps->at,
                    "JSON nesting exceeds the maximum supported depth.");
    if (l->crash_depth > 0 && ps->depth >= l->crash_depth)
        return P2P_ELIMIT;
    if (!grow((void **)&ps->frames, ps->depth, &ps->frames_cap,
              sizeof(*ps->frames)))
        return P2P_ENOMEM;
    ps->frames[ps->depth++] =
        (struct frame){.object = object, .first = ps->count, .name = ps->name};
    return 0;
}

static int add(struct parser *ps, struct um_str name, struct um_sval value)
{
    if (!grow((void **)&ps->pending, ps->count, &ps->pending_cap,
              sizeof(*ps->pending)))
        return P2P_ENOMEM;
    ps->pending[ps->count++] = (struct um_smember){name, value};
    return 0;
}

/* Puts all pending members of a frame, by index, into its table. */
static int index_names(struct parser *ps, struct frame *f)
{
    for (size_t i = f->first; i < ps->count; i++) {
        int rc = um_slvl_add(&f->names, ps->pending[i].name,
                             (void *)(uintptr_t)(i + 1));

        if (rc != 0)
            return rc;
    }
    return 0;
}

/*
 * Says whether the frame has that name already. Ten members are compared one
 * by one; from the eleventh on the table knows them.
 */
static int claim_name(struct parser *ps, struct frame *f, struct um_str name)
{
    size_t n = ps->count - f->first;
    int rc;

    if (n < UM_SLVL_BUCKET) {
        for (size_t i = f->first; i < ps->count; i++) {
            if (um_str_eq(ps->pending[i].name, name))
                return P2P_EEXIST;
        }
        return 0;
    }
    if (n == UM_SLVL_BUCKET && f->names.count == 0) {
        rc = index_names(ps, f);
        if (rc != 0)
            return rc;
    }
    return um_slvl_add(&f->names, name, (void *)(uintptr_t)(ps->count + 1));
}

static int close_array(struct parser *ps, const struct frame *f,
                       struct um_sval *out)
{
    if (!um_sval_array(ps->arena, ps->count - f->first, out))
        return P2P_ENOMEM;
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = ps->pending[f->first + i].value;
    return 0;
}

/* Members in the order of the table. */
static int order_members(struct parser *ps, const struct frame *f,
                         struct um_sval *out)
{
    void **order = malloc(out->count * sizeof(*order));

    if (order == NULL)
        return P2P_ENOMEM;
    assert(f->names.count == out->count);
    um_slvl_items(&f->names, order);
    for (size_t i = 0; i < out->count; i++)
        out->members[i] = ps->pending[(uintptr_t)order[i] - 1];
    free(order);
    return 0;
}

static int close_object(struct parser *ps, const struct frame *f,
                        struct um_sval *out)
{
    if (!um_sval_object(ps->arena, ps->count - f->first, out))
        return P2P_ENOMEM;
    if (out->count > UM_SLVL_BUCKET)
        return order_members(ps, f, out);
    if (out->count > 0)
        memcpy(out->members, ps->pending + f->first,
               out->count * sizeof(*out->members));
    return 0;
}

/* Ends the innermost container, whose closing byte is at ps->at. */
static int close_frame(struct parser *ps)
{
    struct frame *f = &ps->frames[ps->depth - 1];
    struct um_sval v;
    int rc = f->object ? close_object(ps, f, &v) : close_array(ps, f, &v);

    if (rc != 0)
        return rc;
    ps->count = f->first;
    ps->depth--;
    ps->at++;
    um_slvl_fini(&f->names);
    return add(ps, f->name, v);
}

static bool literal(struct parser *ps, struct um_str word)
{
    if (!um_str_starts(um_str_skip(ps->text, ps->at), word))
        return false;
    ps->at += word.len;
    return true;
}

static int no_value(struct parser *ps, size_t at)
{
    return fail(ps, at, "A valid JSON value is expected here.  " VALUE_KINDS);
}

static int parse_number(struct parser *ps, struct um_sval *out)
{
    size_t start = ps->at;
    size_t digit = start + (ps->text.p[start] == '-');
    int rc;

    if (digit >= ps->text.len || ps->text.p[digit] < '0' ||
        ps->text.p[digit] > '9')
        return no_value(ps, start);
    rc = um_sjson_number(ps->text, &ps->at, ps->arena, out, ps->err);
    if (rc != 0 || ps->at == ps->text.len)
        return rc;
    if (is_space(ps->text.p[ps->at]) ||
        memchr(",}]{[\"/", ps->text.p[ps->at], 7) != NULL)
        return 0;
    return no_value(ps, start);
}

static int parse_scalar(struct parser *ps, struct um_sval *out)
{
    *out = (struct um_sval){.type = UM_SVAL_BOOLEAN};
    switch (ps->text.p[ps->at]) {
        case '"':
            out->type = UM_SVAL_STRING;
            return um_sjson_string(ps->text, &ps->at, ps->arena, &out->text,
                                   ps->err);
        case 't':
            out->boolean = true;
            return literal(ps, UM_STR("true")) ? 0 : no_value(ps, ps->at);
        case 'f':
            return literal(ps, UM_STR("false")) ? 0 : no_value(ps, ps->at);
        case 'n':
            out->type = UM_SVAL_NULL;
            return literal(ps, UM_STR("null")) ? 0 : no_value(ps, ps->at);
        default:
            return parse_number(ps, out);
    }
}

/* Reads name and colon of a member; ps->at is then at its value. */
static int parse_name(struct parser *ps, struct frame *f)
{
    size_t start = ps->at;
    size_t max = ps->limits->elements;
    int rc;

    if (max > 0 && ps->count - f->first >= max)
        return fail(ps, start, "JSON object has too many members.");
    rc = um_sjson_string(ps->text, &ps->at, ps->arena, &ps->name, ps->err);
    if (rc != 0)
        return rc;
    rc = claim_name(ps, f, ps->name);
    if (rc == P2P_EEXIST)
        return fail(ps, start,
                    "Duplicate object member.  All JSON object members must "
                    "have unique names.");
    if (rc != 0)
        return rc;
    ps->at = skip_space(ps->text, ps->at);
    if (ps->at < ps->text.len && ps->text.p[ps->at] != ':')
        return fail(ps, ps->at,
                    "A colon (:) is expected here.  There must be a colon "
                    "after a JSON member name.");
    if (ps->at < ps->text.len)
        ps->at = skip_space(ps->text, ps->at + 1);
    if (ps->at == ps->text.len)
        return fail(ps, ps->at,
                    "Unexpected end of JSON payload.  There's an object "
                    "member without a value.");
    return 0;
}

static int no_end(struct parser *ps, const struct frame *f)
{
    assert(ps->at == ps->text.len);
    return fail(ps, ps->at,
                f->object ? "Unexpected end of JSON payload.  There's an "
                            "object without a closing brace (})."
                          : "Unexpected end of JSON payload.  There's an "
                            "array without a closing bracket (]).");
}

/*
 * Behind an opening byte or a comma: the next member begins, or the container
 * ends (trailing commas are fine). Sets *closed if it ended.
 */
static int parse_next(struct parser *ps, bool *closed)
{
    struct frame *f = &ps->frames[ps->depth - 1];
    size_t max = ps->limits->elements;
    char c;

    ps->at = skip_space(ps->text, ps->at + 1);
    if (ps->at == ps->text.len)
        return no_end(ps, f);
    c = ps->text.p[ps->at];
    *closed = c == (f->object ? '}' : ']');
    if (*closed)
        return close_frame(ps);
    if (!f->object) {
        if (max > 0 && ps->count - f->first >= max)
            return fail(ps, ps->at, "JSON array has too many elements.");
        return 0;
    }
    if (c != '"')
        return fail(ps, ps->at,
                    "A double quote (\") is expected here.  There must be a "
                    "valid JSON object member starts with a name, which is a "
                    "string enclosed in double quotes.");
    return parse_name(ps, f);
}

/* Behind a value inside a container: ps->at is left at the comma. */
static int parse_after(struct parser *ps, bool *closed)
{
    const struct frame *f = &ps->frames[ps->depth - 1];

    *closed = false;
    ps->at = skip_space(ps->text, ps->at);
    if (ps->at == ps->text.len)
        return no_end(ps, f);
    if (ps->text.p[ps->at] == ',')
        return 0;
    *closed = ps->text.p[ps->at] == (f->object ? '}' : ']');
    if (*closed)
        return close_frame(ps);
    return fail(ps, ps->at,
                f->object
                    ? "Either a closing brace (}) or a comma (,) is expected "
                      "here.  Each JSON object must be enclosed in braces and "
                      "its members must be separated by commas."
                    : "Either a closing bracket (]) or a comma (,) is expected "
                      "here.  Each array must be enclosed in brackets and its "
                      "members must be separated by commas.");
}

/* One value, or the beginning of one; *opened if it is a container. */
static int parse_one(struct parser *ps, bool *opened)
{
    char c = ps->text.p[ps->at];
    struct um_str name = ps->name;
    struct um_sval v;
    int rc;

    *opened = c == '{' || c == '[';
    if (*opened)
        return push(ps, c == '{');
    rc = parse_scalar(ps, &v);
    return rc != 0 ? rc : add(ps, name, v);
}

/* The root and all below it; ps->at is at its first byte. */
static int parse_tree(struct parser *ps)
{
    bool more = true; /* a member may begin: behind an opening byte or comma */
    bool closed;
    int rc = parse_one(ps, &more);

    while (rc == 0 && ps->depth > 0) {
        if (more) {
            rc = parse_next(ps, &closed);
            if (rc == 0 && !closed)
                rc = parse_one(ps, &more);
            else
                more = false;
        } else {
            rc = parse_after(ps, &closed);
            more = !closed;
        }
    }
    return rc;
}

static int parse_text(struct parser *ps, struct um_sval *out)
{
    int rc;

    ps->at = skip_space(ps->text, 0);
    if (ps->at == ps->text.len)
        return fail(ps, 0,
                    "An empty JSON payload isn't allowed.  " VALUE_KINDS);
    rc = parse_tree(ps);
    if (rc != 0)
        return rc;
    assert(ps->count == 1);
    *out = ps->pending[0].value;
    ps->at = skip_space(ps->text, ps->at);
    if (ps->at != ps->text.len)
        return fail(ps, ps->at,
                    "Unexpected character after the end of a valid JSON "
                    "value.");
    return 0;
}

int um_sjson_parse(struct um_str text, const struct um_sjson_limits *limits,
                   struct um_arena *arena, struct um_sval *out,
                   struct um_sjson_error *err)
{
    struct parser ps = {
        .text = text, .limits = limits, .arena = arena, .err = err};
    int rc = parse_text(&ps, out);

    for (size_t i = 0; i < ps.depth; i++)
        um_slvl_fini(&ps.frames[i].names);
    free(ps.frames);
    free(ps.pending);
    return rc;
}

/* Bytes of the UTF-8 character at p, or 0 if it is none. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t u;

    if (n == 1)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
        return 0;
    u = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        u = (u << 6) | (p[i] & 0x3f);
    }
    return u < least[n] || u > 0x10ffff ? 0 : n;
}

bool um_sjson_position(struct um_str text, size_t at, size_t *line,
                       size_t *column)
{
    size_t begin = 0;

    assert(at <= text.len);
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text.p[i] == '\n') {
            (*line)++;
            begin = i + 1;
        }
    }
    for (size_t i = begin; i < at; (*column)++) {
        size_t n = utf8_len((const uint8_t *)text.p + i, at - i);

        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
