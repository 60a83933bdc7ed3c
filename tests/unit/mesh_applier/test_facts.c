/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the roster says of a node: its id, its labels, its name. */
#include "mesh/applier/facts.h"

#include "mesh/trust/peer.h"
#include "mesh_maker.h"
#include "unit.h"

struct bench {
    struct mesh_maker mesh;
    struct um_roster roster;
    struct um_arena a;
};

static struct bench bench;

static int begin(void **state)
{
    mesh_maker_init(&bench.mesh, 2);
    mesh_maker_roster(&bench.mesh, &bench.roster);
    bench.a = (struct um_arena)UM_ARENA_INIT;
    *state = &bench;
    return 0;
}

static int end(void **state)
{
    struct bench *b = *state;

    um_arena_fini(&b->a);
    um_roster_fini(&b->roster);
    mesh_maker_fini(&b->mesh);
    return 0;
}

/* The owner, or another key, gives a member a label; "" takes it away. */
static void set(struct bench *b, unsigned by, unsigned of, const char *name,
                const char *value)
{
    static uint64_t seq;
    struct um_buf out = UM_BUF_INIT;

    mesh_maker_sign(&b->mesh, by,
                    (struct um_statement){.what = UM_SET,
                                          .key = b->mesh.names[of],
                                          .seq = ++seq,
                                          .name = um_str(name),
                                          .value = um_str(value)},
                    &out);
    (void)mesh_maker_add(&b->roster, um_buf_view(&out));
    um_buf_fini(&out);
}

static struct um_node_facts facts(struct bench *b, unsigned of)
{
    struct um_node_facts f;

    assert_int_equal(um_facts_of(&b->a, &b->roster, &b->mesh.names[of],
                                 UM_STR("itself"), &f),
                     0);
    return f;
}

static void test_without_labels(void **state)
{
    struct bench *b = *state;
    struct um_node_facts f = facts(b, 1), stranger = facts(b, 9);
    char text[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id peer;

    um_peer_of(&b->mesh.names[1], &peer);
    assert_true(um_str_eq(f.id, um_str(p2p_peer_id_text(&peer, text))));
    assert_true(um_str_eq(f.name, UM_STR("itself")));
    assert_int_equal(f.label_count, 0);
    assert_int_equal(stranger.label_count, 0);
}

/* Of several values the last counts; those of others, of the mesh, and what was
 * taken away do not. */
static void test_labels(void **state)
{
    struct bench *b = *state;
    struct um_node_facts f;

    set(b, 0, 1, "zone", "a");
    set(b, 0, 1, "zone", "b");
    set(b, 0, 1, "rack", "7");
    set(b, 0, 1, "gone", "x");
    set(b, 0, 1, "gone", "");
    set(b, 0, 2, "zone", "c");
    set(b, 2, 1, "rack", "8"); /* no owner */
    f = facts(b, 1);
    assert_int_equal(f.label_count, 2);
    assert_true(um_str_eq(um_selector_label(&f, UM_STR("zone")), UM_STR("b")));
    assert_true(um_str_eq(um_selector_label(&f, UM_STR("rack")), UM_STR("7")));
    assert_null(um_selector_label(&f, UM_STR("gone")).p);
    f = facts(b, 2);
    assert_int_equal(f.label_count, 1);
    assert_true(um_str_eq(f.labels[0].value, UM_STR("c")));
}

/* An owner's name for a node is over its own. */
static void test_a_name_that_was_given(void **state)
{
    struct bench *b = *state;

    set(b, 0, 1, UM_FACTS_NAME, "web1");
    assert_true(um_str_eq(facts(b, 1).name, UM_STR("web1")));
    assert_true(um_str_eq(facts(b, 2).name, UM_STR("itself")));
    set(b, 0, 1, UM_FACTS_NAME, "");
    assert_true(um_str_eq(facts(b, 1).name, UM_STR("itself")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_labels, begin, end),
        cmocka_unit_test_setup_teardown(test_labels, begin, end),
        cmocka_unit_test_setup_teardown(test_a_name_that_was_given, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
