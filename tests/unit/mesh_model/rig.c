/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See rig.h. */
#include "rig.h"

static struct um_name id(uint8_t kind, unsigned n)
{
    struct um_name name = {{0}};

    name.b[0] = (uint8_t)(n >> 8);
    name.b[1] = (uint8_t)n;
    name.b[2] = kind;
    return name;
}

static unsigned number(const struct um_name *name)
{
    return (unsigned)name->b[0] << 8 | name->b[1];
}

struct um_name rig_key(unsigned n)
{
    return id('k', n);
}

struct um_name rig_rev(unsigned n)
{
    return id('r', n);
}

int rig_init(struct rig *g, unsigned writers)
{
    static const uint64_t salt[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    struct um_statement s = {.what = UM_GENESIS, .roles = UM_ROLES_ALL};
    struct um_revision r1;
    int err;

    *g = (struct rig){.mesh = id('s', 1)};
    um_roster_init(&g->roster, &g->mesh);
    um_history_init(&g->history, salt);
    s.first = rig_rev(0);
    err = rig_say(g, 0, s);
    for (unsigned i = 1; i <= writers && err == 0; i++) {
        s = (struct um_statement){
            .what = UM_GRANT, .key = rig_key(i), .roles = UM_WRITER | UM_NODE};
        err = rig_say(g, 0, s);
    }
    r1 = rig_shape(g, 0, 0, UINT32_MAX, UINT32_MAX);
    return err != 0 ? err : rig_add(g, &r1);
}

void rig_fini(struct rig *g)
{
    um_view_fini(&g->view);
    um_history_fini(&g->history);
    um_roster_fini(&g->roster);
}

int rig_say(struct rig *g, unsigned by, struct um_statement s)
{
    struct um_known known = um_history_known(&g->history);

    s.id = id('s', ++g->statements);
    s.by = rig_key(by);
    s.wall_ms = T0;
    if (s.what != UM_GENESIS)
        s.mesh = g->mesh;
    return um_roster_add(&g->roster, &s, &known, &g->need);
}

struct um_revision rig_shape(const struct rig *g, unsigned n, unsigned by,
                             unsigned parent, unsigned parent2)
{
    struct um_revision r = {.id = rig_rev(n),
                            .by = rig_key(by),
                            .doc = rig_rev(n),
                            .doc_bytes = 2,
                            .wall_ms = T0 + n,
                            .number = 1};
    unsigned parents[2] = {parent, parent2};

    for (; r.parents_n < 2 && parents[r.parents_n] != UINT32_MAX;
         r.parents_n++) {
        const struct um_past *p;

        r.mesh = g->mesh;
        r.parents[r.parents_n] = rig_rev(parents[r.parents_n]);
        p = um_history_find(&g->history, &r.parents[r.parents_n]);
        if (p != NULL && p->rev.number >= r.number)
            r.number = p->rev.number + 1;
    }
    return r;
}

int rig_add(struct rig *g, const struct um_revision *r)
{
    return um_history_add_revision(&g->history, &g->roster, r, r->wall_ms,
                                   &g->need);
}

int rig_edit(struct rig *g, unsigned n, unsigned by, unsigned parent)
{
    struct um_revision r = rig_shape(g, n, by, parent, UINT32_MAX);

    return rig_add(g, &r);
}

int rig_staged(struct rig *g, unsigned n, unsigned by, unsigned parent)
{
    struct um_revision r = rig_shape(g, n, by, parent, UINT32_MAX);

    r.policy = UM_STAGED;
    r.deadline_ms = N_MS;
    return rig_add(g, &r);
}

int rig_fact(struct rig *g, enum um_fact_what what, unsigned rev, unsigned by,
             uint64_t wall)
{
    struct um_name node = rig_key(by);
    struct um_fact f = {.what = what,
                        .revision = rig_rev(rev),
                        .by = rig_key(by),
                        .mesh = g->mesh,
                        .wall_ms = wall};

    f.id = id('f', ++g->facts);
    if (what == UM_OPEN)
        f.nodes = (struct um_namelist){&node, 1};
    return um_history_add_fact(&g->history, &g->roster, &f, &g->need);
}

int rig_revoke(struct rig *g, unsigned key, unsigned keep)
{
    struct um_name head = rig_rev(keep);
    struct um_statement s = {
        .what = UM_REVOKE, .key = rig_key(key), .keep = {&head, 1}};

    return rig_say(g, 0, s);
}

int rig_look(struct rig *g, uint64_t now_ms)
{
    return um_view_update(&g->view, &g->history, &g->roster, now_ms);
}

int rig_head(const struct rig *g, size_t i)
{
    const struct um_past *p;

    if (i >= g->view.heads_n)
        return -1;
    p = um_history_at(&g->history, g->view.heads[i]);
    return (int)number(&p->rev.id);
}

enum um_rev_state rig_state(const struct rig *g, unsigned n)
{
    struct um_name name = rig_rev(n);

    return um_view_state(&g->view, um_history_find(&g->history, &name));
}

int rig_desired(struct rig *g, unsigned key)
{
    struct um_name name = rig_key(key);
    const struct um_past *p =
        um_view_desired(&g->view, &g->history, &g->roster, &name);

    return p == NULL ? -1 : (int)number(&p->rev.id);
}
