/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole nodes with a Unit each, in tests. */
#ifndef TESTS_UNIT_MESH_NODE_SCENE_H
#define TESTS_UNIT_MESH_NODE_SCENE_H

#include <stdlib.h>

#include "crew_unit.h"
#include "mesh/store/copies.h"
#include "unit.h"

#define RETURNS(n) "{\"routes\":[{\"action\":{\"return\":" #n "}}]}"
#define DOC(n)     "{\"base\":" RETURNS(n) "}"

struct scene {
    struct crew *c;
    struct crew_unit u[3];
    size_t n;
};

/* A mesh of so many nodes, each with a Unit. */
static inline int begin(void **state, size_t n)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->c = crew_new();
    s->n = n;
    for (size_t i = 0; i < n; i++) {
        struct mate *m = i == 0 ? crew_begin(s->c, DOC(200)) : crew_join(s->c);

        crew_unit_init(&s->u[i], m);
        mate_start(m);
        if (i > 0)
            crew_connect(m, &s->c->mates[0]);
    }
    crew_work(s->c, s->u, s->n, 20000);
    *state = s;
    return 0;
}

static inline int one(void **state)
{
    return begin(state, 1);
}

static inline int two(void **state)
{
    return begin(state, 2);
}

static inline int end(void **state)
{
    struct scene *s = *state;

    for (size_t i = 0; i < s->n; i++)
        crew_unit_fini(&s->u[i]);
    crew_free(s->c);
    free(s);
    return 0;
}

static inline void work(struct scene *s, uint64_t ms)
{
    crew_work(s->c, s->u, s->n, ms);
}

static inline struct um_name publish(struct scene *s, unsigned by,
                                     const char *doc)
{
    struct told t;

    mate_publish(&s->c->mates[by], doc, &t);
    work(s, 100);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.answer, UM_OK);
    return t.revision;
}

static inline size_t copies(struct mate *m)
{
    struct um_copy copy = {0};
    size_t n = 0;

    while (um_copies_next(&m->store, copy.place, &copy) == 1)
        n++;
    return n;
}

static inline void change_drift(struct scene *s, enum um_drift_policy drift)
{
    struct mate *m = &s->c->mates[0];

    mate_stop(m);
    m->drift = drift;
    mate_start(m);
    work(s, 5000);
}

#endif
