/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A small machine that eats the target byte by byte. It knows where it is in a
 * segment (behind a slash, a dot, two dots), so that dots are resolved as they
 * come, also those that were escaped. Failure modes: an escape that is none,
 * an escaped zero, more ".." than there is path.
 */
#include "mesh/standin/target.h"

#include <assert.h>

enum where { AT_NORMAL, AT_SLASH, AT_DOT, AT_DOT_DOT };
enum verdict { GO_ON, DONE, AT_QUERY, BAD };

struct machine {
    char *out;
    size_t len;
    enum where where;
    bool keep_slashes;
};

static void put(struct machine *m, char c)
{
    m->out[m->len++] = c;
}

/* Takes back "/x/.." to "/": behind the slash before the last segment. */
static bool step_up(struct machine *m)
{
    size_t at;

    assert(m->len >= 3);
    if (m->len < 5)
        return false;
    for (at = m->len - 5; m->out[at] != '/'; at--) {
        if (at == 0)
            return false;
    }
    m->len = at + 1;
    return true;
}

/* The end of a segment that was "." or "..", by slash, query or fragment. */
static bool end_dots(struct machine *m)
{
    if (m->where == AT_DOT)
        m->len--;
    return m->where != AT_DOT_DOT || step_up(m);
}

static enum verdict eat_end(struct machine *m, char c)
{
    if (!end_dots(m))
        return BAD;
    if (c == '?')
        return AT_QUERY;
    if (c == '#')
        return DONE;
    if (m->where == AT_NORMAL)
        put(m, '/');
    m->where = AT_SLASH;
    return GO_ON;
}

/* A byte that stands for itself, escaped or not. */
static enum verdict eat(struct machine *m, char c)
{
    if (c == '/' || c == '?' || c == '#')
        return eat_end(m, c);
    if (c == '.' && m->where == AT_SLASH)
        m->where = AT_DOT;
    else if (c == '.' && m->where == AT_DOT)
        m->where = AT_DOT_DOT;
    else
        m->where = AT_NORMAL;
    put(m, c);
    return GO_ON;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = um_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The escape whose two digits are at p. */
static enum verdict eat_escape(struct machine *m, const char *p)
{
    int high = hex_value(p[0]);
    int low = hex_value(p[1]);
    char c = (char)(high * 16 + low);

    if (high < 0 || low < 0 || c == '\0')
        return BAD;
    if (c == '%' || c == '#' || c == '?') {
        m->where = AT_NORMAL;
        put(m, c);
        if (c == '%' && m->keep_slashes) {
            put(m, '2');
            put(m, '5');
        }
        return GO_ON;
    }
    if (c == '/' && m->keep_slashes) {
        m->where = AT_NORMAL;
        put(m, '%');
        put(m, '2');
        put(m, p[1]);
        return GO_ON;
    }
    return eat(m, c);
}

static enum verdict run(struct machine *m, struct um_str target, size_t *at)
{
    while (*at < target.len) {
        char c = target.p[(*at)++];
        enum verdict v;

        if (c == '%') {
            if (target.len - *at < 2)
                return BAD;
            v = eat_escape(m, target.p + *at);
            *at += 2;
        } else {
            v = eat(m, c);
        }
        if (v != GO_ON)
            return v;
    }
    return end_dots(m) ? GO_ON : BAD;
}

bool um_starget_normalise(struct um_str target, bool keep_slashes, char *room,
                          struct um_str *path, struct um_str *query)
{
    struct machine m = {.out = room, .keep_slashes = keep_slashes};
    size_t at = 0;
    enum verdict v = run(&m, target, &at);

    *query = um_str_n(NULL, 0);
    if (v == BAD)
        return false;
    if (v == AT_QUERY) {
        *query = um_str_skip(target, at);
        *query = um_str_head(*query, um_str_find(*query, '#'));
    }
    assert(m.len <= target.len);
    *path = um_str_n(room, m.len);
    return true;
}
