/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See effects.h. A list that grows by doubling, and an arena for bytes. When
 * memory is out the list is marked, and the step that it is of has failed. */
#include "mesh/model/effects.h"

#include <assert.h>

#include "mesh/base/mem.h"

enum { FIRST = 16 };

void um_effects_fini(struct um_effects *fx)
{
    um_mem_free(fx->list);
    um_arena_fini(&fx->bytes);
    *fx = (struct um_effects){0};
}

void um_effects_clear(struct um_effects *fx)
{
    um_arena_fini(&fx->bytes);
    fx->n = 0;
    fx->next_ms = UINT64_MAX;
    fx->failed = false;
}

static bool grow(struct um_effects *fx)
{
    size_t cap = fx->cap == 0 ? FIRST : 2 * fx->cap;
    struct um_effect *more;

    if (fx->n < fx->cap)
        return true;
    more = um_mem_realloc(fx->list, cap * sizeof *more);
    if (more == NULL)
        return false;
    fx->list = more;
    fx->cap = cap;
    return true;
}

void um_effects_add(struct um_effects *fx, const struct um_effect *e)
{
    if (!grow(fx)) {
        fx->failed = true;
        return;
    }
    assert(fx->n < fx->cap);
    fx->list[fx->n++] = *e;
}

struct um_str um_effects_keep(struct um_effects *fx, struct um_str bytes)
{
    struct um_str out = {NULL, 0};

    if (!um_arena_dup(&fx->bytes, bytes, &out))
        fx->failed = true;
    return out;
}
