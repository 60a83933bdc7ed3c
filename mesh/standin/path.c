/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Paths. A change is resolved first, into one index a level, and made then by
 * copying root and all that is not changed. Failure modes are answers of Unit:
 * not found, not allowed, and the two oddities of a member put into a scalar.
 */
#include "mesh/standin/path.h"

#include <assert.h>

#include "p2p/err.h"

enum { LONG_STRING = 14 };

struct steps {
    size_t index[UM__CAP_STANDIN_PATH_STEPS];
    size_t count;
    enum { STEP_CREATE, STEP_REPLACE, STEP_DELETE } last;
    char name[UM_SPATH_TOKEN_MAX]; /* of a created member */
    size_t name_len;
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = um_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool um_surl_decode(struct um_str s, char *to, size_t *len)
{
    char *begin = to;

    for (size_t i = 0; i < s.len; i++) {
        int high, low;

        if (s.p[i] != '%') {
            *to++ = s.p[i];
            continue;
        }
        if (s.len - i < 3)
            return false;
        high = hex_value(s.p[i + 1]);
        low = hex_value(s.p[i + 2]);
        if (high < 0 || low < 0)
            return false;
        *to++ = (char)(high * 16 + low);
        i += 2;
    }
    *len = (size_t)(to - begin);
    return true;
}

/* The next segment of *rest, decoded into name; false if it is malformed. */
static bool next_token(struct um_str *rest, char *name, struct um_str *token)
{
    struct um_str raw = um_str_skip(*rest, 1);

    raw = um_str_head(raw, um_str_find(raw, '/'));
    *rest = um_str_skip(*rest, raw.len + 1);
    if (raw.len > UM_SPATH_TOKEN_MAX)
        return false;
    token->p = name;
    return um_surl_decode(raw, name, &token->len);
}

/* The index that a segment names in v; v->count if a member is missing. */
static bool token_index(const struct um_sval *v, struct um_str token,
                        size_t *index)
{
    int64_t n;

    if (v->type == UM_SVAL_OBJECT) {
        *index = um_sval_member_index(v, token);
        return true;
    }
    assert(v->type == UM_SVAL_ARRAY);
    n = um_str_decimal(token);
    if (n < 0 || n > INT32_MAX)
        return false;
    *index = (size_t)n;
    return true;
}

static const struct um_sval *child_at(const struct um_sval *v, size_t index)
{
    if (index >= v->count)
        return NULL;
    return v->type == UM_SVAL_OBJECT ? &v->members[index].value
                                     : &v->items[index];
}

static bool is_container(const struct um_sval *v)
{
    return v->type == UM_SVAL_OBJECT || v->type == UM_SVAL_ARRAY;
}

const struct um_sval *um_spath_get(const struct um_sval *root,
                                   struct um_str path)
{
    char name[UM_SPATH_TOKEN_MAX];
    const struct um_sval *v = root;

    do {
        struct um_str token;
        size_t index;

        if (!next_token(&path, name, &token))
            return NULL;
        if (token.len == 0)
            return path.len == 0 ? v : NULL;
        if (!is_container(v) || !token_index(v, token, &index))
            return NULL;
        v = child_at(v, index);
    } while (v != NULL && path.len > 0);
    return v;
}

/*
 * Unit takes a scalar for an object here: a short one's bytes for an address,
 * which kills the process; a long string has a true address inside, so it gets
 * as far as a copy that fails.
 */
static int member_of_scalar(const struct um_sval *v)
{
    bool survives = v->type == UM_SVAL_STRING && v->text.len > LONG_STRING;

    return survives ? P2P_ENOMEM : P2P_ELIMIT;
}

/* Decides what happens at the last segment. */
static int resolve_last(const struct um_sval *parent, size_t index,
                        enum um_spath_op op, struct steps *st)
{
    const struct um_sval *node =
        is_container(parent) ? child_at(parent, index) : NULL;

