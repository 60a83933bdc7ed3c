/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole nodes with a Unit each, of which a document keeps a secret. */
#include <stdio.h>

#include "mesh/node/hide.h"
#include "mesh/store/self.h"
#include "scene.h"

/* Publishes what has a secret in it. */
static struct um_name publish_sealed(struct scene *s,
                                     const struct um_name *object)
{
    char hex[UM_NAME_TEXT_MAX], doc[512];

    (void)snprintf(doc, sizeof doc,
                   "{\"base\":{\"routes\":[{\"action\":{\"return\":"
                   "\"{{code}}\"}}]},\"variables\":{\"code\":{\"sealed\":"
                   "\"%s\"}}}",
                   um_name_text(object, hex));
    return publish(s, 0, doc);
}

/* A secret is in no copy of what was changed by hand, and what Unit shows is on
 * the disk for this node alone. */
static void test_a_secret_stays_secret(void **state)
{
    struct scene *s = *state;
    struct mate *m = &s->c->mates[0];
    struct um_buf text = UM_BUF_INIT, open = UM_BUF_INIT;
    struct um_copy copy;
    struct um_name object, effective;

    change_drift(s, UM_HEAL);
    assert_int_equal(
        um_node_seal(m->node, UM_STR("variables/code"), UM_STR("203"), &object),
        0);
    (void)publish_sealed(s, &object);
    work(s, 5000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(203)));
    assert_int_equal(um_self_shown_get(&m->store, &effective, &text), 0);
    assert_null(memmem(text.p, text.len, "203", 3));
    assert_int_equal(um_hide_unlock(s->c->keys[0], um_buf_view(&text), &open),
                     0);
    assert_non_null(memmem(open.p, open.len, "203", 3));
    crew_unit_change(&s->u[0], "/config/routes",
                     "[{\"action\":{\"return\":203}},{\"action\":{\"return\":"
                     "202}}]");
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(203)));
    assert_int_equal(um_copies_next(&m->store, 0, &copy), 1);
    um_buf_clear(&text);
    assert_int_equal(um_copies_get(&m->store, copy.place, &text), 0);
    assert_null(memmem(text.p, text.len, "203", 3));
    assert_non_null(memmem(text.p, text.len, "\"{{code}}\"", 10));
    assert_non_null(memmem(text.p, text.len, "202", 3));
    /* Other texts of Unit: numbers in them are their own. */
    um_buf_clear(&text);
    assert_int_equal(
        um_hide_status(m->node, UM_STR("{\"requests\":203}"), &text), 0);
    assert_non_null(memmem(text.p, text.len, "203", 3));
    um_buf_clear(&text);
    assert_int_equal(um_hide_config(m->node, UM_STR("not 203"), &text), 0);
    assert_true(um_str_eq(um_buf_view(&text), UM_STR("not {{code}}")));
    um_buf_fini(&text);
    um_buf_fini(&open);
}

/* As it was before it was locked, or as stores of before have it. */
static void test_what_is_locked(void **state)
{
    struct scene *s = *state;
    struct um_buf locked = UM_BUF_INIT, open = UM_BUF_INIT;
    struct um_str text = UM_STR("{\"routes\":[],\"settings\":{\"http\":{}}}");
    struct um_lock lock = {.made = false};

    for (unsigned key = 0; key < 2; key++) {
        um_buf_clear(&locked);
        um_buf_clear(&open);
        assert_int_equal(um_hide_lock(&lock, s->c->keys[0], text, &locked), 0);
        assert_int_equal(
            um_hide_unlock(s->c->keys[key], um_buf_view(&locked), &open), 0);
        assert_int_equal(um_str_eq(um_buf_view(&open), text), key == 0);
        assert_int_equal(open.len == 0, key == 1);
    }
    um_buf_clear(&open);
    assert_int_equal(um_hide_unlock(s->c->keys[0], text, &open), 0);
    assert_true(um_str_eq(um_buf_view(&open), text));
    /* What is locked may begin like a document, too. */
    do {
        um_buf_clear(&locked);
        lock.made = false;
        assert_int_equal(um_hide_lock(&lock, s->c->keys[0], text, &locked), 0);
    } while (locked.p[0] != '{');
    um_buf_clear(&open);
    assert_int_equal(um_hide_unlock(s->c->keys[1], um_buf_view(&locked), &open),
                     0);
    assert_int_equal(open.len, 0);
    um_buf_fini(&locked);
    um_buf_fini(&open);
}

