/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Paths. Happy path: segment by segment to a spot of an edit, and one change
 * there. Failure modes: Unit's 404 and 405. Where Unit would die of a request
 * (a member put into a scalar), or says that memory is out (a segment of more
 * than 256 bytes), it is a 404 here.
 */
#include "mesh/doc/path.h"

#include <assert.h>

#include "mesh/doc/edit.h"
#include "p2p/err.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = um_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int um_path_decode(struct um_arena *a, struct um_str raw, struct um_str *out)
{
    size_t n = 0;
    char *to;

    *out = raw;
    if (!um_str_has(raw, '%'))
        return 0;
    to = um_arena_alloc(a, raw.len);
    if (to == NULL)
        return P2P_ENOMEM;
    for (size_t i = 0; i < raw.len; i++) {
        to[n] = raw.p[i];
        if (raw.p[i] == '%') {
            if (raw.len - i < 3 || hex(raw.p[i + 1]) < 0 ||
                hex(raw.p[i + 2]) < 0)
                return P2P_ENOTFOUND;
            to[n] = (char)(hex(raw.p[i + 1]) << 4 | hex(raw.p[i + 2]));
            i += 2;
        }
        n++;
    }
    *out = um_str_n(to, n);
    return 0;
}

/* Takes the first segment off. */
static int take(struct um_arena *a, struct um_str *rest, struct um_str *name)
{
    struct um_str raw = um_str_skip(*rest, 1);

    if (rest->p[0] != '/')
        return P2P_ENOTFOUND;
    raw = um_str_head(raw, um_str_find(raw, '/'));
    *rest = um_str_skip(*rest, raw.len + 1);
    return raw.len > 0 ? um_path_decode(a, raw, name) : P2P_ENOTFOUND;
}

static struct um_str without_end(struct um_str path)
{
    if (path.len > 0 && path.p[path.len - 1] == '/')
        path.len--;
    return path;
}

/* The element that a segment names: "00" is 0, as in Unit. */
static size_t to_index(struct um_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || n > UM__CAP_DOC_MEMBERS)
            return SIZE_MAX;
        n = n * 10 + (size_t)(s.p[i] - '0');
    }
    return n;
}

int um_path_get(struct um_arena *a, const struct um_val *root,
                struct um_str path, const struct um_val **out)
{
    *out = NULL;
    path = without_end(path);
    while (path.len > 0) {
        struct um_str name;
        size_t i;
        int rc = take(a, &path, &name);

        if (rc != 0)
            return rc;
        if (root->kind == UM_VAL_ARRAY) {
            i = to_index(name);
            root = i < root->count ? &root->items.p[i] : NULL;
        } else {
            root = um_val_member(root, name);
        }
        if (root == NULL)
            return P2P_ENOTFOUND;
    }
    *out = root;
    return 0;
}

/* Goes to the place of a path, whose last segment need not be there. */
static int locate(struct um_edit *e, struct um_str path, struct um_spot *spot)
{
    *spot = um_edit_root();
    path = without_end(path);
    while (path.len > 0) {
        const struct um_val *v = um_edit_at(e, spot);
        struct um_str name;
        int rc = take(e->arena, &path, &name);

        if (rc == 0 && v == NULL)
            rc = P2P_ENOTFOUND;
        if (rc == 0 && v->kind == UM_VAL_ARRAY)
            rc = um_edit_item(e, spot, to_index(name));
        else if (rc == 0)
            rc = um_edit_member(e, spot, name);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int append(struct um_edit *e, struct um_spot *spot,
                  const struct um_val *v)
{
    const struct um_val *old = um_edit_at(e, spot);
    int rc;

    if (old == NULL)
        return P2P_ENOTFOUND;
    if (spot->parent == NULL || old->kind != UM_VAL_ARRAY)
        return P2P_ENOTSUP;
    rc = um_edit_item(e, spot, old->count);
    return rc == 0 ? um_edit_insert(e, spot, v) : rc;
}

static int delete_at(struct um_edit *e, const struct um_spot *spot)
{
    static const struct um_val empty = {.kind = UM_VAL_OBJECT};

    if (um_edit_at(e, spot) == NULL)
        return P2P_ENOTFOUND;
    if (spot->parent == NULL)
        return um_edit_replace(e, spot, &empty);
    return um_edit_remove(e, spot, NULL);
}

int um_path_apply(struct um_arena *a, const struct um_val *root,
                  const struct um_path_change *change, struct um_val *out)
{
    struct um_edit e;
    struct um_spot spot;
    int rc = um_edit_init(&e, a, root);

    assert((change->value == NULL) == (change->op == UM_PATH_DELETE));
    if (rc == 0)
        rc = locate(&e, change->path, &spot);
    if (rc != 0)
        return rc;
    if (change->op == UM_PATH_DELETE)
        rc = delete_at(&e, &spot);
    else if (change->op == UM_PATH_POST)
        rc = append(&e, &spot, change->value);
    else if (um_edit_at(&e, &spot) != NULL)
        rc = um_edit_replace(&e, &spot, change->value);
    else
        rc = um_edit_insert(&e, &spot, change->value);
    *out = e.root;
    return rc;
}

struct um_path_answer um_path_explain(int rc)
{
    switch (rc) {
        case P2P_ENOTFOUND:
            return (struct um_path_answer){404, "Value doesn't exist."};
        case P2P_ENOTSUP:
            return (struct um_path_answer){405, "Method isn't allowed."};
        case P2P_ELIMIT:
            return (struct um_path_answer){413, "The document is too large."};
        default:
            return (struct um_path_answer){500, "Memory allocation failed."};
    }
}
