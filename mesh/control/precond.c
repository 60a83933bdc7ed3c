/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Conditions. Happy path: If-Match first, then If-None-Match, tag by tag. A
 * weak tag never fits If-Match. Failure mode: a list that is none.
 */
#include "mesh/control/precond.h"

/* Digits of a revision as it is shown, r42.9f3c; a tag has more. */
#define SHOWN_DIGITS 4

/* What a list of tags says of a revision. */
enum verdict { NO_LIST, FITS, FITS_NOT };

static struct um_str skip_blanks(struct um_str s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = um_str_skip(s, 1);
    return s;
}

/* Takes a tag off the front of a list; false if there is none. */
static bool take(struct um_str *list, bool *weak, struct um_str *tag)
{
    *weak = um_str_starts(*list, UM_STR("W/"));
    if (*weak)
        *list = um_str_skip(*list, 2);
    if (list->len == 0 || list->p[0] != '"')
        return false;
    *tag = um_str_skip(*list, 1);
    *tag = um_str_head(*tag, um_str_find(*tag, '"'));
    if (tag->len + 2 > list->len)
        return false;
    *list = skip_blanks(um_str_skip(*list, tag->len + 2));
    if (list->len > 0 && list->p[0] != ',')
        return false;
    *list = skip_blanks(um_str_skip(*list, 1));
    return true;
}

/* Whether a tag is that of the revision, or the name that people are shown:
 * who takes that from a log says no other one. */
static bool is_of(struct um_str tag, struct um_str revision)
{
    return um_str_eq(tag, revision) ||
           (um_str_starts(revision, tag) &&
            um_str_find(tag, '.') + SHOWN_DIGITS < tag.len);
}

static enum verdict judge(struct um_str list, const struct um_precond *p,
                          bool strong)
{
    enum verdict v = FITS_NOT;

    list = skip_blanks(list);
    if (list.len > 0 && list.p[0] == '*' &&
        skip_blanks(um_str_skip(list, 1)).len == 0)
        return p->exists ? FITS : FITS_NOT;
    do {
        struct um_str tag;
        bool weak;

        if (!take(&list, &weak, &tag))
            return NO_LIST;
        if (is_of(tag, p->revision) && !(strong && weak))
            v = FITS;
    } while (list.len > 0);
    return v;
}

unsigned um_precond_check(const struct um_precond *p)
{
    enum verdict v;

    if (p->if_match.p != NULL) {
        v = judge(p->if_match, p, true);
        if (v != FITS)
            return v == NO_LIST ? 400 : 412;
    }
    if (p->if_none_match.p != NULL) {
        v = judge(p->if_none_match, p, false);
        if (v == NO_LIST)
            return 400;
        if (v == FITS && !(p->reads && p->derived))
            return p->reads ? 304 : 412;
    }
    if (p->require && !p->reads && p->if_match.p == NULL)
        return 428;
    return 0;
}