/* Who came later has no slot in what was sealed before: it asks a member for
 * one, and waits until it comes; once more after a start. */
static void test_who_came_later_is_given_a_slot(void **state)
{
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *late;
    struct um_name object, id;

    assert_int_equal(
        um_node_seal(a->node, UM_STR("variables/code"), UM_STR("203"), &object),
        0);
    id = publish_sealed(s, &object);
    work(s, 5000);
    assert_true(crew_unit_runs(&s->u[0], RETURNS(203)));
    late = crew_join(s->c);
    crew_unit_init(&s->u[s->n++], late);
    mate_start(late);
    crew_connect(a, late);
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[1], RETURNS(203)));
    assert_false(um_own_refused(&late->node->model.own, &id, NULL));
    mate_stop(late);
    mate_start(late);
    work(s, 20000);
    assert_int_equal(late->node->makes_n, 0);
    assert_int_equal(late->node->model.drift, UM_NO_DRIFT);
}

/* Who was given one gives one: the first is not there any more. */
static void test_who_came_later_gives_a_slot(void **state)
{
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *late, *last;
    struct um_name object;

    assert_int_equal(
        um_node_seal(a->node, UM_STR("variables/code"), UM_STR("203"), &object),
        0);
    (void)publish_sealed(s, &object);
    work(s, 5000);
    late = crew_join(s->c);
    crew_unit_init(&s->u[s->n++], late);
    mate_start(late);
    crew_connect(a, late);
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[1], RETURNS(203)));
    last = crew_join(s->c);
    crew_unit_init(&s->u[s->n++], last);
    crew_pass(s->c, 20000); /* late hears of it */
    crew_disconnect(a, late);
    mate_start(last);
    crew_connect(late, last);
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[2], RETURNS(203)));
}

/* If none of the members can make one it is refused, in words; and no more, as
 * soon as one can. */
static void test_a_secret_for_nobody_here(void **state)
{
    const uint8_t entropy[32] = {1};
    struct scene *s = *state;
    struct mate *a = &s->c->mates[0], *b = &s->c->mates[1];
    const struct um_sealed_plan plan = {
        .mesh = s->c->mesh,
        .name = UM_STR("variables/code"),
        .content = UM_STR("203"),
        .members = {&s->c->names[KEY_STRANGER], 1},
        .entropy = entropy};
    const struct um_sealed_opener by = {s->c->keys[KEY_STRANGER], NULL};
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    struct um_buf bytes = UM_BUF_INIT;
    struct um_sealed sealed;
    struct um_name object, id;

    assert_int_equal(um_sealed_make(&plan, &bytes), 0);
    assert_int_equal(
        um_papers_put(a->node->papers, um_buf_view(&bytes), &object), 0);
    id = publish_sealed(s, &object);
    work(s, 3 * UM_NODE_ROWS_MS);
    assert_true(um_own_refused(&b->node->model.own, &id, NULL));
    assert_true(crew_unit_runs(&s->u[1], RETURNS(200)));
    assert_int_equal(mate_said(b, "no configuration can be made"), 1);
    /* One that is none is of no use. */
    memset(slot, 1, sizeof slot);
    um_node_links_cb.slot(b->node, &object, slot);
    work(s, 2000);
    assert_true(crew_unit_runs(&s->u[1], RETURNS(200)));
    assert_int_equal(um_sealed_read(um_buf_view(&bytes), &sealed), 0);
    assert_int_equal(
        um_sealed_slot_make(&sealed, &by, entropy, &s->c->names[1], slot), 0);
    um_node_links_cb.slot(b->node, &object, slot);
    work(s, 20000);
    assert_true(crew_unit_runs(&s->u[1], RETURNS(203)));
    um_buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_secret_stays_secret, one, end),
        cmocka_unit_test_setup_teardown(test_what_is_locked, one, end),
        cmocka_unit_test_setup_teardown(test_who_came_later_is_given_a_slot,
                                        one, end),
        cmocka_unit_test_setup_teardown(test_who_came_later_gives_a_slot, one,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_secret_for_nobody_here, two,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
