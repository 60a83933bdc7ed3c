/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents in tests: from text, and to text. */
#ifndef TESTS_UNIT_MESH_DOC_DOC_RIG_H
#define TESTS_UNIT_MESH_DOC_DOC_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "mesh/base/buf.h"
#include "mesh/doc/parse.h"
#include "mesh/doc/print.h"
#include "p2p/err.h"

/* An arena and a buffer for one test. */
struct rig {
    struct um_arena arena;
    struct um_buf text;
};

static inline void rig_fini(struct rig *r)
{
    um_arena_fini(&r->arena);
    um_buf_fini(&r->text);
}

/* The value of a text that must be fine; lives in the rig. */
static inline struct um_val *rig_val(struct rig *r, const char *text)
{
    struct um_val *v = um_arena_zalloc(&r->arena, 1, sizeof(*v));
    struct um_doc_error err = {.text = ""};

    assert_non_null(v);
    if (um_doc_parse(um_str(text), &r->arena, v, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return v;
}

/* The compact text of a value, valid until the next call on the rig. */
static inline const char *rig_text(struct rig *r, const struct um_val *v)
{
    um_buf_clear(&r->text);
    assert_int_equal(um_doc_print(&r->text, v), 0);
    um_buf_byte(&r->text, '\0');
    return r->text.p;
}

/* A pointer of an error as a C string; lives in the rig. */
static inline const char *rig_str(struct rig *r, struct um_str s)
{
    char *p = um_arena_alloc(&r->arena, s.len + 1);

    assert_non_null(p);
    if (s.len > 0)
        memcpy(p, s.p, s.len);
    p[s.len] = '\0';
    return p;
}

/* A random number generator that is the same everywhere (xorshift). */
static inline uint32_t rig_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

#endif
