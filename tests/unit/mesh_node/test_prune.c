/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents that a node needs no more go; what it may need stays. */
#include <stdio.h>

#include "crew.h"
#include "mesh/node/prune.h"
#include "mesh/store/documents.h"
#include "p2p/err.h"
#include "unit.h"

/* More than nothing goes of, by so many. */
#define MANY (UM_PRUNE_DOCUMENTS + 40)

static const char *doc_of(unsigned i, char text[96])
{
    (void)snprintf(text, 96,
                   "{\"base\":{\"routes\":[{\"action\":{\"return\":"
                   "200}}],\"settings\":{\"http\":{\"n\":%u}}}}",
                   i);
    return text;
}

static unsigned documents_of(struct mate *m)
{
    struct um_store *s = um_disk_lock(m->node->disk);
    struct um_name at = {{0}};
    unsigned n = 0;

    while (um_documents_next(s, &at, &at, NULL) == 1)
        n++;
    um_disk_unlock(m->node->disk);
    return n;
}

/* So many revisions, and a start, so that nothing is in memory. */
static struct crew *history(unsigned n)
{
    struct crew *c = crew_of(1, "{\"base\":{}}");
    char text[96];

    for (unsigned i = 0; i < n; i++)
        (void)mate_do(&c->mates[0], doc_of(i, text));
    mate_stop(&c->mates[0]);
    mate_start(&c->mates[0]);
    crew_pass(c, 1000);
    return c;
}

static void test_a_few_stay(void **state)
{
    struct crew *c = history(5);

    (void)state;
    assert_int_equal(um_prune_run(c->mates[0].node), 0);
    assert_int_equal(documents_of(&c->mates[0]), 6);
    crew_free(c);
}

static void test_the_oldest_go(void **state)
{
    struct crew *c = history(MANY);
    struct mate *m = &c->mates[0];
    char text[96];
    int gone;

    (void)state;
    gone = um_prune_run(m->node);
    assert_in_range(gone, 1, MANY - UM_PRUNE_REVISIONS + 1);
    crew_pass(c, 1000);
    assert_int_equal(documents_of(m), MANY + 1 - (unsigned)gone);
    assert_false(mate_has_doc(m, "{\"base\":{}}"));
    assert_false(mate_has_doc(m, doc_of(0, text)));
    for (unsigned i = MANY - UM_PRUNE_REVISIONS; i < MANY; i++)
        assert_true(mate_has_doc(m, doc_of(i, text)));
    assert_int_equal(m->node->model.history.revs_n, MANY + 1);
    crew_free(c);
}

/* What a kept document names is kept: here a script, older than all. And what
 * is on its way is nobody's yet, and stays. */
static void test_what_is_named_stays(void **state)
{
    struct crew *c = crew_of(1, "{\"base\":{}}");
    struct mate *m = &c->mates[0];
    struct um_name script, fresh;
    char text[160], hex[UM_NAME_TEXT_MAX];

    (void)state;
    assert_int_equal(
        um_papers_put(m->node->papers, UM_STR("export default {}"), &script),
        0);
    for (unsigned i = 0; i < MANY; i++)
        (void)mate_do(m, doc_of(i, text));
    (void)snprintf(text, sizeof text,
                   "{\"base\":{},\"js_modules\":{\"m\":\"%s\"}}",
                   um_name_text(&script, hex));
    (void)mate_do(m, text);
    mate_stop(m);
    mate_start(m);
    crew_pass(c, 1000);
    assert_int_equal(
        um_papers_put(m->node->papers, UM_STR("{\"base\":{\"x\":1}}"), &fresh),
        0);
    crew_pass(c, 1000); /* it is on disk, and in no revision yet */
    assert_true(um_prune_run(m->node) > 0);
    crew_pass(c, 1000);
    assert_true(um_papers_has(m->node->papers, &script));
    mate_stop(m);
    mate_start(m);
    assert_true(um_papers_has(m->node->papers, &fresh));
    crew_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_few_stay),
        cmocka_unit_test(test_the_oldest_go),
        cmocka_unit_test(test_what_is_named_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
