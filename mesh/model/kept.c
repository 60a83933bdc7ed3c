/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See kept.h. A revocation is known by its id; there are few. */
#include "mesh/model/kept.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

struct um_kept_by {
    struct um_name id;
    struct um_marks below;
};

void um_kept_fini(struct um_kept *k)
{
    for (size_t i = 0; i < k->n; i++)
        um_marks_fini(&k->list[i].below);
    um_mem_free(k->list);
    *k = (struct um_kept){0};
}

static int grow(struct um_kept *k)
{
    size_t cap = k->cap == 0 ? 8 : 2 * k->cap;
    struct um_kept_by *more;

    if (k->n < k->cap)
        return 0;
    more = um_mem_realloc(k->list, cap * sizeof *more);
    if (more == NULL)
        return P2P_ENOMEM;
    k->list = more;
    k->cap = cap;
    return 0;
}

/* The index of a revocation in the list, to which it is added if need be. */
static int index_of(struct um_kept *k, const struct um_history *h,
                    const struct um_statement *s, size_t *out)
{
    struct um_kept_by *by;
    int err;

    for (*out = 0; *out < k->n; ++*out) {
        if (um_name_eq(&k->list[*out].id, &s->id))
            return 0;
    }
    err = grow(k);
    if (err != 0)
        return err;
    by = &k->list[k->n];
    *by = (struct um_kept_by){.id = s->id};
    err = um_marks_below(&by->below, h, s->keep);
    if (err != 0) {
        um_marks_fini(&by->below);
        return err;
    }
    k->n++;
    return 0;
}

int um_kept_turn(struct um_kept *k, struct um_roster *roster,
                 const struct um_history *h, const struct um_name *name)
{
    const struct um_statement *s[UM__CAP_KEPT_REVOCATIONS];
    size_t n;
    int err = 0;

    if (um_name_eq(&k->key, name))
        return 0;
    n = um_roster_keeps(roster, name, s, UM__CAP_KEPT_REVOCATIONS);
    k->flooded = n > UM__CAP_KEPT_REVOCATIONS;
    k->of_key_n = 0;
    for (size_t i = 0; i < n && !k->flooded && err == 0; i++) {
        err = index_of(k, h, s[i], &k->of_key[i]);
        k->of_key_n++;
    }
    if (err != 0)
        um_kept_forget(k);
    else
        k->key = *name;
    return err;
}

bool um_kept_has(const struct um_kept *k, uint32_t place)
{
    assert(!um_name_none(&k->key));
    for (size_t i = 0; i < k->of_key_n; i++) {
        if (!um_marks_has(&k->list[k->of_key[i]].below, place))
            return false;
    }
    return !k->flooded;
}

void um_kept_forget(struct um_kept *k)
{
    k->key = (struct um_name){0};
    k->of_key_n = 0;
    k->flooded = false;
}
