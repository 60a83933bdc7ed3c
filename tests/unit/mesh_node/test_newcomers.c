/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole nodes without a Unit that wait to be let in, or were so a moment ago:
 * whom they take for a member, and for how long they hear everybody.
 */
#include "crew.h"
#include "unit.h"

#define D0 "{\"base\":{\"listeners\":{},\"routes\":[]}}"

/* A mate hears of r1, and of all that the owner said but of one other. */
static void hears_but_of(struct mate *m, const struct um_name *key)
{
    struct mate *first = &m->crew->mates[0];
    struct um_digest *d = um_shelf_digest(first->node->shelf, UM_SYNC_ROSTER);

    (void)um_node_links_cb.item(
        m->node, &first->bus->name, UM_SYNC_REVISIONS,
        um_shelf_get(first->node->shelf,
                     &first->node->model.history.revs[0]->rev.id));
    for (size_t i = 0; i < um_digest_count(d); i++) {
        struct um_str envelope =
            um_shelf_get(first->node->shelf, um_digest_at(d, i));
        struct um_statement s;

        assert_int_equal(um_statement_open(envelope, &s), 0);
        if (!um_name_eq(&s.key, key))
            (void)um_node_links_cb.item(m->node, &first->bus->name,
                                        UM_SYNC_ROSTER, envelope);
    }
}

/* Two that are let in at once, connected with each other, who hear of all but
 * of one of the other mates; `again`: and begin anew. Then that one connects.
 */
static void keep_company(unsigned unheard, bool again)
{
    struct crew *c = crew_of(2, D0);
    const struct um_name *key = &c->names[unheard];

    for (unsigned i = 2; i < 4; i++) {
        mate_start(crew_wait(c));
        mate_state(&c->mates[0],
                   (struct um_statement){
                       .what = UM_GRANT, .key = c->names[i], .roles = UM_NODE});
    }
    crew_connect(&c->mates[2], &c->mates[3]);
    for (unsigned i = 2; i < 4; i++)
        hears_but_of(&c->mates[i], key);
    crew_pass(c, 20000);
    for (unsigned i = 2; i < 4; i++) {
        struct mate *m = &c->mates[i];

        if (again) {
            mate_stop(m);
            mate_start(m);
        }
        assert_int_equal(um_roster_roles(&m->node->model.roster, key), 0);
        crew_connect(&c->mates[unheard], m);
    }
    crew_pass(c, 20000);
    for (unsigned i = 2; i < 4; i++)
        assert_true(um_roster_roles(&c->mates[i].node->model.roster, key) != 0);
    crew_free(c);
}

/* They are no company for each other. */
static void test_two_who_are_new_together(void **state)
{
    (void)state;
    keep_company(0, false);
    keep_company(0, true);
    keep_company(1, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_who_are_new_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
