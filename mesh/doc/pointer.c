/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Pointers. Happy path: name by name, the value below. Failure modes: no such
 * value; a text that is no pointer; no memory to decode a name.
 */
#include "mesh/doc/pointer.h"

#include <assert.h>

#include "p2p/err.h"

void um_pointer_add(struct um_buf *out, struct um_str name)
{
    um_buf_byte(out, '/');
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '~')
            um_buf_text(out, "~0");
        else if (name.p[i] == '/')
            um_buf_text(out, "~1");
        else
            um_buf_byte(out, name.p[i]);
    }
}

void um_pointer_add_index(struct um_buf *out, size_t index)
{
    um_buf_byte(out, '/');
    um_buf_u64(out, index);
}

bool um_pointer_valid(struct um_str s)
{
    if (s.len > 0 && s.p[0] != '/')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '~' &&
            (i + 1 == s.len || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
            return false;
    }
    return true;
}

bool um_pointer_take(struct um_arena *a, struct um_str *rest,
                     struct um_str *name)
{
    struct um_str raw = um_str_skip(*rest, 1);
    size_t n = 0;
    char *to;

    assert(rest->len > 0 && rest->p[0] == '/');
    raw = um_str_head(raw, um_str_find(raw, '/'));
    *rest = um_str_skip(*rest, raw.len + 1);
    *name = raw;
    if (!um_str_has(raw, '~'))
        return true;
    to = um_arena_alloc(a, raw.len);
    if (to == NULL)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        to[n] = raw.p[i];
        if (raw.p[i] == '~')
            to[n] = raw.p[++i] == '0' ? '~' : '/';
        n++;
    }
    *name = um_str_n(to, n);
    return true;
}

size_t um_pointer_index(struct um_str name, size_t count)
{
    size_t n = 0;

    if (um_str_eq(name, UM_STR("-")))
        return count;
    if (name.len == 0 || (name.len > 1 && name.p[0] == '0'))
        return SIZE_MAX;
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] < '0' || name.p[i] > '9')
            return SIZE_MAX;
        n = n * 10 + (size_t)(name.p[i] - '0');
        if (n > count)
            return SIZE_MAX;
    }
    return n;
}

int um_pointer_get(struct um_arena *a, const struct um_val *root,
                   struct um_str pointer, const struct um_val **out)
{
    *out = NULL;
    if (!um_pointer_valid(pointer))
        return P2P_EINVAL;
    while (pointer.len > 0) {
        struct um_str name;

        if (!um_pointer_take(a, &pointer, &name))
            return P2P_ENOMEM;
        if (root->kind == UM_VAL_ARRAY) {
            size_t i = um_pointer_index(name, root->count);

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
