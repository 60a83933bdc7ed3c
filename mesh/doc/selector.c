/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Selectors. Failure mode: a text that is none.
 */
#include "mesh/doc/selector.h"

#include "mesh/doc/names.h"

static const struct um_str prefixes[] = {
    [UM_SELECTOR_ALL] = UM_STR_INIT("all"),
    [UM_SELECTOR_GROUP] = UM_STR_INIT("group:"),
    [UM_SELECTOR_LABEL] = UM_STR_INIT("label:"),
    [UM_SELECTOR_NODE] = UM_STR_INIT("node:"),
};

bool um_selector_parse(struct um_str text, struct um_selector *out)
{
    size_t kind = UM_SELECTOR_GROUP;
    size_t eq;

    *out = (struct um_selector){.kind = UM_SELECTOR_ALL};
    if (um_str_eq(text, prefixes[UM_SELECTOR_ALL]))
        return true;
    while (kind <= UM_SELECTOR_NODE && !um_str_starts(text, prefixes[kind]))
        kind++;
    if (kind > UM_SELECTOR_NODE || text.len == prefixes[kind].len)
        return false;
    out->kind = (enum um_selector_kind)kind;
    out->order = um_str_skip(text, prefixes[kind].len);
    out->value = out->order;
    if (kind != UM_SELECTOR_LABEL)
        return kind != UM_SELECTOR_GROUP || !um_str_has(out->value, ',');
    eq = um_str_find(out->value, '=');
    out->key = um_str_head(out->value, eq);
    out->value = um_str_skip(out->order, eq + 1);
    return eq > 0 && eq < out->order.len;
}

struct um_str um_selector_label(const struct um_node_facts *node,
                                struct um_str key)
{
    for (size_t i = 0; i < node->label_count; i++) {
        if (um_str_eq(node->labels[i].key, key))
            return node->labels[i].value;
    }
    return (struct um_str){NULL, 0};
}

static bool in_list(struct um_str list, struct um_str name)
{
    while (list.p != NULL) {
        size_t n = um_str_find(list, ',');

        if (um_str_eq(um_str_head(list, n), name))
            return true;
        if (n == list.len)
            return false;
        list = um_str_skip(list, n + 1);
    }
    return false;
}

bool um_selector_matches(const struct um_selector *s,
                         const struct um_node_facts *node)
{
    struct um_str label;

    switch (s->kind) {
        case UM_SELECTOR_GROUP:
            return in_list(um_selector_label(node, UM_STR("group")), s->value);
        case UM_SELECTOR_LABEL:
            label = um_selector_label(node, s->key);
            return label.p != NULL && um_str_eq(label, s->value);
        case UM_SELECTOR_NODE:
            return um_str_eq(s->value, node->id) ||
                   um_str_eq(s->value, node->name);
        default:
            return true;
    }
}

int um_selector_compare(const struct um_selector *a,
                        const struct um_selector *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return um_names_compare(a->order, b->order);
}
