/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The look at JavaScript: one walk over the bytes with a stack of what is
 * open. Failure modes are three: the source ends inside something, a bracket
 * closes what it did not open, a module exports nothing.
 */
#include "mesh/standin/js.h"

#include <assert.h>

enum { OPEN_MAX = 256 };

struct walk {
    struct um_str src;
    size_t at;
    size_t line;
    char open[OPEN_MAX]; /* ( [ { and ` and, for ${, $ */
    size_t depth;
    bool operand; /* an operand stands before: a slash divides */
    bool exports;
    char token; /* what is wrong, 0: the end came too early */
};

static bool is_word(char c)
{
    char l = um_ascii_lower(c);

    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* Moves behind the next byte, counting lines; false at the end. */
static bool step(struct walk *w)
{
    if (w->at >= w->src.len)
        return false;
    if (w->src.p[w->at] == '\n')
        w->line++;
    w->at++;
    return true;
}

/* Moves behind the byte that ends a string or a regular expression. */
static bool skip_quoted(struct walk *w, char end)
{
    bool class = false;

    for (step(w); w->at < w->src.len; step(w)) {
        char c = w->src.p[w->at];

        if (c == '\\') {
            step(w);
        } else if (c == end && !class) {
            return step(w);
        } else if (c == '\n') {
            return false;
        } else if (end == '/') {
            class = c == '[' || (class && c != ']');
        }
    }
    return false;
}

static bool skip_comment(struct walk *w)
{
    bool block = w->src.p[w->at + 1] == '*';

    step(w);
    for (step(w); w->at < w->src.len; step(w)) {
        char c = w->src.p[w->at];

        if (!block && c == '\n')
            return true;
        if (block && c == '*' && w->at + 1 < w->src.len &&
            w->src.p[w->at + 1] == '/') {
            step(w);
            return step(w);
        }
    }
    return !block;
}

static bool push(struct walk *w, char c)
{
    if (w->depth == OPEN_MAX)
        return false;
    w->open[w->depth++] = c;
    return true;
}

/* Inside a template literal: to its end, or to "${". */
static bool skip_template(struct walk *w)
{
    while (w->at < w->src.len) {
        char c = w->src.p[w->at];

        step(w);
        if (c == '\\') {
            step(w);
        } else if (c == '`') {
            w->depth--;
            w->operand = true;
            return true;
        } else if (c == '$' && w->at < w->src.len && w->src.p[w->at] == '{') {
            step(w);
            w->operand = false;
            return push(w, '$');
        }
    }
    return false;
}

static bool close_bracket(struct walk *w, char c)
{
    char opener = c == ')' ? '(' : c == ']' ? '[' : '{';
    char top = w->depth > 0 ? w->open[w->depth - 1] : '\0';

    if (top != opener && !(c == '}' && top == '$')) {
        w->token = c;
        return false;
    }
    w->depth--;
    w->operand = c != '}';
    step(w);
    return top == '$' ? skip_template(w) : true;
}

/* True if an expression begins behind a word. */
static bool wants_operand(struct um_str word)
{
    static const struct um_str words[] = {
        UM_STR_INIT("return"), UM_STR_INIT("typeof"), UM_STR_INIT("default"),
        UM_STR_INIT("case"),   UM_STR_INIT("in"),     UM_STR_INIT("of"),
        UM_STR_INIT("void"),   UM_STR_INIT("delete"), UM_STR_INIT("else"),
        UM_STR_INIT("do"),     UM_STR_INIT("throw"),  UM_STR_INIT("await"),
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (um_str_eq(word, words[i]))
            return true;
    }
    return false;
}

static void skip_word(struct walk *w)
{
    size_t start = w->at;
    struct um_str word;

    while (w->at < w->src.len && is_word(w->src.p[w->at]))
        step(w);
    word = um_str_n(w->src.p + start, w->at - start);
    if (w->depth == 0 && um_str_eq(word, UM_STR("export")))
        w->exports = true;
    w->operand = !wants_operand(word);
}

static bool skip_slash(struct walk *w)
{
    char next = w->at + 1 < w->src.len ? w->src.p[w->at + 1] : '\0';

    if (next == '/' || next == '*')
        return skip_comment(w);
    if (!w->operand) {
        w->operand = true;
        return skip_quoted(w, '/');
    }
    w->operand = false;
    return step(w);
}

/* A string, a template, a comment or a regular expression. */
static bool walk_quoted(struct walk *w, char c)
{
    if (c == '/')
        return skip_slash(w);
    if (c == '`') {
        step(w);
        return push(w, '`') && skip_template(w);
    }
    w->operand = true;
    return skip_quoted(w, c);
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* One token; false if something is wrong. */
static bool walk_token(struct walk *w)
{
    char c = w->src.p[w->at];

    if (is_one_of(c, "\"'`/"))
        return walk_quoted(w, c);
    if (is_one_of(c, ")]}"))
        return close_bracket(w, c);
    if (is_one_of(c, " \t\r\n"))
        return step(w);
    if (is_word(c)) {
        skip_word(w);
        return true;
    }
    w->operand = false;
    step(w);
    return !is_one_of(c, "([{") || push(w, c);
}

static bool walk_all(struct walk *w)
{
    while (w->at < w->src.len) {
        if (!walk_token(w))
            return false;
    }
    return w->depth == 0;
}

static void say_where(struct um_buf *why, struct um_str file, size_t line)
{
    um_buf_text(why, "\n    at ");
    um_buf_str(why, file);
    um_buf_byte(why, ':');
    um_buf_u64(why, line);
    um_buf_text(why, "\n\"");
}

static void say_syntax(struct um_buf *why, const struct walk *w,
                       struct um_str file)
{
    um_buf_text(why, "\"SyntaxError: ");
    if (w->token == '\0') {
        um_buf_text(why, "Unexpected end of input");
    } else {
        um_buf_text(why, "Unexpected token \"");
        um_buf_byte(why, w->token);
        um_buf_byte(why, '"');
    }
    say_where(why, file, w->line);
}

bool um_sjs_check_module(struct um_str source, struct um_str name,
                         struct um_buf *why)
{
    struct walk w = {.src = source, .line = 1};

    if (!walk_all(&w)) {
        say_syntax(why, &w, name);
        return false;
    }
    assert(w.depth == 0);
    if (w.exports)
        return true;
    um_buf_text(why, "\"SyntaxError: export statement is required");
    say_where(why, name, w.line);
    return false;
}

bool um_sjs_check_expression(struct um_str source, struct um_buf *why)
{
    struct walk w = {.src = source, .line = 1};

    if (walk_all(&w))
        return true;
    say_syntax(why, &w, UM_STR("default"));
    return false;
}
