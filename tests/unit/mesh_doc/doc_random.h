/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Random documents, and random edits of them: few names, so that two edits
 * meet often. */
#ifndef TESTS_UNIT_MESH_DOC_DOC_RANDOM_H
#define TESTS_UNIT_MESH_DOC_DOC_RANDOM_H

#include "doc_rig.h"

enum { RANDOM_MEMBERS = 6, RANDOM_DEPTH = 3 };

static inline struct um_str random_name(uint64_t *seed)
{
    static const char *const names[] = {"a", "b", "c",  "d",   "e",
                                        "f", "g", "h/", "~i~", ""};

    return um_str(names[rig_random(seed) % 10]);
}

static inline struct um_val random_scalar(uint64_t *seed)
{
    static const char *const numbers[] = {"0", "1", "1.0", "1e2", "-7"};
    struct um_val v = um_val_null();

    switch (rig_random(seed) % 4) {
        case 0:
            v.kind = UM_VAL_NUMBER;
            v.text = um_str(numbers[rig_random(seed) % 5]);
            break;
        case 1:
            v = um_val_string(random_name(seed));
            break;
        case 2:
            v.kind = UM_VAL_BOOL;
            v.count = rig_random(seed) % 2;
            break;
        default:
            break;
    }
    return v;
}

static inline struct um_val random_val(struct um_arena *a, uint64_t *seed,
                                       size_t depth);

static inline struct um_val random_object(struct um_arena *a, uint64_t *seed,
                                          size_t depth)
{
    size_t n = rig_random(seed) % (RANDOM_MEMBERS + 1);
    struct um_val v;

    assert_true(um_val_object(a, n, &v));
    v.count = 0;
    for (size_t i = 0; i < n; i++) {
        struct um_str name = random_name(seed);

        if (um_val_index(&v, name) < v.count)
            continue;
        v.members.p[v.count++] =
            (struct um_member){name, random_val(a, seed, depth + 1)};
    }
    return v;
}

static inline struct um_val random_val(struct um_arena *a, uint64_t *seed,
                                       size_t depth)
{
    uint32_t kind = rig_random(seed) % 8;
    struct um_val v;

    if (depth >= RANDOM_DEPTH || kind < 3)
        return random_scalar(seed);
    if (kind < 7)
        return random_object(a, seed, depth);
    assert_true(um_val_array(a, rig_random(seed) % 4, &v));
    for (size_t i = 0; i < v.count; i++)
        v.items.p[i] = random_val(a, seed, depth + 1);
    return v;
}

/* Changes one thing in an object of its own: a value, a name more or less, or
 * the order; somewhere below, often. */
static inline void random_edit(struct um_arena *a, uint64_t *seed,
                               struct um_val *v)
{
    size_t i = v->count > 0 ? rig_random(seed) % v->count : 0;
    struct um_member *m = &v->members.p[i];
    struct um_member old;
    struct um_val more;

    if (v->count > 0 && m->value.kind == UM_VAL_OBJECT &&
        rig_random(seed) % 4 > 0) {
        random_edit(a, seed, &m->value);
        return;
    }
    switch (v->count > 0 ? rig_random(seed) % 4 : 3) {
        case 0:
            m->value = random_val(a, seed, 1);
            break;
        case 1:
            memmove(m, m + 1, (v->count - i - 1) * sizeof(*m));
            v->count--;
            break;
        case 2:
            old = v->members.p[0];
            v->members.p[0] = *m;
            *m = old;
            break;
        default:
            old.name = random_name(seed);
            if (um_val_index(v, old.name) < v->count)
                break;
            assert_true(um_val_object(a, (size_t)v->count + 1, &more));
            for (size_t k = 0; k < v->count; k++)
                more.members.p[k + (k >= i)] = v->members.p[k];
            i = v->count > 0 ? i : 0;
            more.members.p[i] =
                (struct um_member){old.name, random_val(a, seed, 1)};
            *v = more;
            break;
    }
}

/* A copy of v with up to `most` edits. */
static inline struct um_val random_variant(struct um_arena *a, uint64_t *seed,
                                           const struct um_val *v,
                                           uint32_t most)
{
    uint32_t n = rig_random(seed) % (most + 1);
    struct um_val out;

    assert_true(um_val_clone(a, v, &out));
    while (n-- > 0)
        random_edit(a, seed, &out);
    return out;
}

#endif
