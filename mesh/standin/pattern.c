/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Patterns. A pattern with asterisks is turned into letters and gaps first,
 * so that an encoded asterisk is a letter, and matched by going back to the
 * last gap when a letter does not fit. A pattern that is too long matches
 * nothing.
 */
#include "mesh/standin/pattern.h"

#include <assert.h>

#include "mesh/standin/path.h"
#include "mesh/standin/regex.h"

enum { GAP = 256 };

struct glob {
    uint16_t token[UM__CAP_STANDIN_PATTERN_BYTES];
    size_t count;
    bool nocase;
};

/* The byte at *at of an encoded pattern; moves *at behind it. */
static uint8_t next_byte(struct um_str s, size_t *at,
                         const struct um_spattern_how *how)
{
    char c = s.p[*at];
    size_t len;

    (*at)++;
    if (how->plus && c == '+')
        return ' ';
    if (how->encoded && c == '%' &&
        um_surl_decode(um_str_head(um_str_skip(s, *at - 1), 3), &c, &len))
        *at += 2;
    return (uint8_t)c;
}

static bool compile(struct um_str pattern, const struct um_spattern_how *how,
                    struct glob *g)
{
    g->count = 0;
    g->nocase = how->nocase;
    for (size_t at = 0; at < pattern.len;) {
        if (g->count == UM__CAP_STANDIN_PATTERN_BYTES)
            return false;
        if (pattern.p[at] == '*') {
            g->token[g->count++] = GAP;
            at++;
        } else {
            g->token[g->count++] = next_byte(pattern, &at, how);
        }
    }
    return true;
}

static bool fits(const struct glob *g, size_t i, char c)
{
    char want = (char)g->token[i];

    if (g->token[i] == GAP)
        return false;
    if (g->nocase)
        return um_ascii_lower(want) == um_ascii_lower(c);
    return want == c;
}

static bool run(const struct glob *g, struct um_str s)
{
    size_t i = 0;          /* in the pattern */
    size_t at = 0;         /* in the subject */
    size_t gap = g->count; /* the last gap that was passed */
    size_t gap_at = 0;     /* where the subject stood then */

    while (at < s.len) {
        if (i < g->count && g->token[i] == GAP) {
            gap = i++;
            gap_at = at;
        } else if (i < g->count && fits(g, i, s.p[at])) {
            i++;
            at++;
        } else if (gap < g->count) {
            i = gap + 1;
            at = ++gap_at;
        } else {
            return false;
        }
    }
    while (i < g->count && g->token[i] == GAP)
        i++;
    return i == g->count;
}

static bool matches(struct um_str pattern, struct um_str subject,
                    const struct um_spattern_how *how)
{
    struct glob g;

    if (um_str_starts(pattern, UM_STR("~")))
        return um_sregex_match(um_str_skip(pattern, 1), subject);
    return compile(pattern, how, &g) && run(&g, subject);
}

bool um_spattern_match(struct um_str pattern, struct um_str subject,
                       const struct um_spattern_how *how)
{
    bool negative = um_str_starts(pattern, UM_STR("!"));

    return matches(um_str_skip(pattern, negative ? 1 : 0), subject, how) !=
           negative;
}

bool um_spattern_list(const struct um_sval *patterns, struct um_str subject,
                      const struct um_spattern_how *how)
{
    const struct um_sval *p;
    bool hit = true;

    for (size_t i = 0; (p = um_sval_item_or_self(patterns, i)) != NULL; i++) {
        bool negative = um_str_starts(p->text, UM_STR("!"));

        assert(p->type == UM_SVAL_STRING);
        hit = um_spattern_match(p->text, subject, how);
        if (hit != negative)
            return hit;
    }
    return hit;
}
