/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pointers to places. The text was parsed before, so it is only walked here:
 * strings and comments are stepped over, brackets counted. Failure modes: the
 * pointer leads nowhere; no memory to decode names.
 */
#include "mesh/doc/locate.h"

#include "mesh/doc/pointer.h"
#include "mesh/doc/text.h"
#include "p2p/err.h"

struct finder {
    struct um_str text;
    size_t at;
    char *scratch; /* room for any string of the text */
};

static bool at_end(const struct finder *f)
{
    return f->at >= f->text.len;
}

/* Behind the comment that begins here. */
static void skip_comment(struct finder *f)
{
    struct um_str rest = um_str_skip(f->text, f->at + 2);

    f->at += 2;
    if (f->text.p[f->at - 1] == '/') {
        f->at += um_str_find(rest, '\n') + 1;
        return;
    }
    while (rest.len > 0 && !um_str_starts(rest, UM_STR("*/")))
        rest = um_str_skip(rest, 1);
    f->at = f->text.len - rest.len + 2;
}

/* Behind white space and comments. */
static void skip_space(struct finder *f)
{
    while (!at_end(f)) {
        char c = f->text.p[f->at];

        if (c == '/')
            skip_comment(f);
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            f->at++;
        else
            return;
    }
}

static struct um_str read_string(struct finder *f)
{
    struct um_str s = {f->scratch, 0};
    struct um_text_error err;

    if (um_text_read(f->text, &f->at, f->scratch, &s.len, &err) != 0)
        f->at = f->text.len;
    return s;
}

/* Behind the value that begins here, and white space. */
static void skip_value(struct finder *f)
{
    size_t depth = 0;

    while (!at_end(f)) {
        char c = f->text.p[f->at];

        if (c == '"') {
            (void)read_string(f);
        } else if (c == '/') {
            skip_comment(f);
        } else {
            if ((c == ',' || c == '}' || c == ']') && depth == 0)
                return;
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            f->at++;
        }
        if (depth == 0)
            skip_space(f);
    }
}

/* From the opening bracket to a member's value; *name_at is where its name
 * begins. */
static bool find_member(struct finder *f, struct um_str name, size_t *name_at)
{
    for (f->at++, skip_space(f); !at_end(f) && f->text.p[f->at] == '"';) {
        struct um_str have;

        *name_at = f->at;
        have = read_string(f);
        skip_space(f);
        f->at++; /* the colon */
        skip_space(f);
        if (um_str_eq(have, name))
            return true;
        skip_value(f);
        f->at++; /* a comma, or the end */
        skip_space(f);
    }
    return false;
}

static bool find_element(struct finder *f, struct um_str name)
{
    size_t left = um_pointer_index(name, UM__CAP_DOC_MEMBERS);

    for (f->at++, skip_space(f); !at_end(f) && f->text.p[f->at] != ']';) {
        if (left-- == 0)
            return true;
        skip_value(f);
        if (at_end(f) || f->text.p[f->at] == ']')
            return false;
        f->at++;
        skip_space(f);
    }
    return false;
}

/* One step down; *shown is where a person should look. */
static bool step(struct finder *f, struct um_str name, size_t *shown)
{
    if (at_end(f))
        return false;
    if (f->text.p[f->at] == '{')
        return find_member(f, name, shown);
    if (f->text.p[f->at] != '[' || !find_element(f, name))
        return false;
    *shown = f->at;
    return true;
}

int um_doc_locate(struct um_str text, struct um_arena *a,
                  struct um_doc_error *err)
{
    struct um_str rest = err->pointer;
    struct um_doc_error placed;
    struct finder f = {.text = text};
    size_t shown;

    if (um_str_starts(text, UM_STR("\xef\xbb\xbf")))
        f.text = um_str_skip(text, 3);
    f.scratch = um_arena_alloc(a, f.text.len);
    if (f.scratch == NULL)
        return P2P_ENOMEM;
    if (!err->has_pointer || !um_pointer_valid(rest))
        return 0;
    skip_space(&f);
    shown = f.at;
    while (rest.len > 0) {
        struct um_str name;

        if (!um_pointer_take(a, &rest, &name))
            return P2P_ENOMEM;
        if (!step(&f, name, &shown))
            return 0;
    }
    um_doc_error_place(&placed, err->text, f.text, shown);
    placed.has_pointer = true;
    placed.pointer = err->pointer;
    *err = placed;
    return 0;
}
