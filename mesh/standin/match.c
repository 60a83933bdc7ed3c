/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Matching: all members of a "match" object must hold. A member that the
 * stand-in does not know cannot be here: the checker knows the same ones.
 */
#include "mesh/standin/match.h"

#include <assert.h>

#include "mesh/standin/path.h"
#include "mesh/standin/pattern.h"

static const struct um_spattern_how plain = {false, false, false};
static const struct um_spattern_how nocase = {true, false, false};
static const struct um_spattern_how encoded = {false, true, false};
static const struct um_spattern_how query_like = {false, true, true};

static bool match_uri(const struct um_srequest *r, const struct um_sval *v)
{
    return um_spattern_list(v, r->path, &encoded);
}

static bool match_method(const struct um_srequest *r, const struct um_sval *v)
{
    return um_spattern_list(v, r->head->method, &nocase);
}

static bool match_host(const struct um_srequest *r, const struct um_sval *v)
{
    return um_spattern_list(v, r->host, &nocase);
}

/* Listeners of the stand-in speak no TLS. */
static bool match_scheme(const struct um_srequest *r, const struct um_sval *v)
{
    (void)r;
    return um_str_eq_nocase(v->text, UM_STR("http"));
}

static bool match_query(const struct um_srequest *r, const struct um_sval *v)
{
    char *room = um_arena_alloc(r->arena, r->query.len);
    size_t len;

    if (room == NULL || !um_surl_decode(r->query, room, &len))
        return false;
    for (size_t i = 0; i < len; i++)
        room[i] = room[i] == '+' ? ' ' : room[i];
    return um_spattern_list(v, um_str_n(room, len), &query_like);
}

static bool match_address(const struct um_addr *a, const struct um_sval *v)
{
    const struct um_sval *p;
    bool hit = true;

    for (size_t i = 0; (p = um_sval_item_or_self(v, i)) != NULL; i++) {
        struct um_addr_pattern pattern;

        if (um_addr_pattern_parse(p->text, true, &pattern) != UM_ADDR_OK)
            return false;
        hit = um_addr_pattern_match(&pattern, a);
        if (hit != pattern.negative)
            return hit;
    }
    return hit;
}

static bool match_source(const struct um_srequest *r, const struct um_sval *v)
{
    return match_address(r->remote, v);
}

static bool match_destination(const struct um_srequest *r,
                              const struct um_sval *v)
{
    return match_address(r->local, v);
}

/* One member of a set: all values of that name must match, and one be there. */
struct named {
    struct um_str name;
    const struct um_sval *patterns;
    const struct um_spattern_how *how;
    bool found;
};

static bool match_pair(void *arg, struct um_str name, struct um_str value)
{
    struct named *n = arg;

    if (!um_str_eq(name, n->name))
        return true;
    n->found = true;
    return um_spattern_list(n->patterns, value, n->how);
}

static bool match_argument(const struct um_srequest *r,
                           const struct um_smember *m)
{
    struct named n = {m->name, &m->value, &query_like, false};
    char *room = um_arena_alloc(r->arena, m->name.len);
    size_t len;

    if (room != NULL && um_surl_decode(m->name, room, &len))
        n.name = um_str_n(room, len);
    return um_srequest_arguments(r, match_pair, &n) && n.found;
}

static bool match_cookie(const struct um_srequest *r,
                         const struct um_smember *m)
{
    struct named n = {m->name, &m->value, &plain, false};

    return um_srequest_cookies(r, match_pair, &n) && n.found;
}

static bool match_header(const struct um_srequest *r,
                         const struct um_smember *m)
{
    bool found = false;

    for (size_t i = 0; i < r->head->field_count; i++) {
        const struct um_shead_field *f = &r->head->fields[i];

        if (!um_str_eq_nocase(f->name, m->name))
            continue;
        found = true;
        if (!um_spattern_list(&m->value, f->value, &nocase))
            return false;
    }
    return found;
}

typedef bool member_fn(const struct um_srequest *r, const struct um_smember *m);

/* A set, or several of which one must match. */
static bool match_sets(const struct um_srequest *r, const struct um_sval *v,
                       member_fn *fn)
{
    const struct um_sval *set;

    for (size_t i = 0; (set = um_sval_item_or_self(v, i)) != NULL; i++) {
        size_t k = 0;

        while (k < set->count && fn(r, &set->members[k]))
            k++;
        if (k == set->count)
            return true;
    }
    return v->type == UM_SVAL_ARRAY && v->count == 0;
}

static bool match_arguments(const struct um_srequest *r,
                            const struct um_sval *v)
{
    return match_sets(r, v, match_argument);
}

static bool match_cookies(const struct um_srequest *r, const struct um_sval *v)
{
    return match_sets(r, v, match_cookie);
}

static bool match_headers(const struct um_srequest *r, const struct um_sval *v)
{
    return match_sets(r, v, match_header);
}

static bool match_if(const struct um_srequest *r, const struct um_sval *v)
{
    static const struct um_str falses[] = {
        UM_STR_INIT(""),     UM_STR_INIT("0"),         UM_STR_INIT("false"),
        UM_STR_INIT("null"), UM_STR_INIT("undefined"),
    };
    bool negative = um_str_starts(v->text, UM_STR("!"));
    bool truth = true;
    struct um_str value;

    if (!um_srequest_text(r, um_str_skip(v->text, negative ? 1 : 0), &value))
        return false;
    for (size_t i = 0; i < sizeof(falses) / sizeof(falses[0]); i++)
        truth = truth && !um_str_eq(value, falses[i]);
    return truth != negative;
}

static const struct {
    struct um_str name;
    bool (*fn)(const struct um_srequest *r, const struct um_sval *v);
} members[] = {
    {UM_STR_INIT("uri"), match_uri},
    {UM_STR_INIT("method"), match_method},
    {UM_STR_INIT("host"), match_host},
    {UM_STR_INIT("scheme"), match_scheme},
    {UM_STR_INIT("query"), match_query},
    {UM_STR_INIT("source"), match_source},
    {UM_STR_INIT("destination"), match_destination},
    {UM_STR_INIT("arguments"), match_arguments},
    {UM_STR_INIT("headers"), match_headers},
    {UM_STR_INIT("cookies"), match_cookies},
    {UM_STR_INIT("if"), match_if},
};

bool um_smatch_request(const struct um_srequest *r, const struct um_sval *match)
{
    if (match == NULL)
        return true;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct um_sval *v = um_sval_member(match, members[i].name);

        if (v != NULL && !members[i].fn(r, v))
            return false;
    }
    return true;
}