    if (node == NULL && op != UM_SPATH_PUT)
        return P2P_ENOTFOUND;
    if (op == UM_SPATH_POST) {
        if (node->type != UM_SVAL_ARRAY)
            return P2P_ENOTSUP;
        if (st->count == UM__CAP_STANDIN_PATH_STEPS)
            return P2P_ENOMEM;
        st->index[st->count++] = node->count;
        st->last = STEP_CREATE;
        return 0;
    }
    if (node != NULL) {
        st->last = op == UM_SPATH_PUT ? STEP_REPLACE : STEP_DELETE;
        return 0;
    }
    if (!is_container(parent))
        return member_of_scalar(parent);
    st->last = STEP_CREATE;
    return index <= parent->count ? 0 : P2P_ENOTFOUND;
}

static int resolve(const struct um_sval *root, struct um_str path,
                   enum um_spath_op op, struct steps *st)
{
    const struct um_sval *v = root;

    for (;;) {
        struct um_str token;
        size_t index = 0;

        if (st->count == UM__CAP_STANDIN_PATH_STEPS ||
            !next_token(&path, st->name, &token))
            return P2P_ENOMEM;
        if (is_container(v) && !token_index(v, token, &index))
            return P2P_ENOTFOUND;
        st->index[st->count++] = index;
        st->name_len = token.len;
        if (path.len == 0)
            return resolve_last(v, index, op, st);
        if (!is_container(v))
            return P2P_ENOTFOUND;
        v = child_at(v, index);
        if (v == NULL)
            return P2P_ENOTFOUND;
    }
}

/* One level of the change: which child changes, and how. */
struct change {
    struct um_arena *arena;
    const struct steps *st;
    const struct um_sval *value;
};

static bool rebuild(const struct change *ch, size_t level,
                    const struct um_sval *v, struct um_sval *out);

/* The new child at the place of the change; false if memory is out. */
static bool changed_child(const struct change *ch, size_t level,
                          const struct um_sval *old, struct um_sval *out)
{
    if (level + 1 < ch->st->count)
        return rebuild(ch, level + 1, old, out);
    *out = *ch->value;
    return true;
}

static bool rebuild_array(const struct change *ch, size_t level,
                          const struct um_sval *v, struct um_sval *out)
{
    size_t at = ch->st->index[level];
    size_t d = 0;

    for (size_t s = 0; s < v->count; s++) {
        bool here = s == at;

        if (here && out->count < v->count)
            continue;
        if (!(here ? changed_child(ch, level, &v->items[s], &out->items[d])
                   : um_sval_copy(ch->arena, &v->items[s], &out->items[d])))
            return false;
        d++;
    }
    if (d < out->count)
        out->items[d] = *ch->value;
    return true;
}

static bool rebuild_object(const struct change *ch, size_t level,
                           const struct um_sval *v, struct um_sval *out)
{
    size_t at = ch->st->index[level];
    struct um_str name = um_str_n(ch->st->name, ch->st->name_len);
    size_t d = 0;

    for (size_t s = 0; s < v->count; s++) {
        const struct um_smember *m = &v->members[s];
        bool here = s == at;

        if (here && out->count < v->count)
            continue;
        if (!um_arena_dup(ch->arena, m->name, &out->members[d].name) ||
            !(here
                  ? changed_child(ch, level, &m->value, &out->members[d].value)
                  : um_sval_copy(ch->arena, &m->value, &out->members[d].value)))
            return false;
        d++;
    }
    if (d == out->count)
        return true;
    out->members[d].value = *ch->value;
    return um_arena_dup(ch->arena, name, &out->members[d].name);
}

static bool rebuild(const struct change *ch, size_t level,
                    const struct um_sval *v, struct um_sval *out)
{
    bool last = level + 1 == ch->st->count;
    size_t count = v->count;

    assert(is_container(v));
    if (last && ch->st->last == STEP_CREATE)
        count++;
    if (last && ch->st->last == STEP_DELETE)
        count--;
    if (v->type == UM_SVAL_ARRAY)
        return um_sval_array(ch->arena, count, out) &&
               rebuild_array(ch, level, v, out);
    return um_sval_object(ch->arena, count, out) &&
           rebuild_object(ch, level, v, out);
}

int um_spath_apply(struct um_arena *arena, const struct um_sval *root,
                   const struct um_spath_change *change, struct um_sval *out)
{
    struct steps st = {.count = 0};
    struct change ch = {arena, &st, change->value};
    int rc;

    assert(change->path.len > 1 && change->path.p[0] == '/');
    assert((change->value == NULL) == (change->op == UM_SPATH_DELETE));
    rc = resolve(root, change->path, change->op, &st);
    if (rc != 0)
        return rc;
    return rebuild(&ch, 0, root, out) ? 0 : P2P_ENOMEM;
}
