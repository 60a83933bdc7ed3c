/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The printer. The blank line follows one flag through the whole walk: a
 * container that had something in it sets it when it ends, the next member of
 * an object spends it, the next element of an array clears it. Failure mode:
 * no memory, which the buffer remembers.
 */
#include "mesh/standin/print.h"

#include <assert.h>

struct printer {
    struct um_buf *out;
    bool pretty;
    bool more_space;
    size_t level;
};

static void print_value(struct printer *pr, const struct um_sval *v);

/* The letter after the backslash for c, or 0 if there is none. */
static char short_escape(char c)
{
    switch (c) {
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        case '\b':
            return 'b';
        case '\f':
            return 'f';
        case '"':
        case '\\':
            return c;
        default:
            return '\0';
    }
}

static void print_escaped(struct um_buf *out, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    char letter = short_escape(c);

    um_buf_byte(out, '\\');
    if (letter != '\0') {
        um_buf_byte(out, letter);
        return;
    }
    um_buf_text(out, "u00");
    um_buf_byte(out, hex[(uint8_t)c >> 4]);
    um_buf_byte(out, hex[(uint8_t)c & 0x0f]);
}

static void print_string(struct um_buf *out, struct um_str s)
{
    size_t plain = 0;

    um_buf_byte(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];

        if ((uint8_t)c >= 0x20 && c != '"' && c != '\\')
            continue;
        um_buf_add(out, s.p + plain, i - plain);
        print_escaped(out, c);
        plain = i + 1;
    }
    if (s.len > plain)
        um_buf_add(out, s.p + plain, s.len - plain);
    um_buf_byte(out, '"');
}

static void new_line(struct printer *pr)
{
    if (!pr->pretty)
        return;
    um_buf_text(pr->out, "\r\n");
    um_buf_fill(pr->out, '\t', pr->level);
}

static void print_array(struct printer *pr, const struct um_sval *v)
{
    um_buf_byte(pr->out, '[');
    if (v->count > 0) {
        pr->level++;
        for (size_t i = 0; i < v->count; i++) {
            if (i > 0) {
                um_buf_byte(pr->out, ',');
                pr->more_space = false;
            }
            new_line(pr);
            print_value(pr, &v->items[i]);
        }
        pr->level--;
        new_line(pr);
        pr->more_space = true;
    }
    um_buf_byte(pr->out, ']');
}

static void print_member(struct printer *pr, const struct um_smember *m)
{
    print_string(pr->out, m->name);
    um_buf_byte(pr->out, ':');
    if (pr->pretty)
        um_buf_byte(pr->out, ' ');
    print_value(pr, &m->value);
}

static void print_object(struct printer *pr, const struct um_sval *v)
{
    um_buf_byte(pr->out, '{');
    if (v->count > 0) {
        pr->level++;
        for (size_t i = 0; i < v->count; i++) {
            if (i > 0) {
                um_buf_byte(pr->out, ',');
                if (pr->pretty && pr->more_space)
                    um_buf_text(pr->out, "\r\n");
                pr->more_space = pr->more_space && !pr->pretty;
            }
            new_line(pr);
            print_member(pr, &v->members[i]);
        }
        pr->level--;
        new_line(pr);
        pr->more_space = true;
    }
    um_buf_byte(pr->out, '}');
}

static void print_value(struct printer *pr, const struct um_sval *v)
{
    switch (v->type) {
        case UM_SVAL_NULL:
            um_buf_text(pr->out, "null");
            return;
        case UM_SVAL_BOOLEAN:
            um_buf_text(pr->out, v->boolean ? "true" : "false");
            return;
        case UM_SVAL_INTEGER:
        case UM_SVAL_NUMBER:
            um_buf_str(pr->out, v->text);
            return;
        case UM_SVAL_STRING:
            print_string(pr->out, v->text);
            return;
        case UM_SVAL_ARRAY:
            print_array(pr, v);
            return;
        case UM_SVAL_OBJECT:
            print_object(pr, v);
            return;
    }
    assert(false);
}

void um_sjson_pretty(struct um_buf *out, const struct um_sval *v)
{
    struct printer pr = {.out = out, .pretty = true};

    print_value(&pr, v);
    assert(pr.level == 0);
}

void um_sjson_compact(struct um_buf *out, const struct um_sval *v)
{
    struct printer pr = {.out = out};

    print_value(&pr, v);
    assert(pr.level == 0);
}
