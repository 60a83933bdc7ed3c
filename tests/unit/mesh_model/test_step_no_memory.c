/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A node when memory runs out in any step: an error, after which it is of no
 * use, and nothing leaks. */
#include "failing_mem.h"
#include "node.h"
#include "p2p/err.h"
#include "unit.h"

static struct mesh g;
static struct node n; /* its configuration and disk */
static size_t first;

/* What a step wants of documents and Unit is done; the first error. */
static int answer(struct um_model *m, struct um_effects *fx)
{
    struct um_event e = {.wall_ms = n.wall, .mono_ms = n.mono};

    for (size_t i = 0; i < fx->n; i++) {
        const struct um_effect x = fx->list[i];

        if (x.what == UM_FX_MAKE) {
            e.what = UM_EV_MADE;
            e.u.made.revision = x.u.make.revision;
            e.u.made.effective = x.u.make.doc;
            e.u.made.outcome = UM_RESULT_DONE;
        } else if (x.what == UM_FX_APPLY) {
            e.what = UM_EV_APPLIED;
            e.u.applied.revision = x.u.apply.revision;
            e.u.applied.effective = x.u.apply.effective;
            e.u.applied.outcome = UM_RESULT_DONE;
        } else {
            continue;
        }
        return um_model_step(m, &e, fx);
    }
    return 0;
}

static int tick(struct um_model *m, struct um_effects *fx, uint64_t ms)
{
    struct um_event e = {
        .what = UM_EV_TICK, .wall_ms = n.wall += ms, .mono_ms = n.mono += ms};
    int err = um_model_step(m, &e, fx);

    return err != 0 ? err : answer(m, fx);
}

static int give(struct um_model *m, struct um_effects *fx, size_t from)
{
    struct um_arrival list[8];
    struct um_event e = {.what = UM_EV_ITEMS,
                         .wall_ms = n.wall,
                         .mono_ms = n.mono,
                         .u.items = {.list = list}};

    for (size_t i = g.things_n; i > from; i--)
        list[e.u.items.n++] = (struct um_arrival){
            g.things[i - 1].kind, um_buf_view(&g.things[i - 1].envelope)};
    return um_model_step(m, &e, fx);
}

static int load(struct um_model *m, struct um_effects *fx)
{
    struct um_event e = {.wall_ms = n.wall, .mono_ms = n.mono};
    int err = 0;

    for (size_t i = 0; i < g.base_n && err == 0; i++) {
        e.what = UM_EV_LOADED;
        e.u.loaded = n.disk[i];
        err = um_model_step(m, &e, fx);
    }
    e.what = UM_EV_STARTED;
    if (err == 0)
        err = um_model_step(m, &e, fx);
    e.what = UM_EV_LIVE;
    memset(&e.u, 0, sizeof e.u);
    e.u.live.effective = name_of(0);
    return err != 0 ? err : um_model_step(m, &e, fx);
}

static int command(struct um_model *m, struct um_effects *fx)
{
    struct um_event e = {.what = UM_EV_COMMAND,
                         .wall_ms = n.wall,
                         .mono_ms = n.mono,
                         .u.command = {.doc = name_of(9),
                                       .doc_bytes = 2,
                                       .policy = UM_STAGED,
                                       .flags = UM_EVEN_ALONE}};

    return um_model_step(m, &e, fx);
}

static int live(struct um_model *m, struct um_effects *fx)
{
    int err = load(m, fx);

    for (unsigned i = 0; i < 4 && err == 0; i++)
        err = tick(m, fx, 10);
    if (err == 0)
        err = give(m, fx, first);
    for (unsigned i = 0; i < 3 && err == 0; i++)
        err = tick(m, fx, 10000);
    if (err == 0)
        err = command(m, fx);
    for (unsigned i = 0; i < 3 && err == 0; i++)
        err = tick(m, fx, 10000);
    return err;
}

static int body(void *arg)
{
    struct um_model m;
    struct um_effects fx = {0};
    struct um_event e = {.what = UM_EV_TICK};
    int err;

    (void)arg;
    n.wall = T0 + 1000;
    n.mono = 1000;
    um_model_init(&m, &n.cfg);
    err = live(&m, &fx);
    if (err != 0)
        assert_int_equal(um_model_step(&m, &e, &fx), P2P_EINVAL);
    um_model_fini(&m);
    um_effects_fini(&fx);
    return err;
}

static void test_nothing_leaks(void **state)
{
    struct um_row row = {.seq = 1, .wall_ms = T0, .ready = true};
    struct um_name parent;

    (void)state;
    mesh_init(&g, 2, 2);
    node_init(&n, &g, 1);
    first = g.things_n;
    parent = *mesh_id(&g, mesh_edit(&g, 1, &g.r1, 2, 5));
    (void)mesh_edit(&g, 2, &g.r1, 2, 6);
    (void)mesh_edit(&g, 1, &parent, 3, 7);
    (void)mesh_fact(&g, 2, UM_CONFIRM, &parent, T0);
    (void)mesh_row(&g, 2, row);
    assert_true(failing_mem_each(body, NULL) > 60);
    node_fini(&n);
    mesh_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
